"""Where answers and reports lie: answers by the weights that gave them, reports with their checkpoint."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

from playground.evaluation.report import Report, from_json, to_json
from playground.types import Checkpoint

MOST_MODELS = 60  # whose answers are kept; those asked longest ago go first


class AnswerFiles:
    """What checkpoints said, in folder/<fingerprint>/<name>.json."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, fingerprint: str, name: str) -> Any | None:
        """What was put there; None where nothing was, or it was broken off."""
        return _read(self._folder / _safe(fingerprint) / f"{_safe(name)}.json")

    def put(self, fingerprint: str, name: str, value: Any) -> None:
        """Keep a value that JSON can hold."""
        home = self._folder / _safe(fingerprint)
        if not home.exists():
            self._make_room()
        _write(home / f"{_safe(name)}.json", value)

    def _make_room(self) -> None:
        homes = sorted(self._folder.glob("*/"), key=lambda home: home.stat().st_mtime)
        for home in homes[: max(0, len(homes) - MOST_MODELS + 1)]:
            shutil.rmtree(home, ignore_errors=True)


class NothingKept:
    """Forgets at once: for what nobody will ask again."""

    def get(self, fingerprint: str, name: str) -> None:
        """Nothing."""

    def put(self, fingerprint: str, name: str, value: Any) -> None:
        """It is gone."""


class ReportFiles:
    """The reports of one checkpoint, in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, report: Report) -> None:
        """Keep the report; it takes the place of an older one to the same question about the same pair."""
        beside = f"-beside-{_safe(report.reference_fingerprint)}" if report.reference_fingerprint else ""
        _write(self._folder / f"{report.question}{beside}.json", to_json(report))

    def all(self, checkpoint: Checkpoint) -> list[Report]:
        """The reports made with the weights that it has now, the oldest first."""
        found = []
        for path in self._folder.glob("*.json"):
            try:
                found.append(from_json(_read(path)))
            except (KeyError, TypeError):  # broken off, or of another version
                continue
        return sorted((r for r in found if r.about(checkpoint)), key=lambda report: report.created_at)


def _read(path: Path) -> Any | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _write(path: Path, value: Any) -> None:
    """In one step, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.part")
    part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    os.replace(part, path)


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name) or "unnamed"
