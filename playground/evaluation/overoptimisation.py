"""Reward against distance: how a policy leaves what its annotator wanted, and the curves that describe it.

The forms are those of arXiv:2210.10760: with d the square root of KL, what d nats of the way gain is d(a - b log d)
under reinforcement learning and d(a - b d) for the best of n. What the start earns, c, is fitted along.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Form = Literal["rl", "best_of_n"]
Points = Sequence[tuple[float, float]]  # (d, reward)
FEWEST: dict[Form, int] = {"rl": 12, "best_of_n": 5}
NARROWEST = 0.5  # of d, from the nearest to the furthest point: over less, any curve fits
LEAST_R2 = 0.5  # a curve that explains less of what is seen is not drawn
REACH = 2  # iterations on either side that are averaged before a peak is looked for

_BEND: dict[Form, Callable[[float], float]] = {
    "rl": lambda d: d * math.log(d) if d > 0 else 0.0,
    "best_of_n": lambda d: d * d,
}


@dataclass(frozen=True, slots=True)
class Fit:
    """c + d(a - b log d), or c + d(a - b d), by least squares."""

    form: Form
    a: float
    b: float
    c: float  # what the start earns
    r2: float  # share of the spread of the points that it explains
    low: float  # the range of d that was seen
    high: float

    @property
    def fits(self) -> bool:
        """Whether it says anything about the points."""
        return self.r2 >= LEAST_R2

    def at(self, d: float) -> float:
        """The reward at that distance."""
        return self.c + self.a * d - self.b * _BEND[self.form](d)

    @property
    def peak(self) -> tuple[float, float] | None:
        """(d, reward) where the curve turns down, if it does so within what was seen."""
        if self.b <= 0:
            return None
        if self.form == "rl":
            power = self.a / self.b - 1
            d = math.exp(power) if power < math.log(self.high) else math.inf  # a curve that hardly bends turns far out
        else:
            d = self.a / (2 * self.b)
        return (d, self.at(d)) if self.low < d < self.high else None


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest of a run's smoothed gold reward."""

    step: int
    d: float
    gold: float
    fallen: float  # by how much the end lies below it


def fit(form: Form, points: Points) -> Fit | None:
    """The curve of that form through the points; None where there are too few of them, or all lie at one distance."""
    if len(points) < FEWEST[form]:
        return None
    d, reward = (np.array(values, dtype=float) for values in zip(*points, strict=True))
    if np.ptp(d) < NARROWEST:
        return None
    bend = np.array([_BEND[form](x) for x in d])
    terms = np.stack([np.ones_like(d), d, -bend], axis=1)
    (c, a, b), *_ = np.linalg.lstsq(terms, reward, rcond=None)
    left = float(((reward - terms @ (c, a, b)) ** 2).sum())
    spread = float(((reward - reward.mean()) ** 2).sum())
    r2 = 1 - left / spread if spread > 0 else 0.0
    return Fit(form, float(a), float(b), float(c), r2, float(d.min()), float(d.max()))


def no_fit(form: Form, points: Points) -> str:
    """Why no curve is drawn, in a sentence; empty where one is."""
    found = fit(form, points)
    if found is None and len(points) < FEWEST[form]:
        return f"{len(points)} point{'s' if len(points) != 1 else ''} so far; {FEWEST[form]} are needed for a curve."
    if found is None:
        return "All points lie at about the same distance: no curve can be told from them."
    return "" if found.fits else f"No curve of this form fits (R² {found.r2:.2f}), so none is drawn."


def smoothed(points: Points) -> list[tuple[float, float]]:
    """Each point as the mean of itself and its neighbours in time."""
    near = [points[max(0, i - REACH) : i + REACH + 1] for i in range(len(points))]
    return [(sum(x for x, _ in row) / len(row), sum(y for _, y in row) / len(row)) for row in near]


def peak(points: Points) -> Peak | None:
    """Where the smoothed reward is highest; None before there is anything to smooth."""
    if len(points) <= REACH:
        return None
    curve = smoothed(points)
    at = max(range(len(curve)), key=lambda i: curve[i][1])
    d, gold = curve[at]
    return Peak(at + 1, d, gold, gold - curve[-1][1])
