import pytest

from playground.rewards.agreement import accuracy, calibration


def test_the_interval_is_the_published_one_and_everything_without_pairs():
    """Newcombe 1998 (Statistics in Medicine 17), table I, method 3."""
    found = accuracy([1.0] * 81 + [-1.0] * 182)
    assert (found["low"], found["high"]) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    nothing = accuracy([])
    assert (nothing["low"], nothing["high"]) == (0.0, 1.0)


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
