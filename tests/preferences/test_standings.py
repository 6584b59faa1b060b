"""Who won how often and how strong each is: against theory, and in simulated rooms."""

import math
import random

import numpy as np
import pytest

from playground.preferences.record import Written
from playground.preferences.resampling import FEWEST_PEOPLE
from playground.preferences.standings import fit, standings, told_apart


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def room(rng, strengths, people=30, votes=20, spread=0.0):
    """Everybody judges `votes` pairs of two checkpoints, by Bradley-Terry; people differ by `spread`."""
    chosen = []
    for person in range(people):
        own = {name: value + rng.gauss(0, spread) for name, value in strengths.items()}
        for _ in range(votes):
            left, right = rng.sample(sorted(own), 2)
            chosen.append(Written(str(person), left, right, float(rng.random() < sigmoid(own[left] - own[right]))))
    return chosen


def test_the_strengths_expect_as_many_wins_as_there_were_but_for_the_prior():
    rng = np.random.default_rng(0)
    wins = rng.integers(0, 40, (5, 4, 4)).astype(float) * (1 - np.eye(4))
    found = fit(wins)
    games = wins + wins.transpose(0, 2, 1)
    expected = (games / (1 + np.exp(found[:, None, :] - found[:, :, None]))).sum(2)
    assert np.abs(wins.sum(2) - expected - 0.1 * found).max() < 1e-6
    assert found.sum(1) == pytest.approx(np.zeros(5), abs=1e-9)


def test_of_two_the_difference_is_the_log_odds_of_the_share():
    wins = np.array([[[0.0, 7500.0], [2500.0, 0.0]]])
    (strong, weak) = fit(wins)[0]
    assert strong - weak == pytest.approx(math.log(3), abs=1e-3)


def test_who_wins_every_time_is_strong_and_not_without_end():
    chosen = [Written(str(n % 12), "old", "new", 1.0) for n in range(120)]
    first, last = standings(chosen)
    assert (first.checkpoint, first.won, last.won) == ("old", 1.0, 0.0)
    assert 1 < first.strength.value < 10 and told_apart([first, last]) is True


def test_neither_counts_half_for_each():
    chosen = [Written(str(n), "old", "new", 0.5) for n in range(12)]
    found = standings(chosen)
    assert [(one.won, one.strength.value) for one in found] == [(0.5, pytest.approx(0)), (0.5, pytest.approx(0))]
    assert told_apart(found) is False


def test_with_few_people_there_is_a_share_and_neither_an_interval_nor_a_strength():
    found = standings(room(random.Random(1), {"old": 0.0, "new": 1.0}, people=FEWEST_PEOPLE - 1))
    assert [(one.rate.value, one.strength.value) for one in found] == [(None, None)] * 2
    assert found[0].won > 0.5 and told_apart(found) is None


def test_pairs_of_one_checkpoint_compare_nothing():
    assert standings([Written("a", "old", "old", 1.0)]) == []


def test_the_strengths_of_three_are_found_where_no_share_could_be_compared():
    """The strongest met only the second, so the shares of first and third say nothing of each other."""
    rng, true = random.Random(3), {"a": 1.0, "b": 0.0, "c": -1.0}
    met = [("a", "b"), ("b", "c")]
    chosen = [
        Written(str(n % 40), left, right, float(rng.random() < sigmoid(true[left] - true[right])))
        for n in range(4000)
        for left, right in [met[n // 40 % 2]]
    ]
    found = {one.checkpoint: one.strength for one in standings(chosen)}
    assert [one.checkpoint for one in standings(chosen)] == ["a", "b", "c"]
    assert all(found[name].low < value < found[name].high for name, value in true.items())


def strength_of_new(seed, people):
    found = standings(room(random.Random(seed), {"old": 0.0, "new": 0.6}, people, spread=0.5))
    return next(one.strength for one in found if one.checkpoint == "new")


def test_the_interval_covers_the_truth_where_people_differ():
    truth = strength_of_new(99, people=3000).value  # people who differ pull the room's strength a little towards 0
    found = [strength_of_new(seed, people=30) for seed in range(200)]
    assert 0.90 <= sum(one.low <= truth <= one.high for one in found) / 200 <= 0.97
