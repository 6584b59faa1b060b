"""A run's folder: config.json, data.jsonl, events.jsonl (append only), checkpoint/. Any page can replay it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from playground.events import Event, RunEnded, from_line, to_line
from playground.types import Checkpoint, Json, RunSpec


class RunFolder:
    """The files of one run. Appending is atomic per line; reading copes with a line half written."""

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
        raw["start"] = Checkpoint(**raw["start"])
        raw["reward"] = Checkpoint(**raw["reward"]) if raw["reward"] else None
        return RunSpec(**raw)

    def rows(self) -> list[Json]:
        """The frozen data, one dict a row."""
        with self.data_path.open(encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def append(self, event: Event) -> None:
        """Append one event in a single write."""
        data = (to_line(event) + "\n").encode()
        descriptor = os.open(self.events_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def events(self) -> Iterator[Event]:
        """All events so far; a last line that is not complete is left out."""
        if not self.events_path.exists():
            return
        with self.events_path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield from_line(line.decode())

    def ended(self) -> RunEnded | None:
        """The closing event, or None while the run goes on."""
        last = None
        for event in self.events():
            last = event
        return last if isinstance(last, RunEnded) else None
