"""Runs on their way to the trainer and back: posted, stopped, closed where the process died."""

from __future__ import annotations

import threading

from playground.errors import PlaygroundError
from playground.events import RunEnded
from playground.runs.process import Pending, WorkerProcess
from playground.runs.tail import RunShelf
from playground.types import Checkpoint, RunSpec

_KEPT = "What it had saved is kept. Press Resume to go on from there."


class TrainingQueue:
    """One run trains at a time; the others wait in the trainer's own queue."""

    def __init__(self, trainer: WorkerProcess, shelf: RunShelf) -> None:
        self._trainer = trainer
        self._shelf = shelf
        self._pending: dict[tuple[str, str], Pending] = {}
        self._lock = threading.Lock()

    def add(self, spec: RunSpec, lineage: list[Checkpoint]) -> None:
        """Send a run to the trainer; returns at once."""
        folder = self._shelf.folder(spec.workspace, spec.id)
        folder.write_spec(spec)
        pending = self._trainer.post("train", folder=folder.path, lineage=lineage)
        with self._lock:
            self._pending[spec.workspace, spec.id] = pending
        threading.Thread(target=self._wait, args=(spec, pending), daemon=True).start()

    def holds(self, workspace: str, run_id: str) -> bool:
        """Whether that run waits or trains."""
        with self._lock:
            return (workspace, run_id) in self._pending

    def stop(self, workspace: str, run_id: str) -> None:
        """Ask the run to end within a step."""
        with self._lock:
            pending = self._pending.get((workspace, run_id))
        if pending:
            pending.cancel()

    def close_orphans(self) -> None:
        """End the runs that an earlier process left open."""
        for workspace in self._shelf.workspaces():
            for summary in self._shelf.summaries(workspace):
                if summary.active:
                    message = "The playground was closed while this run went on."
                    hint = "Press Resume to go on from its last save."
                    self._shelf.folder(workspace, summary.spec.id).append(RunEnded("died", message=message, hint=hint))

    def _wait(self, spec: RunSpec, pending: Pending) -> None:
        try:
            pending.result()
        except PlaygroundError:
            folder = self._shelf.folder(spec.workspace, spec.id)
            if folder.ended() is None:
                folder.append(RunEnded("died", message="The training process was killed or crashed.", hint=_KEPT))
        finally:
            with self._lock:
                self._pending.pop((spec.workspace, spec.id), None)
