import pytest

from playground.rewards.agreement import accuracy, calibration, wilson


def test_wilson_gives_the_published_intervals():
    """Newcombe 1998 (Statistics in Medicine 17), table I, method 3."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_ties_count_half():
    assert accuracy([1.0, -1.0, 0.0, 0.0])["accuracy"] == 0.5
    assert accuracy([2.0, 0.0])["accuracy"] == 0.75


def test_a_calibrated_model_is_right_as_often_as_it_says():
    margin = 1.0986  # sigmoid = 3/4
    (row,) = calibration([margin, margin, margin, -margin])
    assert row["predicted"] == pytest.approx(0.75, abs=1e-4) and row["right"] == 0.75 and row["count"] == 4


def test_calibration_holds_every_pair_however_sure():
    margins = [0.0, 0.01, 0.5, 3.0, -40.0, 1000.0]
    rows = calibration(margins)
    assert sum(r["count"] for r in rows) == len(margins)
    assert all(r["low"] <= r["predicted"] <= r["high"] for r in rows)
