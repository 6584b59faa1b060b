"""Two cores on a small model: its rows are shared between threads that compute with one core each.

An operation of a small model is too short to be cut in two: of PPO on the pocket model, two threads with half of the
rows each write and learn in three quarters of the time that two cores on every operation take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

LARGEST = 20_000_000  # parameters; above, an operation is long enough to keep two cores busy

Part = TypeVar("Part")
Result = TypeVar("Result")


class Lanes:
    """How many share the work. One by itself: the caller's own thread."""

    def __init__(self, count: int = 1, pool: Executor | None = None) -> None:
        self.count = count
        self._pool = pool

    def deal(self, rows: Sequence[Part]) -> list[list[Part]]:
        """The rows in as many parts as there are lanes, alike in size and length; no part is empty."""
        return [list(rows[i :: self.count]) for i in range(min(self.count, len(rows)))]

    def each(self, work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
        """work(part) for each part, side by side; the results are in the order of the parts.

        Gradients are recorded where the caller records them. What the first part to fail raises is raised.
        """
        if self._pool is None or len(parts) < 2:
            return [work(part) for part in parts]
        grad = torch.is_grad_enabled()  # every thread has its own

        def in_lane(part: Part) -> Result:
            with torch.set_grad_enabled(grad):
                return work(part)

        return list(self._pool.map(in_lane, parts))


def is_small(model: Any) -> bool:
    """Whether lanes pay for a model: on a CPU, and not large."""
    on_cpu = next(model.parameters()).device.type == "cpu"
    return on_cpu and sum(p.numel() for p in model.parameters()) <= LARGEST


@contextmanager
def lanes_for(model: Any, count: int | None = None) -> Iterator[Lanes]:
    """So many lanes, torch having one thread meanwhile; one lane where they do not pay.

    count: as many as torch has threads where it is None.
    """
    threads = torch.get_num_threads()
    count = threads if count is None else count
    if count <= 1 or not is_small(model):
        yield Lanes()
        return
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(count, thread_name_prefix="lane") as pool:
            yield Lanes(count, pool)
    finally:
        torch.set_num_threads(threads)
