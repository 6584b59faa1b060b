"""Shares with their intervals: how often left was chosen, how often the longer completion."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from playground.types import Choice


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n, with its 95 % Wilson interval. With n 0 it is not defined: value None, the interval everything."""

    count: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The share itself, in [0, 1]."""
        return self.count / self.n if self.n else None


def wilson(count: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927); z 1.96 is 95 %. A tie may count one half.

    It treats every judgment as independent. Judgments of one person are not, so with few people the truth is wider.
    """
    if not 0 <= count <= n:
        raise ValueError(f"{count} of {n} is not a share.")
    if n == 0:
        return 0.0, 1.0
    share = count / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == n else min(1.0, centre + half)
    return low, high


def share_of(count: int, n: int) -> Share:
    """count of n with its interval."""
    return Share(count, n, *wilson(count, n))


def left_share(choices: Iterable[Choice]) -> Share:
    """How often left was chosen where a side was. Far from one half, the page and not the text decides."""
    sided = [choice for choice in choices if choice in ("left", "right")]
    return share_of(sided.count("left"), len(sided))


def length_bias(lengths: Iterable[tuple[int, int]]) -> Share:
    """How often the longer completion was chosen; lengths are (chosen, rejected), equal ones are left out."""
    unequal = [(chosen, rejected) for chosen, rejected in lengths if chosen != rejected]
    return share_of(sum(chosen > rejected for chosen, rejected in unequal), len(unequal))
