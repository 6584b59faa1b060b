"""Shares with their intervals: how often left was chosen, how often the longer completion, how often one model won."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

Z = 1.959964  # the normal quantile of a 95 % interval
ENOUGH = 10  # with fewer, four equal choices in a row would already look like a preference


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


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often one model was preferred to another, with its 95 % interval. Without a choice its value is None."""

    value: float | None
    low: float
    high: float
    choices: int
    prompts: int
    more: int | None  # prompts that it would still take to tell, if it went on like this; None: level, or told already

    @property
    def told(self) -> bool:
        """Whether one of the two is preferred, as far as these prompts can say."""
        return self.prompts >= ENOUGH and not self.low <= 0.5 <= self.high


def wilson(count: float, n: int, z: float = Z, within: float = 0.0) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927); z 1.96 is 95 %.

    within: where the n values are not all 0 or 1 (a tie is 0.5), the sum of value x (1 - value) over them: by so much
    they spread less than a coin's, and the interval is narrower. It is held back a little where n is small, so that a
    first tie does not look like certainty.
    It treats every value as independent. Judgments of one person are not, so with few people the truth is wider.
    """
    if not 0 <= count <= n:
        raise ValueError(f"{count} of {n} is not a share.")
    if n == 0:
        return 0.0, 1.0
    share, less = count / n, within / (n + z * z)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    spread = (share * (1 - share) - less) / n + z * z * (0.25 - less) / (n * n)
    half = z / (1 + z * z / n) * math.sqrt(max(0.0, spread))
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == n else min(1.0, centre + half)
    return low, high


def share_of(count: int, n: int) -> Share:
    """count of n with its interval."""
    return Share(count, n, *wilson(count, n))


def win_rate(scores: Iterable[tuple[str, float]]) -> WinRate:
    """scores: for each choice its prompt, and 1 where the model won, 0 where it lost, 0.5 where neither did.

    Each prompt counts once, with the mean of its choices: ten choices on one prompt say little about the next prompt.
    """
    by_prompt: dict[str, list[float]] = defaultdict(list)
    for prompt, score in scores:
        by_prompt[prompt].append(score)
    means = [sum(found) / len(found) for found in by_prompt.values()]
    n, won, within = len(means), sum(means), sum(mean * (1 - mean) for mean in means)
    low, high = wilson(won, n, within=within)
    rate = WinRate(won / n if n else None, low, high, sum(map(len, by_prompt.values())), n, None)
    if not n or rate.told or rate.value == 0.5:
        return rate
    return replace(rate, more=max(1, ENOUGH - n, _prompts_that_tell(won / n, within / n) - n))


def _prompts_that_tell(rate: float, within: float) -> int:
    """How many prompts it takes until the interval around this rate leaves one half out."""
    return math.ceil(Z * Z * (0.25 - within) / (rate - 0.5) ** 2)
