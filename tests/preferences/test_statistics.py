from __future__ import annotations

import pytest

from playground.preferences.statistics import left_share, length_bias, wilson


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
    assert left_share([]).value is None


@pytest.mark.parametrize(("count", "n"), [(3, 2), (-1, 5)])
def test_what_is_no_share_has_no_interval(count, n):
    with pytest.raises(ValueError, match="not a share"):
        wilson(count, n)


def test_only_choices_of_a_side_count_for_the_left_share():
    share = left_share(["left", "tie", "right", "left", "skip", "both_bad", "left"])
    assert (share.count, share.n, share.value) == (3, 4, 0.75)


def test_equal_lengths_say_nothing_about_length():
    share = length_bias([(9, 3), (3, 9), (5, 5), (7, 1)])
    assert (share.count, share.n) == (2, 3)
