"""A copy of what is made here in a private data set on the Hub, for machines whose disk a restart wipes.

The database goes as one file, an ended run as its folder without the state for resuming, sweeps and reports as the
files they are. An empty data folder is filled from
the copy at start. Whatever cannot be settled then stops the copying: nothing there is overwritten by mistake.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from playground.errors import NotAllowed, PlaygroundError
from playground.preferences.store import PreferenceStore
from playground.runs.folder import RunFolder
from playground.runs.tail import RunShelf
from playground.workbench.hub_repository import HubRepository

DATABASE = "playground.db"
WORKSPACES = "workspaces"
KEPT = ("sweeps/*.json", "hacks/*.json", "evaluation/reports/*/*.json")  # of a workspace, beside its runs
_EVERY_S = 300.0
_MARK = "mirror.json"  # what was copied last, and where to
Signature = list[int]  # size and time of change: what tells that a file is another one


class Mirror:
    """Reads back once, then copies what has changed every five minutes."""

    def __init__(self, repository: HubRepository, data_dir: Path, clock: Callable[[], float] = time.time) -> None:
        self._repository = repository
        self._data_dir = data_dir
        self._clock = clock
        self._copied: dict[str, Signature] = {}
        self._copied_at: float | None = None
        self._failure: PlaygroundError | None = None
        self._settled = False
        self._over = threading.Event()
        self._busy = threading.Lock()

    def read_back(self) -> None:
        """Fill an empty data folder from the copy. Call it before anything opens the database. Never raises."""
        try:
            self._repository.settle()
            self._take_up()
            self._settled = True
        except PlaygroundError as error:
            self._failure = error

    def start(self, store: PreferenceStore, shelf: RunShelf) -> None:
        """Copy now and then from now on; returns at once."""
        threading.Thread(target=self._watch, args=(store, shelf), name="mirror", daemon=True).start()

    def close(self) -> None:
        """Copy no more."""
        self._over.set()

    def copy(self, store: PreferenceStore, shelf: RunShelf) -> None:
        """Bring the copy up to date. Never raises: note() says what went wrong."""
        if not self._settled:
            return
        with self._busy:
            try:
                with tempfile.TemporaryDirectory() as scratch:
                    self._send(self._files(store, shelf, Path(scratch)))
                self._failure, self._copied_at = None, self._clock()
            except PlaygroundError as error:
                self._failure = error
            except OSError as error:  # the disk is full, or a file went while it was looked at
                self._failure = PlaygroundError(f"A file could not be read or written: {error}")

    @property
    def good(self) -> bool:
        """Whether what was made some minutes ago is copied."""
        return self._settled and self._failure is None

    def note(self) -> str:
        """How old the copy is and what is wrong with it, for the page."""
        age = "" if self._copied_at is None else f" {_ago(self._clock() - self._copied_at)}"
        if self._failure is None:
            last = f"copied{age}" if age else "copied for the first time in a few minutes"
            return (
                f"Preferences, ended runs, sweeps and reports are {last} to {self._repository.name} on the Hub, and "
                "read back at start."
            )
        since = f"The last copy was made{age}." if age else "There is no copy of what is made now."
        problem = f"{self._failure.message} {self._failure.hint}".strip()
        return f"What is made here is not being copied to {self._repository.name}: {problem} {since}"

    def _take_up(self) -> None:
        """Read back into an empty folder; go on where the last process left off; refuse to mix two playgrounds."""
        mark = self._data_dir / _MARK
        if mark.exists():
            last = json.loads(mark.read_text(encoding="utf-8"))
            if last["repository"] == self._repository.name:
                self._copied = last["files"]
                return
        there = [name for name in self._repository.files() if name == DATABASE or name.startswith(f"{WORKSPACES}/")]
        if not there:
            return
        if (self._data_dir / DATABASE).exists():
            raise NotAllowed(
                f"{self._repository.name} holds another playground than this data folder.",
                hint="Name another data set in PLAYGROUND_MIRROR, or start with an empty data folder.",
            )
        self._repository.read([DATABASE, f"{WORKSPACES}/*"], self._data_dir)
        self._remember({name: _signature(self._data_dir / name) for name in there})

    def _files(self, store: PreferenceStore, shelf: RunShelf, scratch: Path) -> dict[str, tuple[Path, Signature]]:
        """Name in the copy -> the file, and what tells whether it has changed."""
        found = {}
        source = self._data_dir / DATABASE
        if source.exists():
            found[DATABASE] = scratch / DATABASE, _signature(source, source.with_name(f"{DATABASE}-wal"))
            if self._copied.get(DATABASE) != found[DATABASE][1]:
                store.copy_to(scratch / DATABASE)
        for workspace in shelf.workspaces():
            found |= self._beside_the_runs(workspace)
            for summary in shelf.summaries(workspace):
                folder = shelf.folder(workspace, summary.spec.id)
                found |= self._as_copied(folder) if summary.active else self._as_it_is(folder)
        return found

    def _beside_the_runs(self, workspace: str) -> dict[str, tuple[Path, Signature]]:
        home = self._data_dir / WORKSPACES / workspace
        return self._listed(path for pattern in KEPT for path in home.glob(pattern))

    def _as_it_is(self, folder: RunFolder) -> dict[str, tuple[Path, Signature]]:
        return self._listed(p for p in folder.path.rglob("*") if p.is_file() and folder.resume_path not in p.parents)

    def _listed(self, paths: Iterable[Path]) -> dict[str, tuple[Path, Signature]]:
        return {str(path.relative_to(self._data_dir)): (path, _signature(path)) for path in paths}

    def _as_copied(self, folder: RunFolder) -> dict[str, tuple[Path, Signature]]:
        """Of a run that goes on, what was copied before it was resumed: that stays until it has ended again."""
        inside = f"{folder.path.relative_to(self._data_dir)}{os.sep}"
        copied = ((name, signature) for name, signature in self._copied.items() if name.startswith(inside))
        return {name: (self._data_dir / name, signature) for name, signature in copied}

    def _send(self, files: dict[str, tuple[Path, Signature]]) -> None:
        now = {name: signature for name, (_, signature) in files.items()}
        add = {name: files[name][0] for name in now if self._copied.get(name) != now[name]}
        remove = sorted(set(self._copied) - set(now))
        if add or remove:
            self._repository.write(add, remove, f"{len(add)} files changed, {len(remove)} removed")
        self._remember(now)

    def _remember(self, copied: dict[str, Signature]) -> None:
        self._copied = copied
        text = json.dumps({"repository": self._repository.name, "files": copied})
        part = self._data_dir / f"{_MARK}.part"
        part.write_text(text, encoding="utf-8")
        os.replace(part, self._data_dir / _MARK)

    def _watch(self, store: PreferenceStore, shelf: RunShelf) -> None:
        while not self._over.wait(_EVERY_S):
            self.copy(store, shelf)


def _signature(*paths: Path) -> Signature:
    return [number for path in paths if path.exists() for number in (path.stat().st_size, path.stat().st_mtime_ns)]


def _ago(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute ago"
    if minutes < 120:
        return f"{minutes} minute{'s' if minutes > 1 else ''} ago"
    return f"{minutes / 60:.0f} hours ago"
