"""How well scores agree with an annotator: accuracy with its interval, and calibration. Plain numbers, no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from playground.preferences.statistics import wilson
from playground.types import Json


def accuracy(margins: Sequence[float]) -> Json:
    """Share of pairs with a margin above 0, ties half, and its interval: {"accuracy", "low", "high", "count"}."""
    right = sum(1.0 if margin > 0 else 0.5 if margin == 0 else 0.0 for margin in margins)
    low, high = wilson(right, len(margins))
    return {"accuracy": right / len(margins) if margins else 0.5, "low": low, "high": high, "count": len(margins)}


def calibration(margins: Sequence[float], bins: int = 5) -> list[Json]:
    """Is a pair called 80 % sure right 80 % of the time?

    A margin m says that the model's favourite wins with probability sigmoid(|m|), which runs from 0.5 to 1.
    Each bin holds {"low", "high", "predicted", "right", "count"}; bins without pairs are left out.
    """
    edges = [0.5 + 0.5 * i / bins for i in range(bins + 1)]
    rows = []
    for i in range(bins):
        inside = [m for m in margins if min(int((_sure(m) - 0.5) * 2 * bins), bins - 1) == i]
        if inside:
            rows.append(
                {
                    "low": edges[i],
                    "high": edges[i + 1],
                    "predicted": sum(map(_sure, inside)) / len(inside),
                    "right": accuracy(inside)["accuracy"],
                    "count": len(inside),
                }
            )
    return rows


def _sure(margin: float) -> float:
    return 1 / (1 + math.exp(-min(abs(margin), 50.0)))
