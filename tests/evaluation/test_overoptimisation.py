"""The curves of over-optimisation, by points made by hand."""

import math
import random

import pytest

from playground.evaluation.overoptimisation import FEWEST, LEAST_R2, fit, no_fit, peak

DISTANCES = [0.2 + 0.15 * i for i in range(40)]


def rl(d, a=2.0, b=1.2, c=-0.5):
    return c + d * (a - b * math.log(d))


def best_of_n(d, a=2.0, b=0.4, c=-0.5):
    return c + d * (a - b * d)


@pytest.mark.parametrize(("form", "curve", "a", "b"), [("rl", rl, 2.0, 1.2), ("best_of_n", best_of_n, 2.0, 0.4)])
def test_a_curve_of_its_form_is_found_again(form, curve, a, b):
    found = fit(form, [(d, curve(d)) for d in DISTANCES])
    assert (found.a, found.b, found.c) == pytest.approx((a, b, -0.5), abs=1e-6)
    assert found.fits and found.r2 == pytest.approx(1.0)
    assert found.at(1.7) == pytest.approx(curve(1.7))


@pytest.mark.parametrize(("form", "curve", "top"), [("rl", rl, math.exp(2.0 / 1.2 - 1)), ("best_of_n", best_of_n, 2.5)])
def test_the_peak_of_a_curve_is_where_it_turns_down(form, curve, top):
    d, value = fit(form, [(d, curve(d)) for d in DISTANCES]).peak
    assert d == pytest.approx(top)
    assert value == pytest.approx(max(curve(0.01 * i) for i in range(1, 700)), abs=1e-3)


def test_a_curve_that_still_rises_where_it_ends_has_no_peak():
    assert fit("rl", [(d / 5, rl(d / 5)) for d in DISTANCES]).peak is None
    assert fit("rl", [(d, d * d) for d in DISTANCES]).peak is None


@pytest.mark.parametrize("bend", [1e-9, 1e-4, -1e-9])
def test_a_straight_line_has_no_peak(bend):
    found = fit("rl", [(d, rl(d, b=bend)) for d in DISTANCES])
    assert found.fits and found.peak is None


def test_noise_costs_some_of_the_fit_and_not_the_curve():
    rng = random.Random(0)
    found = fit("rl", [(d, rl(d) + rng.gauss(0, 0.2)) for d in DISTANCES])
    assert LEAST_R2 < found.r2 < 1
    assert found.a == pytest.approx(2.0, abs=0.4)


def test_too_few_points_make_no_curve_and_are_counted():
    points = [(d, rl(d)) for d in DISTANCES[: FEWEST["rl"] - 1]]
    assert fit("rl", points) is None
    assert f"{len(points)} points so far; {FEWEST['rl']} are needed" in no_fit("rl", points)
    assert fit("rl", []) is None


def test_points_at_one_distance_make_no_curve():
    points = [(1.0 + i / 1000, float(i % 3)) for i in range(40)]
    assert fit("rl", points) is None
    assert "same distance" in no_fit("rl", points)


def test_what_does_not_fit_is_said_with_how_badly():
    rng = random.Random(1)
    points = [(d, rng.gauss(0, 1)) for d in DISTANCES]
    assert not fit("rl", points).fits
    assert "R²" in no_fit("rl", points)
    assert no_fit("rl", [(d, rl(d)) for d in DISTANCES]) == ""


def test_rewards_that_never_change_are_no_fit():
    assert not fit("rl", [(d, 1.0) for d in DISTANCES]).fits


def test_the_peak_of_a_run_is_told_by_its_iteration_and_by_how_far_it_has_fallen():
    points = [(0.1 * i, -abs(i - 20) / 10) for i in range(1, 41)]
    found = peak(points)
    assert (found.step, found.d) == (20, pytest.approx(2.0))
    assert found.fallen == pytest.approx(found.gold + (1.8 + 1.9 + 2.0) / 3)


def test_a_run_that_has_hardly_begun_has_no_peak():
    assert peak([(0.1, 1.0), (0.2, 2.0)]) is None
