"""Measurements leave everything as they found it."""

from __future__ import annotations

import pytest
import torch

from playground.models import devices
from playground.models.adapters import add_lora
from tests.tiny import tiny_loaded


@pytest.mark.parametrize("lora", [True, False])
def test_measuring_speed_leaves_no_trace(lora, monkeypatch):
    monkeypatch.setattr(devices, "MEASURE_S", 0.001)
    monkeypatch.setattr(devices, "pick_device", lambda: "cpu")
    loaded = tiny_loaded()
    if lora:
        loaded = add_lora(loaded, rank=2, alpha=4)
    before = {name: (p.clone(), p.requires_grad) for name, p in loaded.model.named_parameters()}
    speed = devices.measure_speed(loaded)
    assert min(speed.sample_tokens_per_s, speed.score_tokens_per_s, speed.train_tokens_per_s) > 0
    assert (speed.device, speed.threads) == ("cpu", torch.get_num_threads())
    for name, p in loaded.model.named_parameters():
        assert torch.equal(p, before[name][0])
        assert p.requires_grad == before[name][1]
        assert p.grad is None


@pytest.mark.parametrize("disturbed", [(), (1,), (1, 2), (4, 8)])
def test_what_disturbs_a_pass_does_not_make_the_machine_slow(monkeypatch, disturbed):
    clock, passes = [0.0], []

    def work(rows):
        clock[0] += 0.002 * rows + (3.0 if len(passes) in disturbed else 0.0)
        passes.append(rows)
        return 8 * rows

    monkeypatch.setattr(devices.time, "perf_counter", lambda: clock[0])
    assert devices._grow(work) == pytest.approx(8 / 0.002)


def test_picking_threads_leaves_the_threads_alone():
    before = torch.get_num_threads()
    assert devices.pick_threads() in (1, 2)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("seconds", "threads"), [([1.0, 0.5], 2), ([1.0, 0.95], 1), ([0.3, 1.0], 1)])
def test_two_threads_must_pay(monkeypatch, seconds, threads):
    monkeypatch.setattr(devices, "cpu_cores", lambda: 2)
    timings = list(seconds)
    monkeypatch.setattr(devices, "_best_of", lambda times, work: timings.pop(0))
    assert devices.pick_threads() == threads


@pytest.mark.parametrize(("seconds", "dtype"), [([1.0, 0.6], torch.bfloat16), ([1.0, 1.0], None), ([0.2, 3.0], None)])
def test_bfloat16_must_pay(monkeypatch, seconds, dtype):
    monkeypatch.setattr(devices, "pick_device", lambda: "cpu")
    timings = list(seconds)
    monkeypatch.setattr(devices, "_best_of", lambda times, work: timings.pop(0))
    devices.autocast_dtype.cache_clear()
    try:
        assert devices.autocast_dtype() is dtype
    finally:
        devices.autocast_dtype.cache_clear()


@pytest.mark.parametrize(("cores", "says"), [(1, "CPU, 1 core:"), (2, "CPU, 2 cores:")])
def test_the_device_is_described_in_words(monkeypatch, cores, says):
    monkeypatch.setattr(devices, "pick_device", lambda: "cpu")
    monkeypatch.setattr(devices, "cpu_cores", lambda: cores)
    assert devices.describe_device().startswith(says)
