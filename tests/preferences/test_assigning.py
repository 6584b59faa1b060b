"""The draw of the next pair: half uniform, half by how undecided a reward model is, with its probability."""

import random
from collections import Counter

import pytest

from playground.preferences.assigning import choose, may_come
from playground.preferences.loads import Load
from playground.workbench.informed import undecided

FOUR = [Load(pair, "x", "y", 0, 0) for pair in "abcd"]
WEIGHTS = {"a": 0.25, "b": 0.05, "c": 0.0, "d": 0.1}
DRAWS = 8000


@pytest.fixture
def drawn():
    rng = random.Random(1)
    return [choose(FOUR, 0, rng, WEIGHTS) for _ in range(DRAWS)]


def test_half_of_the_draw_is_uniform_and_half_by_the_weights(drawn):
    halves = Counter(one.strategy for one in drawn)
    assert halves["informative"] / DRAWS == pytest.approx(0.5, abs=0.03)
    uniform = Counter(one.load.pair for one in drawn if one.strategy == "uniform")
    informed = Counter(one.load.pair for one in drawn if one.strategy == "informative")
    for pair, weight in WEIGHTS.items():
        assert uniform[pair] / halves["uniform"] == pytest.approx(0.25, abs=0.03)
        assert informed[pair] / halves["informative"] == pytest.approx(weight / 0.4, abs=0.03)


def test_the_stored_probability_is_how_often_a_pair_is_drawn(drawn):
    came = Counter(one.load.pair for one in drawn)
    for one in {one.load.pair: one for one in drawn}.values():
        assert came[one.load.pair] / DRAWS == pytest.approx(one.probability, abs=0.02)


def test_a_pair_that_needs_labels_comes_before_one_that_a_model_finds_hard():
    loads = [Load("hard", "x", "y", 3, 1), Load("new", "x", "y", 0, 0)]
    assert choose(loads, 0, random.Random(0), {"hard": 0.25, "new": 0.01}).load.pair == "new"


@pytest.mark.parametrize("weights", [None, {}, {"elsewhere": 0.25}])
def test_without_a_model_that_knows_the_pairs_all_are_as_likely(weights):
    one = choose(FOUR, 0, random.Random(0), weights)
    assert (one.strategy, one.probability) == ("uniform", 0.25)


def test_a_model_is_most_undecided_where_its_margin_is_nought():
    assert undecided(0.0) == 0.25
    assert undecided(2.0) == pytest.approx(undecided(-2.0))
    assert undecided(2.0) < undecided(1.0) < 0.25
    assert undecided(1000.0) == pytest.approx(0.0)


LABELLED, LEASED = Load("labelled", "x", "y", 3, 1, 3, 1), Load("leased", "x", "y", 3, 2, 2, 1)


def test_while_a_pair_lacks_a_label_and_a_reader_all_may_come():
    free = Load("free", "x", "y", 2, 1, 2, 1)
    assert may_come([LABELLED, LEASED, free], 3, 0, holding=True) == [LABELLED, LEASED, free]


def test_what_lacks_a_label_and_has_a_reader_goes_to_whoever_holds_nothing_on_the_other_side():
    assert may_come([LABELLED, LEASED], 3, 0, holding=True) == []
    (again,) = may_come([LABELLED, LEASED], 3, 0, holding=False)
    assert (again.pair, choose([again], 0, random.Random(0)).first_left) == ("leased", False)


def test_where_every_pair_has_its_labels_all_may_come_again():
    assert may_come([LABELLED], 3, 0, holding=True) == [LABELLED]
