"""How much memory a model takes, reckoned from its size before anything is downloaded. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FLOAT = 4  # bytes; weights are held in float32
PROCESS = 500 * 2**20  # bytes: Python, torch and its family
CACHED_TOKENS = 64 * 128  # a full batch of the sampler at usual lengths
TRAINED_TOKENS = 4 * 256  # the rows that "Larger model" trains at once, at usual lengths
STATES = 40  # vectors of the hidden size that a layer keeps for each token until its gradient is taken
LOGITS = 3  # copies of the logits that a loss keeps
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Shape:
    """What of an architecture decides its memory beside the number of weights."""

    layers: int
    hidden: int
    vocabulary: int
    kv_width: int  # keys of one token in one layer: key-value heads x their size


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes of memory."""

    sample: int
    train: int  # a LoRA on frozen weights


def need(parameters: int, shape: Shape) -> Need:
    """An estimate of the memory for writing a batch, and for training a LoRA a few rows at once."""
    weights = FLOAT * parameters
    cache = CACHED_TOKENS * shape.layers * 2 * shape.kv_width * FLOAT
    states = TRAINED_TOKENS * shape.layers * STATES * shape.hidden * FLOAT
    logits = TRAINED_TOKENS * LOGITS * shape.vocabulary * FLOAT
    return Need(sample=weights + cache + PROCESS, train=weights + states + logits + PROCESS)


def free_memory() -> int:
    """Bytes this machine has free now, or this container, where that has a limit of its own."""
    import psutil

    free = psutil.virtual_memory().available
    limit, used = _number(CGROUP / "memory.max"), _number(CGROUP / "memory.current")
    return free if limit is None or used is None else min(free, max(0, limit - used))


def in_words(count: float) -> str:
    """Bytes as a person reads them: 93 MB, 2.4 GB."""
    if count < 1e9:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:.1f} GB"


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such file, or "max"
        return None
