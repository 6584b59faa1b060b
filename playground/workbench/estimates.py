"""How long a run will take: by this machine's measured speed, corrected by how long earlier runs really took."""

from __future__ import annotations

import dataclasses
import statistics

from playground.registry import Algorithm, algorithms, build_config
from playground.runs.tail import RunShelf
from playground.types import Json, Speed

_MEAN_ROW_TOKENS = 40  # prompt and completion of the pocket world


class Estimates:
    """Seconds ahead. speed is measured by the trainer when it comes up."""

    def __init__(self, shelf: RunShelf) -> None:
        self._shelf = shelf
        self.speed: Speed | None = None

    def seconds(self, workspace: str, algorithm: str, values: Json, rows: int) -> float | None:
        """Seconds a run will take on this machine; None while the machine's speed is not yet known."""
        if self.speed is None:
            return None
        entry = algorithms()[algorithm]
        return self._by_speed(entry, values, rows) * self._correction(workspace, entry)

    def _by_speed(self, entry: Algorithm, values: Json, rows: int) -> float:
        """Seconds by the tokens to work through and the speed measured at start."""
        return entry.workload(build_config(entry, values), rows, _MEAN_ROW_TOKENS).seconds(self.speed)

    def _correction(self, workspace: str, entry: Algorithm) -> float:
        """How long the last runs took against what the speed alone says: the median ratio, 1 without history."""
        fields = {field.name for field in dataclasses.fields(entry.config)}
        past = [
            s
            for s in self._shelf.summaries(workspace)
            if s.status == "done" and s.spec.algorithm == entry.name and fields >= set(s.spec.config)
        ]
        ratios = [s.seconds / self._by_speed(entry, s.spec.config, s.spec.data_count) for s in past[:5]]
        return statistics.median(ratios) if ratios else 1.0
