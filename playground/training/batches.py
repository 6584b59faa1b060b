"""The order in which rows are trained on: shuffled, yet rows of like length together, so that little is padding."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

POOL = 16  # batches that are sorted by length among themselves


def grouped_order(lengths: Sequence[int], batch_size: int, seed: int) -> list[int]:
    """Row numbers, every batch_size of which make a batch; an incomplete batch comes last."""
    rng = random.Random(seed)
    order = rng.sample(range(len(lengths)), len(lengths))
    pool = POOL * batch_size
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        rows = sorted(order[start : start + pool], key=lengths.__getitem__)
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    rng.shuffle(batches)
    batches.sort(key=lambda batch: len(batch) < batch_size)
    return [row for batch in batches for row in batch]


class GroupedSampler:
    """grouped_order, anew for each epoch. The epoch is asked for, not counted, so that a resumed run goes on right."""

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int, epoch: Callable[[], int]) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(grouped_order(self.lengths, self.batch_size, self.seed + self.epoch()))
