"""The one training queue: a run trains, the others wait in order, and each can be told its place."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass

from playground.errors import PlaygroundError
from playground.events import RunEnded, Warned
from playground.runs.process import Pending, WorkerProcess
from playground.runs.tail import RunShelf
from playground.types import Checkpoint, RunSpec

_KEPT = (
    "What it had saved is kept. Press Resume to go on from there. Where this happens again, the memory may have run "
    "out: start it anew with fewer rows at once, or with an adapter (lora)."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting run stands."""

    ahead: int  # runs that come before it, the one in training among them
    wait_s: float | None  # until it begins, by the estimates; None where one of them is not known


@dataclass(slots=True, eq=False)
class _Turn:
    """A run in the queue; it trains from the moment it has a pending answer."""

    spec: RunSpec
    lineage: list[Checkpoint]
    pending: Pending | None = None
    began: float = 0.0


class TrainingQueue:
    """One run trains at a time; the others wait here, so that one that is stopped while it waits ends at once.

    limit_s: a run that trains longer is stopped, and keeps what it learned; None: no limit.
    """

    def __init__(self, trainer: WorkerProcess, shelf: RunShelf, limit_s: float | None = None) -> None:
        self._trainer = trainer
        self._shelf = shelf
        self._limit_s = limit_s
        self._turns: list[_Turn] = []
        self._lock = threading.Lock()

    def add(self, spec: RunSpec, lineage: list[Checkpoint]) -> None:
        """Put a run at the end; returns at once."""
        self._shelf.folder(spec.workspace, spec.id).write_spec(spec)
        with self._lock:
            self._turns.append(_Turn(spec, lineage))
            if len(self._turns) == 1:
                self._begin(self._turns[0])

    def holds(self, workspace: str, run_id: str) -> bool:
        """Whether that run waits or trains."""
        with self._lock:
            return self._find(workspace, run_id) is not None

    def count(self, workspace: str | None = None) -> int:
        """How many runs wait or train; of that workspace, or of everybody."""
        with self._lock:
            return sum(workspace in (None, turn.spec.workspace) for turn in self._turns)

    def place(self, workspace: str, run_id: str) -> Place | None:
        """Where that run stands; None where it trains already, or is not here."""
        with self._lock:
            turn = self._find(workspace, run_id)
            if turn is None or turn.pending is not None:
                return None
            before = self._turns[: self._turns.index(turn)]
        waits = [_seconds_left(other) for other in before]
        return Place(len(before), None if None in waits else sum(waits))

    def stop(self, workspace: str, run_id: str) -> None:
        """Ask the run to end within a step; one that still waits ends at once."""
        with self._lock:
            turn = self._find(workspace, run_id)
            if turn is None:
                return
            if turn.pending is None:
                self._turns.remove(turn)
        if turn.pending is None:
            self._shelf.folder(workspace, run_id).append(RunEnded("stopped"))
        else:
            turn.pending.cancel()

    def close_orphans(self) -> None:
        """End the runs that an earlier process left open."""
        for workspace in self._shelf.workspaces():
            for summary in self._shelf.summaries(workspace):
                if summary.active:
                    message = "The playground was closed while this run went on."
                    hint = "Press Resume to go on from its last save."
                    ended = RunEnded("died", message=message, hint=hint, seconds=summary.unfinished_s)
                    self._shelf.folder(workspace, summary.spec.id).append(ended)

    def _find(self, workspace: str, run_id: str) -> _Turn | None:
        return next((t for t in self._turns if (t.spec.workspace, t.spec.id) == (workspace, run_id)), None)

    def _begin(self, turn: _Turn) -> None:
        folder = self._shelf.folder(turn.spec.workspace, turn.spec.id)
        turn.pending = self._trainer.post("train", folder=folder.path, lineage=turn.lineage)
        turn.began = time.monotonic()
        threading.Thread(target=self._wait, args=(turn,), daemon=True).start()

    def _wait(self, turn: _Turn) -> None:
        folder = self._shelf.folder(turn.spec.workspace, turn.spec.id)
        try:
            self._result(turn)
        except PlaygroundError:
            if folder.ended() is None:
                message = "The training process was killed or crashed."
                tail = self._shelf.tail(turn.spec.workspace, turn.spec.id)
                tail.refresh(force=True)
                folder.append(RunEnded("died", message=message, hint=_KEPT, seconds=tail.summary.unfinished_s))
        finally:
            with self._lock:
                self._turns.remove(turn)
                if self._turns:
                    self._begin(self._turns[0])

    def _result(self, turn: _Turn) -> None:
        """Wait for the run's end; past the limit ask for it."""
        try:
            return turn.pending.result(timeout=self._limit_s)
        except queue.Empty:
            text = (
                f"A run may train for {self._limit_s / 60:.0f} minutes here, because others wait for their turn. "
                "It was stopped, and what it had learned is kept."
            )
            turn.pending.cancel()
            tail = self._shelf.tail(turn.spec.workspace, turn.spec.id)
            if tail.summary.active:
                tail.folder.append(Warned(tail.summary.step, "time_limit", text))
        return turn.pending.result()


def _seconds_left(turn: _Turn) -> float | None:
    """Of a run that trains or waits, by its estimate; None where it has none."""
    if turn.spec.estimate_s is None:
        return None
    return max(0.0, turn.spec.estimate_s - (time.monotonic() - turn.began if turn.pending else 0.0))
