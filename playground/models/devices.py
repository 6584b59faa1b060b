"""What this machine can do: device, number format, threads and speed, each by a short measurement."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from playground.types import Speed

if TYPE_CHECKING:
    import torch

    from playground.models.loader import LoadedModel

WORTH_IT = 1.15  # a change must be this much faster before it is chosen: short timings are noisy
MEASURE_S = 0.15  # each measurement grows its work until one pass takes this long


def pick_device() -> str:
    """The best device torch sees: cuda, mps or cpu."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


def cpu_cores() -> int:
    """Cores this process may use (a container's share, not the machine's)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe_device() -> str:
    """The device and what it means, in plain words."""
    import torch

    device = pick_device()
    if device == "cuda":
        facts = torch.cuda.get_device_properties(0)
        return f"{facts.name}, {facts.total_memory / 2**30:.0f} GiB: fine for every model of the catalogue."
    if device == "mps":
        return "Apple GPU: fine for the pocket model and the SmolLM2 models."
    cores = cpu_cores()
    return f"CPU, {cores} {'core' if cores == 1 else 'cores'}: fine for the pocket model, slow for larger ones."


@lru_cache(maxsize=1)
def autocast_dtype() -> torch.dtype | None:
    """The number format to compute in: bfloat16 where that is faster here, None for float32.

    Weights stay float32; pass it to torch.autocast. Timed once a process, under 0.1 s.
    """
    import torch

    device = pick_device()
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else None
    if device == "mps":
        return None
    plain = _best_of(3, lambda: _train_stand_in(None))
    short = _best_of(3, lambda: _train_stand_in(torch.bfloat16))
    return torch.bfloat16 if plain > WORTH_IT * short else None


def pick_threads() -> int:
    """1 or 2 torch threads, whichever trains a small model faster now; more never helped models this small."""
    import torch

    if cpu_cores() < 2:
        return 1
    before, seconds = torch.get_num_threads(), {}
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            seconds[threads] = _best_of(3, lambda: _train_stand_in(None))
    finally:
        torch.set_num_threads(before)
    return 2 if seconds[1] > WORTH_IT * seconds[2] else 1


def measure_speed(loaded: LoadedModel) -> Speed:
    """Tokens per second of sampling, scoring and training with this model on this machine, about a second."""
    import torch

    dtype = autocast_dtype() if loaded.device == pick_device() else None
    return Speed(
        sample_tokens_per_s=_grow(lambda rows: _sample(loaded, rows, dtype)),
        score_tokens_per_s=_grow(lambda rows: _score(loaded, rows, dtype, train=False)),
        train_tokens_per_s=_grow(lambda rows: _score(loaded, rows, dtype, train=True)),
        device=loaded.device,
        dtype="bfloat16" if dtype is torch.bfloat16 else "float32",
        threads=torch.get_num_threads(),
        free_bytes=torch.cuda.mem_get_info()[0] if loaded.device == "cuda" else None,
    )


def _grow(work: Callable[[int], int]) -> float:
    """Tokens a second of work(rows), with rows doubled until a pass takes MEASURE_S; the first pass warms up.

    The quickest of three passes counts: whatever else goes on, as when everything starts at once, only slows one down.
    """
    work(1)
    rows = 1
    while True:
        tokens, took = min((_timed(work, rows) for _ in range(3)), key=lambda one: one[1])
        if took > MEASURE_S / 2 or rows >= 32:
            return tokens / took
        rows *= 4 if took < MEASURE_S / 8 else 2


def _timed(work: Callable[[int], int], rows: int) -> tuple[int, float]:
    started = time.perf_counter()
    tokens = work(rows)
    return tokens, time.perf_counter() - started


def _sample(loaded: LoadedModel, rows: int, dtype: torch.dtype | None) -> int:
    import torch

    from playground.models.decode import generate_ids

    prompts = [[5 + r, 6, 7, 8] for r in range(rows)]
    made = generate_ids(
        loaded.model,
        prompts,
        max_new_tokens=8,
        temperature=1.0,
        end_ids=(),
        pad_id=loaded.tokenizer.pad_token_id,
        generator=torch.Generator().manual_seed(0),
        autocast_dtype=dtype,
    )
    return sum(map(len, made))


def _score(loaded: LoadedModel, rows: int, dtype: torch.dtype | None, train: bool) -> int:
    """One pass over rows of 48 tokens; with train also the gradients, which are thrown away."""
    import torch

    from playground.models.logps import completion_logps

    model, length = loaded.model, 48
    weights = [p for p in model.parameters() if p.requires_grad or not hasattr(model, "peft_config")]
    wanted = [p.requires_grad for p in weights]
    autocast = torch.autocast(loaded.device, dtype) if dtype else nullcontext()
    try:
        for p in weights:
            p.requires_grad_(train)
        with autocast, torch.set_grad_enabled(train):
            scores = completion_logps(
                model, [[5] * 16] * rows, [[6] * (length - 16)] * rows, pad_id=loaded.tokenizer.pad_token_id
            )
        if train:
            torch.autograd.grad(scores.token_logps.sum(), weights, allow_unused=True)
    finally:
        for p, want in zip(weights, wanted, strict=True):
            p.requires_grad_(want)
    return rows * length


def _train_stand_in(dtype: torch.dtype | None) -> Any:
    """Forward and backward of a small gated layer under autocast: the pocket model's most frequent work."""
    import torch

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(512, 256, generator=generator)
    up, down = torch.randn(704, 256, generator=generator), torch.randn(256, 704, generator=generator)
    up.requires_grad_(True)
    down.requires_grad_(True)
    with torch.autocast("cpu", dtype) if dtype else nullcontext():
        for _ in range(4):
            x = torch.nn.functional.linear(torch.nn.functional.silu(torch.nn.functional.linear(x, up)), down)
    return torch.autograd.grad(x.float().sum(), [up, down])


def _best_of(times: int, work: Callable[[], Any]) -> float:
    """Seconds of the fastest of some passes, after one that warms up."""
    work()
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best
