"""Where files are made that a visitor downloads. Each is made anew for each download, so none is needed for long."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

_KEPT_S = 3600.0  # what is still being sent then is open, and is sent to its end


def downloads(data_dir: Path, workspace: str) -> Path:
    """The workspace's folder of downloads. Everybody's of more than an hour ago are cleared away."""
    clear_downloads(data_dir, _KEPT_S)
    folder = data_dir / "workspaces" / workspace / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def clear_downloads(data_dir: Path, older_than_s: float = 0.0) -> None:
    """Delete downloads of every workspace; without an age all of them, as at a start, when nobody fetches any."""
    for made in data_dir.glob("workspaces/*/exports/*"):
        with suppress(OSError):  # another has deleted it, or a system that locks open files is still sending it
            if time.time() - made.stat().st_mtime >= older_than_s:
                made.unlink()
