"""Runs as the page's process sees them: each run's events read once from its file and kept, however many follow."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from playground.errors import NotFound
from playground.events import Event, Phase, RunEnded, RunStarted, RunStatus, Saved, StepDone
from playground.runs.folder import RunFolder, read_line
from playground.types import Checkpoint, Json, RunSpec

_REFRESH_S = 0.05


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Where a run stands."""

    spec: RunSpec
    status: RunStatus
    step: int = 0
    total_steps: int = 0
    metrics: Json | None = None  # of the last step
    checkpoint: Checkpoint | None = None  # the last one saved
    message: str = ""
    hint: str = ""
    seconds: float = 0.0  # of training, all parts of a resumed run together
    seconds_before: float = 0.0  # of the parts that have ended

    @property
    def active(self) -> bool:
        """True while it waits or runs."""
        return self.status in ("waiting", "running")


class RunTail:
    """One run's events, read as they are appended."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.summary = RunSummary(folder.spec(), "waiting")
        self._offset = 0
        self._checked = 0.0
        self._lock = threading.Lock()

    def refresh(self, force: bool = False) -> None:
        """Read what is new; at most every 50 ms whoever asks, unless forced."""
        with self._lock:
            now = time.monotonic()
            if not force and now - self._checked < _REFRESH_S:
                return
            self._checked = now
            for line in self._new_lines():
                event = read_line(line)
                if event is not None:
                    self.lines.append(line)
                    self.summary = _apply(self.summary, event, self.folder)

    def _new_lines(self) -> list[str]:
        if not self.folder.events_path.exists():
            return []
        with self.folder.events_path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode(errors="replace").split("\n")[:-1]  # splitlines would cut at U+2028 too


def _apply(summary: RunSummary, event: Event, folder: RunFolder) -> RunSummary:
    if isinstance(event, RunStarted):
        return replace(summary, status="running", total_steps=event.total_steps)
    if isinstance(event, StepDone):
        return replace(summary, status="running", step=event.step, metrics=event.metrics)
    if isinstance(event, Saved):
        return replace(summary, checkpoint=replace(event.checkpoint, path=str(folder.checkpoint_path)))
    if isinstance(event, RunEnded):
        took = summary.seconds_before + event.seconds
        return replace(
            summary, status=event.status, message=event.message, hint=event.hint, seconds=took, seconds_before=took
        )
    return replace(summary, status="running") if isinstance(event, Phase) else summary


class RunShelf:
    """All runs of all workspaces: data_dir/workspaces/<workspace>/runs/<run>; and the recorded ones everybody sees."""

    def __init__(self, data_dir: Path, recorded: Path | None = None) -> None:
        self._root = Path(data_dir) / "workspaces"
        self._recorded = recorded
        self._tails: dict[tuple[str, str], RunTail] = {}
        self._lock = threading.Lock()

    def folder(self, workspace: str, run_id: str) -> RunFolder:
        """The folder of that run, whether or not it is there."""
        if self._recorded and run_id in self.recorded_names():
            return RunFolder(self._recorded / run_id)
        return RunFolder(self._root / workspace / "runs" / run_id)

    def tail(self, workspace: str, run_id: str) -> RunTail:
        """The run's tail, refreshed. Raises NotFound when the workspace has no such run."""
        key = ("" if run_id in self.recorded_names() else workspace, run_id)
        with self._lock:
            tail = self._tails.get(key)
            if tail is None:
                if run_id not in self._names(workspace) and run_id not in self.recorded_names():
                    raise NotFound(f"There is no run {run_id!r} here.", hint="Choose one in the Runs tab.")
                tail = self._tails[key] = RunTail(self.folder(workspace, run_id))
        tail.refresh()
        return tail

    def summaries(self, workspace: str) -> list[RunSummary]:
        """All runs of the workspace, newest first."""
        found = [self.tail(workspace, name).summary for name in self._names(workspace)]
        return sorted(found, key=lambda s: s.spec.created_at, reverse=True)

    def recorded_names(self) -> list[str]:
        """Ids of the recorded runs."""
        return _runs_in(self._recorded) if self._recorded else []

    def workspaces(self) -> list[str]:
        """Names of the workspaces that have a folder."""
        return sorted(p.name for p in self._root.iterdir() if p.is_dir()) if self._root.exists() else []

    def _names(self, workspace: str) -> list[str]:
        return _runs_in(self._root / workspace / "runs")


def _runs_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if (p / "config.json").exists()) if folder.exists() else []


def thinned(lines: list[str], most: int = 3000) -> list[str]:
    """The lines with at most about `most` StepDone lines among them, evenly spaced; all others stay."""
    steps = [i for i, line in enumerate(lines) if '"kind": "StepDone"' in line[:40]]
    if len(steps) <= most:
        return lines
    stride = -(-len(steps) // most)
    drop = set(steps) - set(steps[::stride]) - {steps[-1]}
    return [line for i, line in enumerate(lines) if i not in drop]


def step_rows(lines: list[str]) -> list[Json]:
    """The StepDone lines as {"step", **metrics} rows."""
    rows: list[Json] = []
    for event in (json.loads(line) for line in lines if '"kind": "StepDone"' in line[:40]):
        while rows and rows[-1]["step"] >= event["step"]:
            rows.pop()  # a resumed run goes back to its last save
        rows.append({"step": event["step"], **event["metrics"]})
    return rows
