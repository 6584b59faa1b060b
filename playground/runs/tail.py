"""Runs as the page's process sees them: each run's events read once from its file and kept, however many follow."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from playground.errors import NotFound
from playground.events import Event, Phase, RunEnded, RunStarted, RunStatus, Saved, StepDone
from playground.runs.folder import RunFolder, read_line
from playground.runs.kept import KeptLines
from playground.runs.recorded import TITLES
from playground.types import Checkpoint, Json, RunSpec

_REFRESH_S = 0.05
_MOST_FOLLOWED = 24  # runs whose lines are held, a few megabytes each at most
_MOST_TAILS = 1000  # runs of which it is known how far they are read, a few kilobytes each


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
    cpu_seconds: float | None = 0.0  # of all parts that have ended; None: one was killed, and nobody knows
    peak_bytes: int = 0  # the most memory that a part held at once; 0: not known
    started_at: float | None = None  # when the part on its way began to train
    heard_at: float = 0.0  # when its last event was made
    events: int = 0  # how many this is made of

    @property
    def active(self) -> bool:
        """True while it waits or runs."""
        return self.status in ("waiting", "running")

    @property
    def unfinished_s(self) -> float:
        """Seconds that the part on its way had trained when it was last heard of."""
        return 0.0 if self.started_at is None else max(0.0, self.heard_at - self.started_at)


class RunTail:
    """One run's events, read as they are appended. Lines are held only while somebody follows, and of many a part."""

    def __init__(self, folder: RunFolder, on_read: Callable[[RunTail], None] = lambda tail: None) -> None:
        self.folder = folder
        self._on_read = on_read  # told when the lines are held anew
        self.count = 0  # events so far
        self.summary = RunSummary(_titled(folder.spec()), "waiting")
        self._offset = 0
        self._checked = 0.0
        self._kept: KeptLines | None = None
        self._lock = threading.Lock()

    @property
    def lines(self) -> list[str]:
        """The lines kept of all events so far."""
        return self.after(-1)[0]

    def after(self, seen: int) -> tuple[list[str], int]:
        """The lines kept of the events after number `seen`, and the number of the last event."""
        with self._lock:
            fresh = self._kept is None and seen < self.count - 1
            if fresh:
                self._kept = self._read_again()
            found = (self._kept.after(seen) if self._kept else []), self.count - 1
        if fresh:
            self._on_read(self)
        return found

    def refresh(self, force: bool = False) -> None:
        """Read what is new; at most every 50 ms whoever asks, unless forced."""
        with self._lock:
            now = time.monotonic()
            if not force and now - self._checked < _REFRESH_S:
                return
            self._checked = now
            for event, line in self._new_events():
                self.summary = replace(_apply(self.summary, event, self.folder), heard_at=event.time)
                if self._kept is not None:
                    self._kept.add(self.count, event, line)
                self.count += 1
            if self.summary.events != self.count:
                self.summary = replace(self.summary, events=self.count)

    def forget_lines(self) -> None:
        """Let go of the lines; whoever asks again has them read from the file."""
        with self._lock:
            self._kept = None

    def _read_again(self) -> KeptLines:
        kept = KeptLines()
        for number, (event, line) in enumerate(_events(self._bytes(0, self._offset))):
            kept.add(number, event, line)
        return kept

    def _new_events(self) -> Iterator[tuple[Event, str]]:
        data = self._bytes(self._offset)
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return _events(whole)

    def _bytes(self, begin: int, end: int | None = None) -> bytes:
        if not self.folder.events_path.exists():
            return b""
        with self.folder.events_path.open("rb") as file:
            file.seek(begin)
            return file.read() if end is None else file.read(end - begin)


def _titled(spec: RunSpec) -> RunSpec:
    """A recorded run by its title here, whatever it was called when it was recorded."""
    return replace(spec, name=TITLES.get(spec.id, spec.name))


def _events(data: bytes) -> Iterator[tuple[Event, str]]:
    """Each whole event with its line."""
    for line in data.decode(errors="replace").split("\n"):  # splitlines would cut at U+2028 too
        event = read_line(line)
        if event is not None:
            yield event, line


def _total(before: float | None, end: RunEnded) -> float | None:
    """Processor time so far; a part that was killed could not tell its own."""
    return None if before is None or end.status == "died" else before + end.cpu_seconds


def _apply(summary: RunSummary, event: Event, folder: RunFolder) -> RunSummary:
    if isinstance(event, RunStarted):
        return replace(summary, status="running", total_steps=event.total_steps, started_at=event.time)
    if isinstance(event, StepDone):
        return replace(summary, status="running", step=event.step, metrics=event.metrics)
    if isinstance(event, Saved):
        named = {"path": str(folder.checkpoint_path), "name": summary.spec.name or event.checkpoint.name}
        return replace(summary, checkpoint=replace(event.checkpoint, **named))
    if isinstance(event, RunEnded):
        took = summary.seconds_before + event.seconds
        return replace(
            summary,
            status=event.status,
            message=event.message,
            hint=event.hint,
            seconds=took,
            seconds_before=took,
            cpu_seconds=_total(summary.cpu_seconds, event),
            started_at=None,
            peak_bytes=max(summary.peak_bytes, event.peak_bytes),
        )
    return replace(summary, status="running") if isinstance(event, Phase) else summary


class RunShelf:
    """All runs of all workspaces: data_dir/workspaces/<workspace>/runs/<run>; and the recorded ones everybody sees."""

    def __init__(self, data_dir: Path, recorded: Path | None = None) -> None:
        self._root = Path(data_dir) / "workspaces"
        self._recorded = recorded
        self._tails: OrderedDict[tuple[str, str], RunTail] = OrderedDict()
        self._holding: deque[RunTail] = deque()  # those that hold lines, the newest last
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
                tail = self._tails[key] = RunTail(self.folder(workspace, run_id), self._holds_lines)
            self._tails.move_to_end(key)
            while len(self._tails) > _MOST_TAILS:
                self._tails.popitem(last=False)
        tail.refresh()
        return tail

    def summaries(self, workspace: str) -> list[RunSummary]:
        """All runs of the workspace, newest first."""
        found = [self.tail(workspace, name).summary for name in self._names(workspace)]
        return sorted(found, key=lambda s: s.spec.created_at, reverse=True)

    def forget(self, workspace: str, run_id: str) -> None:
        """The run's folder has changed or gone: whoever asks next has it read again."""
        with self._lock:
            self._tails.pop((workspace, run_id), None)

    def recorded_names(self) -> list[str]:
        """Ids of the recorded runs."""
        return _runs_in(self._recorded) if self._recorded else []

    def workspaces(self) -> list[str]:
        """Names of the workspaces that have a folder."""
        return sorted(p.name for p in self._root.iterdir() if p.is_dir()) if self._root.exists() else []

    def last_change(self, workspace: str) -> float:
        """When something in the workspace's folder was last written, in seconds since 1970; 0 where there is none."""
        return max((found.st_mtime for found in self._stats(workspace)), default=0.0)

    def size(self, workspace: str) -> int:
        """Bytes of all files of the workspace."""
        return sum(found.st_size for found in self._stats(workspace) if stat.S_ISREG(found.st_mode))

    def erase(self, workspace: str) -> None:
        """Remove the workspace's folder."""
        with self._lock:
            for key in [key for key in self._tails if key[0] == workspace]:
                del self._tails[key]
        shutil.rmtree(self._root / workspace, ignore_errors=True)

    def _stats(self, workspace: str) -> Iterator[os.stat_result]:
        root = self._root / workspace
        for folder, _, names in os.walk(root):  # which passes over what a trainer takes away meanwhile
            for name in (".", *names):
                with contextlib.suppress(FileNotFoundError):
                    yield os.stat(os.path.join(folder, name))

    def _holds_lines(self, tail: RunTail) -> None:
        """The tail has read its lines; the one that did so longest ago lets go of its own."""
        with self._lock:
            self._holding.append(tail)
            idle = self._holding.popleft() if len(self._holding) > _MOST_FOLLOWED else None
        if idle is not None:
            idle.forget_lines()

    def _names(self, workspace: str) -> list[str]:
        return _runs_in(self._root / workspace / "runs")


def _runs_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if (p / "config.json").exists()) if folder.exists() else []


def step_rows(lines: list[str]) -> list[Json]:
    """The StepDone lines as {"step", **metrics} rows."""
    rows: list[Json] = []
    for event in (json.loads(line) for line in lines if '"kind": "StepDone"' in line[:40]):
        while rows and rows[-1]["step"] >= event["step"]:
            rows.pop()  # a resumed run goes back to its last save
        rows.append({"step": event["step"], **event["metrics"]})
    return rows
