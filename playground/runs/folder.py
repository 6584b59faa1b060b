"""A run's folder: config.json, data.jsonl, events.jsonl (append only), checkpoint/. Any page can replay it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import TypeVar

from playground.events import Event, RunEnded, from_line, to_line
from playground.types import Checkpoint, Json, RunSpec

Record = TypeVar("Record", RunSpec, Checkpoint)


class RunFolder:
    """The files of one run. A line half written (a full disk, a kill) is closed off and left out by every reader."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @property
    def events_path(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def data_path(self) -> Path:
        return self.path / "data.jsonl"

    @property
    def checkpoint_path(self) -> Path:
        return self.path / "checkpoint"

    @property
    def resume_path(self) -> Path:
        """Optimiser, generator and position, for going on after a stop."""
        return self.path / "resume"

    def create(self, spec: RunSpec, rows: list[Json]) -> None:
        """Make the folder with the run's specification and its frozen data."""
        self.path.mkdir(parents=True)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self.data_path.write_text(lines, encoding="utf-8")
        self.write_spec(spec)

    def write_spec(self, spec: RunSpec) -> None:
        """Replace config.json in one step."""
        temporary = self.path / "config.json.part"
        temporary.write_text(json.dumps(asdict(spec), indent=2, ensure_ascii=False), encoding="utf-8")
        os.replace(temporary, self.path / "config.json")

    def spec(self) -> RunSpec:
        """The run's specification. Raises FileNotFoundError where there is none."""
        raw = json.loads((self.path / "config.json").read_text(encoding="utf-8"))
        raw["start"] = _known(Checkpoint, raw["start"])
        raw["reward"] = _known(Checkpoint, raw["reward"]) if raw["reward"] else None
        return _known(RunSpec, raw)

    def delete(self) -> None:
        """Remove the folder. Without its specification it is no run any more, so that goes first."""
        (self.path / "config.json").unlink()
        shutil.rmtree(self.path)

    def preference_ids(self) -> list[str]:
        """Of the frozen data, which judgments the preferences came from."""
        return [row["id"] for row in self.rows() if row["kind"] == "Preference"]

    def forget_rows(self, judgments: Collection[str]) -> None:
        """Take what came from these judgments out of the frozen data for good, in one step."""
        kept = [row for row in self.rows() if row.get("id") not in judgments]
        temporary = self.path / "data.jsonl.part"
        temporary.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")
        os.replace(temporary, self.data_path)

    def rows(self) -> list[Json]:
        """The frozen data, one dict a row."""
        with self.data_path.open(encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def append(self, event: Event) -> None:
        """Append one event in a single write. Raises OSError when it did not fit whole on the disk."""
        data = (to_line(event) + "\n").encode()
        descriptor = os.open(self.events_path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            if self._broken_off(descriptor):
                data = b"\n" + data
            if os.write(descriptor, data) < len(data):
                raise OSError(f"{self.events_path} could not be written: the disk is full.")
        finally:
            os.close(descriptor)

    @staticmethod
    def _broken_off(descriptor: int) -> bool:
        """Whether the file ends in the middle of a line."""
        size = os.lseek(descriptor, 0, os.SEEK_END)
        return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"

    @contextlib.contextmanager
    def new_checkpoint(self) -> Iterator[Path]:
        """A folder to write a checkpoint into. It takes the last one's place only once it is whole."""
        fresh, last = self.path / "checkpoint.part", self.path / "checkpoint.old"
        for folder in (fresh, last):
            shutil.rmtree(folder, ignore_errors=True)
        yield fresh
        if self.checkpoint_path.exists():
            os.replace(self.checkpoint_path, last)
        os.replace(fresh, self.checkpoint_path)
        shutil.rmtree(last, ignore_errors=True)

    def events(self) -> Iterator[Event]:
        """All events so far; lines that are not whole are left out."""
        if not self.events_path.exists():
            return
        with self.events_path.open("rb") as file:
            for line in file:
                event = read_line(line.decode(errors="replace")) if line.endswith(b"\n") else None
                if event is not None:
                    yield event

    def ended(self) -> RunEnded | None:
        """The closing event, or None while the run goes on."""
        last = None
        for event in self.events():
            last = event
        return last if isinstance(last, RunEnded) else None


def _known(cls: type[Record], row: Json) -> Record:
    """The dataclass of a row that another version of the playground may have written: what it does not know is left."""
    names = {field.name for field in fields(cls)}
    return cls(**{name: value for name, value in row.items() if name in names})


def read_line(line: str) -> Event | None:
    """The event of one line, None where the line was broken off."""
    try:
        return from_line(line)
    except (ValueError, KeyError, TypeError):
        return None
