"""Where files are made that a visitor downloads."""

from __future__ import annotations

import time
from pathlib import Path

_KEPT_S = 3600.0


def downloads(data_dir: Path, workspace: str) -> Path:
    """The workspace's folder of downloads; those of more than an hour ago are cleared away."""
    folder = data_dir / "workspaces" / workspace / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > _KEPT_S:
            old.unlink(missing_ok=True)
    return folder
