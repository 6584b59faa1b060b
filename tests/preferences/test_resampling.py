"""Agreement, human ceiling and lean: against theory, against a kept library, and in simulated rooms."""

import random

import krippendorff
import numpy as np
import pytest

from playground.preferences.record import Given
from playground.preferences.resampling import (
    FEWEST_PAIRS,
    FEWEST_PEOPLE,
    agreement,
    binomial_p,
    by_people,
    ceiling,
    detectable,
    lean,
)


def room(rng, people=30, votes=20, pairs=120, agree=0.75, left=0.5, spread=0.0):
    """Everybody judges `votes` pairs; x is what most prefer, chosen with chance `agree`; some only tap left."""
    given = []
    for person in range(people):
        own = min(1.0, max(0.0, rng.gauss(left, spread)))
        for pair in rng.sample(range(pairs), votes):
            outcome = "x" if rng.random() < agree else "y"
            given.append(Given(str(person), str(pair), outcome, "left" if rng.random() < own else "right", "uniform"))
    return given


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_that_of_the_library(seed):
    rng = random.Random(seed)
    given = [
        one._replace(outcome=rng.choice(("x", "x", "x", "y", "tie")))
        for one in room(rng, people=12, votes=15, pairs=20)
    ]
    names = sorted({one.outcome for one in given})
    table = np.full((12, 20), np.nan)
    for one in given:
        table[int(one.annotator), int(one.pair)] = names.index(one.outcome)
    assert agreement(given).value == pytest.approx(krippendorff.alpha(table, level_of_measurement="nominal"))


def test_all_alike_is_1_and_chance_is_0():
    rng = random.Random(1)
    alike = [one._replace(outcome="xy"[int(one.pair) % 2]) for one in room(rng)]
    assert agreement(alike).value == 1
    chance = agreement(room(rng, people=100, agree=0.5))
    assert chance.low < 0 < chance.high


def test_too_few_to_tell_is_said_and_not_guessed():
    rng = random.Random(2)
    assert agreement(room(rng, people=2, votes=FEWEST_PAIRS - 1)).value is None
    assert agreement([one._replace(outcome="x") for one in room(rng)]).value is None  # nothing to agree about
    assert ceiling(room(rng, people=FEWEST_PEOPLE - 1)).value is None
    assert lean(room(rng, people=FEWEST_PEOPLE - 1)).share.value is None
    assert (agreement([]).value, ceiling([]).value, lean([]).share.value, lean([]).p) == (None, None, None, 1.0)


def test_the_ceiling_leaves_a_persons_own_choice_out():
    one_pair = [Given(str(person), "p", "x" if person < 5 else "y", "left", "uniform") for person in range(10)]
    assert ceiling(one_pair).value == 0  # five against five: everybody stands against five of the other nine
    alike = [one._replace(outcome="x") for one in one_pair]
    assert ceiling(alike).value == 1


def covered(simulate, truth, rounds=200):
    spreads = [simulate(random.Random(seed)) for seed in range(rounds)]
    return sum(spread.low <= truth <= spread.high for spread in spreads) / rounds


def test_the_interval_of_the_lean_covers_the_truth_where_people_differ():
    share = covered(lambda rng: lean(room(rng, left=0.55, spread=0.15)).share, 0.55)
    assert 0.90 <= share <= 0.97


def test_the_interval_of_a_share_by_choices_would_not_cover_it():
    from playground.preferences.statistics import wilson

    def naive(rng):
        given = room(rng, left=0.55, spread=0.3)
        return wilson(sum(one.choice == "left" for one in given), len(given))

    intervals = [naive(random.Random(seed)) for seed in range(200)]
    truth = sum(one.choice == "left" for one in room(random.Random(9), people=20_000, left=0.55, spread=0.3)) / 400_000
    assert sum(low <= truth <= high for low, high in intervals) / 200 < 0.80


def test_the_interval_of_the_agreement_covers_what_a_huge_room_has():
    def hard(rng, pairs=120, people=30):
        likely = [rng.choice((0.5, 0.7, 0.95)) for _ in range(pairs)]
        turned = [rng.random() < 0.5 for _ in range(pairs)]
        given = room(rng, people=people, pairs=pairs)
        return [
            one._replace(outcome="xy"[(rng.random() < likely[int(one.pair)]) == turned[int(one.pair)]]) for one in given
        ]

    truth = agreement(hard(random.Random(7), pairs=4000, people=1500)).value
    assert 0.90 <= covered(lambda rng: agreement(hard(rng)), truth) <= 0.97


def test_the_interval_of_the_agreement_covers_chance_with_as_few_pairs_as_are_shown():
    def chance(rng):
        outcomes = rng.choices(("x", "y", "tie"), (3, 3, 2), k=2 * FEWEST_PAIRS)
        return [Given(str(n % 2), str(n // 2), outcome, "left", "uniform") for n, outcome in enumerate(outcomes)]

    assert 0.90 <= covered(lambda rng: agreement(chance(rng)), 0, rounds=300) <= 0.98


@pytest.mark.parametrize(("share", "needed"), [(0.55, 783), (0.6, 194)])
def test_the_power_is_the_textbooks(share, needed):
    assert detectable(needed) == share
    assert detectable(needed - 1) > share
    assert detectable(0) is None


def test_a_biased_crowd_is_found_as_often_as_the_power_says():
    found = sum(
        binomial_p(sum(rng.random() < 0.6 for _ in range(194)), 194) < 0.05
        for rng in (random.Random(seed) for seed in range(500))
    )
    assert 0.74 <= found / 500 <= 0.86


def test_the_exact_test_is_that_of_coins():
    assert binomial_p(5, 5) == pytest.approx(2 / 32)
    assert binomial_p(1, 4) == pytest.approx(10 / 16)
    assert binomial_p(3, 6) == 1
    assert binomial_p(1700, 3000) < 1e-12


def test_one_person_who_voted_much_does_not_narrow_the_interval():
    many = by_people([(50, 100)] * 9 + [(900, 1000)])
    even = by_people([(50, 100)] * 10)
    assert many.high - many.low > even.high - even.low
