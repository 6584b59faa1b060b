"""Intervals hold the truth as often as they say; checked against numbers by hand and by simulation."""

import math
import random
import statistics

import pytest

from playground.evaluation.intervals import length_controlled, mean_of, ratio_of, t_quantile
from playground.evaluation.report import bounded_figure
from playground.preferences.statistics import share_of, win_rate
from playground.rewards.agreement import accuracy

DRAWS = 1500  # a coverage of 95 % is then known to about half a point (one standard error)


def coverage(draw, truth, seed=1):
    """How often an interval drawn so holds the truth."""
    rng = random.Random(seed)
    held = 0
    for _ in range(DRAWS):
        low, high = draw(rng)
        held += low <= truth <= high
    return held / DRAWS


def ends(estimate):
    return estimate.low, estimate.high


@pytest.mark.parametrize(("freedom", "table"), [(1, 12.706), (9, 2.262), (10, 2.228), (30, 2.042), (199, 1.972)])
def test_quantiles_of_t_stand_in_the_printed_table(freedom, table):
    assert t_quantile(freedom) == pytest.approx(table, abs=1e-3)


def test_a_mean_by_hand():
    # mean 2, standard deviation 1, t(2) 4.303: 4.303 / sqrt(3) on either side
    found = mean_of([1.0, 2.0, 3.0])
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2 - 2.4843, 2 + 2.4843), abs=1e-3)
    assert ends(mean_of([5.0])) == (None, None)
    assert mean_of([]).value is None


def test_a_ratio_is_of_sums_and_not_a_mean_of_ratios():
    assert ratio_of([1.0, 9.0], [1.0, 3.0]).value == 10 / 4


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_the_interval_of_a_share_holds_it_in_95_percent(share):
    def draw(rng):
        found = share_of(sum(rng.random() < share for _ in range(150)), 150)
        return found.low, found.high

    assert 0.92 <= coverage(draw, share) <= 0.97


@pytest.mark.parametrize("share", [0.35, 0.5, 0.7])
def test_the_interval_of_a_win_rate_with_ties_holds_it_in_95_percent(share):
    """A third of the prompts tie, as where two checkpoints often say the same."""

    def draw(rng):
        scores = [0.5 if rng.random() < 1 / 3 else float(rng.random() < share) for _ in range(150)]
        found = win_rate((str(i), score) for i, score in enumerate(scores))
        return found.low, found.high

    assert 0.92 <= coverage(draw, 1 / 6 + 2 / 3 * share) <= 0.97


def test_the_interval_of_a_lopsided_mean_holds_it_in_95_percent():
    """KL a completion is lopsided: most moved little, a few much."""
    assert 0.92 <= coverage(lambda rng: ends(mean_of([rng.expovariate(1.0) for _ in range(200)])), 1.0) <= 0.97


def test_the_interval_of_a_ratio_holds_it_in_95_percent():
    """Nats a token over documents of different lengths."""

    def draw(rng):
        lengths = [rng.randint(10, 200) for _ in range(60)]
        nats = [sum(rng.gauss(0.8, 0.3) for _ in range(4)) / 4 * n for n in lengths]
        return ends(ratio_of(nats, [float(n) for n in lengths]))

    assert 0.92 <= coverage(draw, 0.8) <= 0.97


@pytest.mark.parametrize(("n", "up", "down"), [(80, 0.6, 0.1), (50, 0.5, 0.2), (120, 0.3, 0.3)])
def test_the_interval_of_a_difference_of_two_answers_holds_it_in_95_percent(n, up, down):
    """1, 0 or -1 a question: agreement with the right opinion less that with the wrong one."""

    def draw(rng):
        values = [1.0 if (at := rng.random()) < up else -1.0 if at < up + down else 0.0 for _ in range(n)]
        return ends(bounded_figure("a", "A", values, "It.", least=-1.0))

    assert 0.92 <= coverage(draw, up - down) <= 0.97


@pytest.mark.parametrize(("n", "a", "b"), [(40, 0.5, 0.5), (40, 2.0, 1.0), (120, 0.3, 0.7)])
def test_the_interval_of_a_mean_of_shares_holds_it_in_95_percent(n, a, b):
    """Probability on true options, most of it near 0 or 1; agreement between wordings."""

    def draw(rng):
        return ends(bounded_figure("a", "A", [rng.betavariate(a, b) for _ in range(n)], "It."))

    assert 0.92 <= coverage(draw, a / (a + b)) <= 0.97


def test_the_interval_of_a_reward_models_accuracy_holds_it_in_95_percent():
    def draw(rng):
        found = accuracy([rng.gauss(0.8, 1.0) for _ in range(150)])
        return found["low"], found["high"]

    assert 0.92 <= coverage(draw, statistics.NormalDist().cdf(0.8)) <= 0.97


def preferred_by_length(rng, n, height, slope):
    """Scores of a judge who likes length: log-odds height + slope x tanh(difference), a fifth of them ties."""
    longer = [rng.gauss(6.0, 8.0) for _ in range(n)]
    spread = math.sqrt(sum(x * x for x in longer) / n)
    odds = [height + slope * math.tanh(x / spread) for x in longer]
    return [0.5 if rng.random() < 0.2 else float(rng.random() < 1 / (1 + math.exp(-o))) for o in odds], longer


def test_a_judge_who_only_likes_length_is_level_once_length_is_taken_out():
    scores, longer = preferred_by_length(random.Random(3), 4000, 0.0, 2.0)
    assert win_rate((str(i), s) for i, s in enumerate(scores)).value > 0.6
    assert length_controlled(scores, longer).value == pytest.approx(0.5, abs=0.03)


def test_the_length_controlled_interval_holds_the_truth_in_95_percent():
    """Without ties its height at equal length is the judge's own."""

    def draw(rng):
        longer = [rng.gauss(4.0, 8.0) for _ in range(200)]
        spread = math.sqrt(sum(x * x for x in longer) / 200)
        scores = [float(rng.random() < 1 / (1 + math.exp(-(0.5 + math.tanh(x / spread))))) for x in longer]
        return ends(length_controlled(scores, longer))

    assert 0.92 <= coverage(draw, 1 / (1 + math.exp(-0.5))) <= 0.97


@pytest.mark.parametrize("slope", [0.0, 1.0])
@pytest.mark.parametrize("share", [0.1, 0.9, 0.95, 0.98])
def test_a_length_controlled_interval_of_few_prompts_misses_lopsided_truths_in_at_most_5_percent(share, slope):
    """At n 40 hardly anything goes the other way; to give no interval then is honest."""

    def draw(rng):
        longer = [rng.gauss(4.0, 8.0) for _ in range(40)]
        spread = math.sqrt(sum(x * x for x in longer) / 40)
        odds = [math.log(share / (1 - share)) + slope * math.tanh(x / spread) for x in longer]
        low, high = ends(length_controlled([float(rng.random() < 1 / (1 + math.exp(-o))) for o in odds], longer))
        return (0.0, 1.0) if low is None else (low, high)

    assert coverage(draw, share) >= 0.94


@pytest.mark.parametrize("won", [0, 4, 26, 30])
def test_where_fewer_than_five_go_the_other_way_the_win_rate_at_equal_length_has_no_interval(won):
    longer = [float(i % 7 - 3) for i in range(30)]
    found = length_controlled([1.0] * won + [0.0] * (30 - won), longer)
    assert abs(found.value - won / 30) < 0.1
    assert ends(found) == (None, None)
    low, high = ends(length_controlled([1.0] * 25 + [0.0] * 5, longer))
    assert 0 < low < 25 / 30 < high < 1


def test_ties_alone_do_not_make_a_win_rate_at_equal_length_certain():
    low, high = ends(length_controlled([0.5] * 40, [float(i) for i in range(40)]))
    assert low < 0.4 and high > 0.6
