from __future__ import annotations

import random

import pytest

from playground.preferences.statistics import ENOUGH, wilson, win_rate


@pytest.mark.parametrize(  # Newcombe 1998, table I: the score method without continuity correction
    ("count", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(count, n, low, high):
    assert wilson(count, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_mirrors_and_contains_the_share():
    for n in range(1, 30):
        for count in range(n + 1):
            low, high = wilson(count, n)
            assert low <= count / n <= high
            assert wilson(n - count, n) == pytest.approx((1 - high, 1 - low))


def test_nothing_counted_leaves_everything_possible():
    assert wilson(0, 0) == (0.0, 1.0)
    assert (win_rate([]).value, win_rate([]).low, win_rate([]).high) == (None, 0.0, 1.0)


@pytest.mark.parametrize(("count", "n"), [(3, 2), (-1, 5)])
def test_what_is_no_share_has_no_interval(count, n):
    with pytest.raises(ValueError, match="not a share"):
        wilson(count, n)


def each_on_its_own_prompt(wins, losses, ties):
    return list(enumerate([1.0] * wins + [0.0] * losses + [0.5] * ties))


def test_a_tie_counts_half_and_only_then_is_the_interval_narrower_than_a_coins():
    assert (win_rate(each_on_its_own_prompt(6, 2, 2))).value == pytest.approx(0.7)
    plain, tied = win_rate(each_on_its_own_prompt(50, 50, 0)), win_rate(each_on_its_own_prompt(30, 30, 40))
    assert (plain.low, plain.high) == wilson(50, 100)
    assert plain.low < tied.low < 0.5 < tied.high < plain.high


def test_one_tie_is_no_certainty():
    only = win_rate(each_on_its_own_prompt(0, 0, 1))
    assert only.low < 0.2 and only.high > 0.8


def test_many_choices_on_one_prompt_say_as_much_as_one_prompt():
    often = win_rate([("same", 1.0)] * 40)
    assert (often.choices, often.prompts, often.told) == (40, 1, False)
    assert (often.low, often.high) == wilson(1, 1)
    assert win_rate([("a", 1.0), ("a", 1.0), ("a", 1.0), ("b", 0.0)]).value == 0.5


def test_a_few_equal_choices_do_not_tell():
    assert not win_rate(each_on_its_own_prompt(ENOUGH - 1, 0, 0)).told
    assert win_rate(each_on_its_own_prompt(ENOUGH, 0, 0)).told


@pytest.mark.parametrize("start", [(6, 4, 0), (5, 2, 3), (3, 4, 9), (1, 0, 0)])
def test_as_many_more_as_said_would_tell_if_it_went_on_like_this(start):
    now = win_rate(each_on_its_own_prompt(*start))
    factor = (now.prompts + now.more) / now.prompts
    later = win_rate(each_on_its_own_prompt(*(round(factor * 1.15 * n) for n in start)))  # "about"
    sooner = win_rate(each_on_its_own_prompt(*(int(factor * 0.8 * n) for n in start)))
    assert (now.told, sooner.told, later.told) == (False, False, True)
    assert later.more is None


def test_a_level_result_names_no_number():
    assert win_rate(each_on_its_own_prompt(5, 5, 3)).more is None


@pytest.mark.parametrize("n", [10, 30, 100])
@pytest.mark.parametrize(("won", "tied"), [(0.5, 0.0), (0.35, 0.3), (0.6, 0.1), (0.2, 0.6), (0.75, 0.15)])
def test_the_interval_covers_the_truth_as_often_as_it_says(n, won, tied):
    rng, rounds = random.Random(f"{n} {won} {tied}"), 4000
    covered = 0
    for _ in range(rounds):
        scores = rng.choices([1.0, 0.5, 0.0], [won, tied, 1 - won - tied], k=n)
        rate = win_rate(enumerate(scores))
        covered += rate.low <= won + tied / 2 <= rate.high
    assert 0.925 <= covered / rounds <= 0.985
