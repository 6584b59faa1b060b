"""A PostgreSQL server of the tests' own, in a temporary folder, thrown away at their end."""

from __future__ import annotations

import getpass
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SOCKETS_ONLY = "-c listen_addresses='' -c fsync=off -c max_connections=60"


class NoServer(Exception):
    """Why there is no server here."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server."""

    folder: Path
    owner: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_database(self) -> str:
        """The address of an empty schema, which does as a database and is made sooner than one."""
        import psycopg

        name = f"room_{next(self._numbers)}"
        with psycopg.connect(host=str(self.folder), user=self.owner, dbname="postgres") as connection:
            connection.execute(f"create schema {name}")
        return f"postgresql://{self.owner}@/postgres?host={self.folder}&options=-csearch_path%3D{name}"


@contextmanager
def started() -> Iterator[Cluster]:
    """The server, until the end of the block. Raises: NoServer, with what to install."""
    programs, owner = _programs(), _owner()
    with tempfile.TemporaryDirectory(prefix="postgres-") as made:
        folder = Path(made)
        if owner != getpass.getuser():
            shutil.chown(folder, owner)
        data = folder / "data"
        _run(owner, programs / "initdb", "-D", data, "-U", owner, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} {SOCKETS_ONLY}"
        _run(owner, programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield Cluster(folder, owner)
        finally:
            _run(owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    named = shutil.which("initdb")
    if not found and named is None:
        raise NoServer("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent if found else Path(named).resolve().parent


def _owner() -> str:
    """Who runs the server: it refuses root."""
    return "postgres" if os.geteuid() == 0 else getpass.getuser()


def _run(owner: str, program: Path, *arguments: object) -> None:
    command = [str(program), *map(str, arguments)]
    if owner != getpass.getuser():
        command = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", *command]
    said = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/")
    if said.returncode:
        raise RuntimeError(f"{program.name}: {said.stderr}")
