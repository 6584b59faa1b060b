"""How far an evaluation is, by the rows that it works through."""

from __future__ import annotations

import time
from dataclasses import dataclass

from playground.evaluation.running import Step, rows
from playground.workbench.background import BackgroundWork


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an evaluation is."""

    text: str
    done: int = 0  # rows
    total: int = 0
    seconds_left: float | None = None
    work: str = ""  # which other work it belongs to, where it is not the answering of questions


class Clock:
    """Tells how far the steps are, by the rows they work through."""

    def __init__(self, work: BackgroundWork[Progress], todo: list[Step], seconds: float | None) -> None:
        self._work = work
        self._rows = {id(step): rows(step) for step in todo}
        self.total = sum(self._rows.values())
        self._before, self._now, self._room = 0, 0, 0
        self._text, self._seconds, self._started = "", seconds, time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._started

    def begins(self, step: Step) -> None:
        """The next step."""
        self._before += self._room
        self._now, self._room = 0, self._rows[id(step)]
        self._text = f"{step.plan.checkpoint.name}: {step.question.title}"
        self._tell()

    def rows_done(self, count: int) -> None:
        """So many rows more."""
        self._now = min(self._room, self._now + count)
        self._tell()

    def _tell(self) -> None:
        done = self._before + self._now
        left = None if self._seconds is None else max(0.0, self._seconds - self.seconds)
        if done > self.total / 10:
            left = self.seconds * (self.total - done) / done
        self._work.progress = Progress(self._text, done, self.total, left)
