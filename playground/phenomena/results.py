"""What was measured so far, one file a phenomenon and seed, and the tables made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playground.evaluation.intervals import mean_of
from playground.phenomena.phenomenon import Phenomenon, Row
from playground.pocket.card import Figure, Table


@dataclass(frozen=True, slots=True)
class Results:
    """A folder of measured values. Those of other weights do not count."""

    folder: Path
    fingerprint: str  # of the SFT model that everything starts from

    def read(self, phenomenon: str, seed: int) -> dict[str, float] | None:
        """What that seed gave; None where it is still to be measured."""
        path = self._path(phenomenon, seed)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def write(self, phenomenon: str, seed: int, values: dict[str, float]) -> None:
        """Keep what that seed gave."""
        path = self._path(phenomenon, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values, indent=1), encoding="utf-8")

    def table(self, phenomenon: Phenomenon, seeds: Sequence[int]) -> Table | None:
        """The phenomenon's table over the seeds measured; None where there is none."""
        found = [values for seed in seeds if (values := self.read(phenomenon.name, seed)) is not None]
        if not found:
            return None
        figures = tuple(figure(row, [values[row.key] for values in found]) for row in phenomenon.rows)
        return Table(phenomenon.title, phenomenon.about, figures)

    def _path(self, phenomenon: str, seed: int) -> Path:
        return self.folder / self.fingerprint / f"{phenomenon}-{seed}.json"


def figure(row: Row, values: Sequence[float]) -> Figure:
    """The mean over the seeds with its interval, or what the least convincing seed gave."""
    found = mean_of(values)
    value, low, high = found.value, found.low, found.high
    if row.every_seed:
        value, low, high = (min if row.at_least is not None else max)(values), min(values), max(values)
    return Figure(row.name, value, len(values), low, high, row.at_least, row.at_most)
