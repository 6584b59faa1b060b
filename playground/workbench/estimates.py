"""How long a run will take: by this machine's measured speed, corrected by how long earlier runs really took."""

from __future__ import annotations

import dataclasses
import statistics
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from playground.models.catalogue import CARDS
from playground.models.shelf import ModelShelf
from playground.registry import Algorithm, algorithms, build_config
from playground.runs.tail import RunShelf
from playground.types import Checkpoint, Json, Speed, Workload
from playground.workbench.room_to_train import require_room

_MEAN_ROW_TOKENS = 40  # prompt and completion of the pocket world
_LATELY = 8  # pieces of work that tell how fast this machine is now, others on it included
_WORTH_S = 0.5  # work that should take less tells more of its overhead than of the machine


class Estimates:
    """Seconds ahead. speed is measured by the trainer when it comes up, with the pocket model."""

    def __init__(self, shelf: RunShelf, models: ModelShelf) -> None:
        self._shelf = shelf
        self._models = models
        self.speed: Speed | None = None
        self._lately: dict[str, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=_LATELY))  # by card

    def seconds(self, workspace: str, algorithm: str, values: Json, rows: int, start: Checkpoint) -> float | None:
        """Seconds a run will take on this machine; None while the machine's speed is not yet known."""
        if self.speed is None:
            return None
        entry = algorithms()[algorithm]
        return self._by_speed(entry, values, rows, start) * self._correction(workspace, entry, start)

    def of_work(self, work: Workload, checkpoint: Checkpoint) -> float | None:
        """Seconds of that many tokens by this checkpoint; None while the machine's speed is not yet known.

        By the speed measured at start, and by how long such work really took lately.
        """
        if self.speed is None:
            return None
        return work.fixed_s + self._tokens_s(work, checkpoint) * self._slower(checkpoint.card)

    def learn(self, works: Sequence[tuple[Checkpoint, Workload]], took_s: float) -> None:
        """Remember how long work took that was done in one go. What models of different size shared tells nothing."""
        cards = {checkpoint.card for checkpoint, _ in works}
        if self.speed is None or len(cards) != 1:
            return
        expected = sum(self._tokens_s(work, checkpoint) for checkpoint, work in works)
        if expected >= _WORTH_S:
            self._lately[cards.pop()].append((expected, took_s))

    def require_room(self, entry: Algorithm, config: Any, rows: Sequence, start: Checkpoint) -> None:
        """Raises: TooLittleMemory where the run would not fit into the memory that is free now."""
        require_room(entry, config, rows, start, self._models, self.speed.free_bytes if self.speed else None)

    def _by_speed(self, entry: Algorithm, values: Json, rows: int, start: Checkpoint) -> float:
        """Seconds by the tokens to work through, the speed measured at start, and the model's size."""
        work = entry.workload(build_config(entry, values), rows, _MEAN_ROW_TOKENS)
        return self._timed(work, start)

    def _timed(self, work: Workload, checkpoint: Checkpoint) -> float:
        return work.fixed_s + self._tokens_s(work, checkpoint)

    def _tokens_s(self, work: Workload, checkpoint: Checkpoint) -> float:
        return (work.seconds(self.speed) - work.fixed_s) * self._times_the_pocket(checkpoint)

    def _slower(self, card: str) -> float:
        """How many times longer work took lately than the speed measured at start says."""
        lately = list(self._lately[card])
        return sum(took for _, took in lately) / sum(expected for expected, _ in lately) if lately else 1.0

    def _times_the_pocket(self, start: Checkpoint) -> float:
        """How many times the pocket model's weights this model has: about how much longer a token takes."""
        parameters = {card.name: card.parameters for card in CARDS}
        if start.card in parameters:
            return parameters[start.card] / parameters["pocket"]
        kept = self._models.find(start.card)
        return kept.parameters / parameters["pocket"] if kept else 1.0

    def _correction(self, workspace: str, entry: Algorithm, start: Checkpoint) -> float:
        """How long the last runs of this model took against what the speed says: the median ratio, else 1."""
        fields = {field.name for field in dataclasses.fields(entry.config)}
        past = [
            s
            for s in self._shelf.summaries(workspace)
            if s.status == "done"
            and s.spec.algorithm == entry.name
            and s.spec.start.card == start.card
            and fields >= set(s.spec.config)
        ]
        ratios = [s.seconds / self._by_speed(entry, s.spec.config, s.spec.data_count, start) for s in past[:5]]
        return statistics.median(ratios) if ratios else 1.0
