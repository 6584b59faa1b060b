"""What the curves of PPO are read for."""

from playground.phenomena.reward_hunting import WINDOW, longest_fall, smooth


def test_a_moving_mean_by_hand():
    assert WINDOW == 5
    assert smooth([0, 0, 5, 10, 10, 0, 5]) == [5, 5, 6]


def test_a_curve_that_only_rises_has_not_fallen():
    assert longest_fall([0, 1, 2, 3]) == 0


def test_a_fall_lasts_until_the_curve_is_back_near_its_best():
    # the whole rise is 10, so 1 below the best still counts as there
    assert longest_fall([0, 5, 3, 3, 4.5, 10, 9.5, 8, 10]) == 2
    assert longest_fall([0, 10, 2, 2, 2, 2]) == 4
