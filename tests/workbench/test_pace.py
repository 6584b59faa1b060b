"""How fast one person may ask."""

import pytest

from playground.errors import TooFast
from playground.workbench.pace import Pace


def test_a_burst_passes_and_the_next_waits_for_its_time():
    now = [0.0]
    pace = Pace(burst=3, per_s=2, clock=lambda: now[0])
    for _ in range(3):
        pace.take("ann")
    with pytest.raises(TooFast) as error:
        pace.take("ann")
    assert error.value.hint
    now[0] = 0.5
    pace.take("ann")
    with pytest.raises(TooFast):
        pace.take("ann")


def test_one_who_asks_too_often_slows_down_nobody_else():
    pace = Pace(burst=1, per_s=0.001, clock=lambda: 0.0)
    pace.take("ann")
    with pytest.raises(TooFast):
        pace.take("ann")
    pace.take("bob")
