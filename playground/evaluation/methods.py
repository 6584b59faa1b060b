"""Ways of training side by side: what each took, what it gained, and how much that depends on the seed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from playground.evaluation.sheet import Column, Sheet, Took

_GAINED, _FAR = ("win_rate", "gold_gain"), ("drift", "kl")


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over models that differ in the seed alone."""

    mean: float
    deviation: float | None  # the standard deviation over seeds; None of a single model
    count: int


@dataclass(frozen=True, slots=True)
class Method:
    """One way of training: the models that were made so, and their figures."""

    models: tuple[str, ...]
    took: tuple[Took, ...]
    gold: Spread | None  # gold reward gained; None where it is not measured yet
    kl: Spread | None


def methods(sheet: Sheet) -> list[Method]:
    """The columns of the sheet that have a run behind them; those alike but for the seed make one method."""
    groups: dict[str, list[Column]] = {}
    for column in sheet.columns[1:]:
        if column.took is not None:
            groups.setdefault(column.took.alike, []).append(column)
    return [
        Method(
            tuple(column.checkpoint.name for column in group),
            tuple(column.took for column in group),
            _spread(group, _GAINED),
            _spread(group, _FAR),
        )
        for group in groups.values()
    ]


def _spread(group: Sequence[Column], which: tuple[str, str]) -> Spread | None:
    different = {column.checkpoint.fingerprint or column.checkpoint.id: column for column in group}  # not one run twice
    found = [column.figure(*which) for column in different.values()]
    values = [figure.value for figure in found if figure is not None and figure.value is not None]
    if not values:
        return None
    return Spread(statistics.mean(values), statistics.stdev(values) if len(values) > 1 else None, len(values))
