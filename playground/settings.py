"""One frozen Settings, read from the environment once at start. A setting is one field."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from playground.table_files import FileLimits

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
HOME = Path.home()


@dataclass(frozen=True, slots=True)
class Settings:
    """PLAYGROUND_<FIELD IN CAPITALS> sets a field; an empty variable counts as unset."""

    data_dir: Path = ROOT / "data"  # runs, database, downloaded models
    model_dir: Path = HOME  # models of one's own are opened from within it only
    database_url: str = ""  # empty: SQLite in data_dir
    mode: Literal["local", "demo"] = "local"  # demo: every browser has a workspace of its own
    host: str = "127.0.0.1"
    port: int = 7860
    threads: int = 0  # torch threads of the training process; 0: measured at start
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    upload_mb: int = 50  # the largest file that is read
    upload_rows: int = 100_000  # the most rows of one file

    @classmethod
    def from_environment(cls, environ: dict[str, str] | None = None) -> Settings:
        """Settings from PLAYGROUND_* variables, and from a Space's own.

        Raises: ValueError that names the variable when a value is not usable.
        """
        env = dict(os.environ if environ is None else environ)
        on_space = bool(env.get("SPACE_ID"))
        values: dict[str, object] = {"mode": "demo", "host": "0.0.0.0"} if on_space else {}
        for f in fields(cls):
            text = env.get(f"PLAYGROUND_{f.name.upper()}", "")
            if text:
                values[f.name] = _parse(f.name, str(f.type), text)
        return cls(**values)

    @property
    def upload_limits(self) -> FileLimits:
        """How much of an uploaded file is read."""
        return FileLimits(self.upload_mb, self.upload_rows)

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.data_dir / 'playground.db'}"


def _parse(name: str, kind: str, text: str) -> object:
    variable = f"PLAYGROUND_{name.upper()}"
    if kind == "Path":
        return Path(text).expanduser().resolve()
    if kind == "int":
        if not text.lstrip("-").isdigit():
            raise ValueError(f"{variable} is {text!r}; a whole number is needed.")
        return int(text)
    if kind.startswith("Literal"):
        allowed = [part.strip(" \"'") for part in kind[len("Literal[") : -1].split(",")]
        if text not in allowed:
            raise ValueError(f"{variable} is {text!r}; one of {', '.join(allowed)} is needed.")
    return text
