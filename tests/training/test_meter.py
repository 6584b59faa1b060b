"""What a run took is measured from its own start, not from the start of the process."""

import sys

import pytest
import torch

from playground.training.meter import Meter

LARGE = 200 * 2**20  # bytes


def held(size):
    """The peak while so many bytes were held."""
    meter = Meter()
    block = bytearray(b"x" * size)
    del block
    return meter.read()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not tell a peak that can be reset")
@pytest.mark.skipif(torch.cuda.is_available(), reason="the GPU's memory is told")
def test_the_peak_is_that_of_this_run_not_of_an_earlier_one():
    _, large = held(LARGE)
    _, small = held(1)
    assert large - small > LARGE * 0.8 and small > 0


def test_processor_time_is_counted_from_the_start_of_the_meter():
    meter = Meter()
    first, _ = meter.read()
    sum(range(2_000_000))
    assert meter.read()[0] > first >= 0
