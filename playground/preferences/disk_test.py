"""Does the disk keep what a killed process had stored? Tried before people are asked to judge."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from contextlib import closing
from pathlib import Path

from playground.errors import PlaygroundError

_LIMIT_S = 60
_WRITE_AND_DIE = """
import os, signal, sqlite3, sys
_, path, journal, word = sys.argv
connection = sqlite3.connect(path, isolation_level=None)
connection.execute(f"PRAGMA journal_mode={journal}")
connection.execute("PRAGMA synchronous=FULL")
connection.execute("CREATE TABLE kept (word)")
connection.execute("INSERT INTO kept VALUES (?)", (word,))
os.kill(os.getpid(), signal.SIGKILL)
"""


def check_disk(folder: Path, journal: str) -> None:
    """Write a row there in another process, kill it, open the file again. Raises: PlaygroundError where it is gone."""
    word = uuid.uuid4().hex
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix="disk-test-", ignore_cleanup_errors=True) as made:
            path = Path(made) / "kept.db"
            command = [sys.executable, "-I", "-c", _WRITE_AND_DIE, str(path), journal, word]
            child = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S)
            found = _read(path) if child.returncode == -signal.SIGKILL else child.stderr.strip()[-200:]
    except (OSError, sqlite3.Error, subprocess.TimeoutExpired) as error:
        found = str(error)
    if found != word:
        raise PlaygroundError(
            f"The disk under {folder} does not keep what is stored ({found or 'nothing was found again'}).",
            hint="Choices would be lost. Set PLAYGROUND_DATA_DIR to a folder on another disk, and start again.",
        )


def _read(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "".join(word for (word,) in connection.execute("SELECT word FROM kept"))
