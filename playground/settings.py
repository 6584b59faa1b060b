"""One frozen Settings, read from the environment once at start. A setting is one field."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from playground.hub_app import HubApp, read_hub_app
from playground.table_files import FileLimits

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
HOME = Path.home()
SPACE_DISK = Path("/data")  # where a Space's persistent storage is mounted
_GIVEN = {"given": True}  # of a field that the platform sets, by no variable of ours


@dataclass(frozen=True, slots=True)
class Settings:
    """PLAYGROUND_<FIELD IN CAPITALS> sets a field; an empty variable counts as unset."""

    data_dir: Path = ROOT / "data"  # runs, database, downloaded models
    storage: Literal["lasting", "temporary"] = "lasting"  # temporary: a restart loses the data folder, and pages say so
    model_dir: Path = HOME  # models of one's own are opened from within it only
    database_url: str = ""  # empty: SQLite in data_dir
    mirror: str = ""  # owner/name of a private Hub data set that what is made here is copied to
    mode: Literal["local", "demo", "workshop"] = (
        "local"  # demo: a workspace a browser; workshop: the host alone has one
    )
    host_password: str = field(default="", repr=False)  # makes the mode workshop, and whoever knows it the host
    owners: tuple[str, ...] = ()  # Hub user names: makes the mode workshop, and who signs in there as one the host
    hub_app: HubApp | None = field(default=None, metadata=_GIVEN)  # by which owners sign in
    host: str = "127.0.0.1"
    port: int = 7860
    threads: int = 0  # torch threads of the training process; 0: measured at start
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    zero_gpu: Literal["off", "on"] = "off"  # on: a GPU is lent call by call through the package `spaces`
    upload_mb: int = 50  # the largest file that is read
    upload_rows: int = 100_000  # the most rows of one file
    demo_preferences: int = 2000  # in demo mode, pairs that one browser may be shown or bring
    demo_runs: int = 20  # in demo mode, runs that one browser may keep
    demo_runs_at_once: int = 2  # of those, how many may wait or train
    demo_queue: int = 30  # in demo mode, how many runs of everybody may wait or train
    demo_minutes: int = 10  # in demo mode, the longest that one run may train
    demo_disk_mb: int = 500  # in demo mode, what the files of one browser may take
    demo_free_mb: int = 1000  # in demo mode, nothing more is written with less of the disk free than that
    demo_hours: int = 24  # in demo mode, everything is erased so long after the last thing was made

    @classmethod
    def from_environment(cls, environ: dict[str, str] | None = None) -> Settings:
        """Settings from PLAYGROUND_* variables, and from a Space's own.

        Raises: ValueError that names the variable when a value is not usable.
        """
        env = dict(os.environ if environ is None else environ)
        on_space = bool(env.get("SPACE_ID"))
        values: dict[str, object] = {"mode": "demo", "host": "0.0.0.0"} if on_space else {}
        if env.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true"):
            values["zero_gpu"] = "on"
        named = env.get("PLAYGROUND_DATA_DIR")
        if not named:
            values["data_dir"], values["storage"] = pick_data_dir(on_space)
        elif on_space and not Path(named).is_relative_to(SPACE_DISK):
            values["storage"] = "temporary"
        for f in fields(cls):
            text = env.get(f"PLAYGROUND_{f.name.upper()}", "")
            if text and "given" not in f.metadata:
                values[f.name] = _parse(f.name, str(f.type), text)
        if values.get("host_password") or values.get("owners"):
            values["mode"] = "workshop"
        return cls(**values | _signing_in(env, bool(values.get("owners"))))

    @property
    def upload_limits(self) -> FileLimits:
        """How much of an uploaded file is read."""
        return FileLimits(self.upload_mb, self.upload_rows)

    @property
    def for_this_machine_only(self) -> bool:
        """Whether no other machine reaches the page."""
        return self.host in ("localhost", "::1", "[::1]") or self.host.startswith("127.")

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.data_dir / 'playground.db'}"


def pick_data_dir(on_space: bool, mounted: Path = SPACE_DISK, beside: Path = ROOT / "data") -> tuple[Path, str]:
    """The data folder where none is named, and how long it lasts.

    A Space keeps only what lies on a disk of its own, where it has one. Where the app's folder cannot be written, the
    data lie among temporary files.
    """
    if on_space and mounted.is_mount() and os.access(mounted, os.W_OK):
        return mounted / "playground", "lasting"
    if os.access(beside if beside.exists() else beside.parent, os.W_OK):
        return beside, "temporary" if on_space else "lasting"
    return Path(tempfile.gettempdir()) / "alignment-playground", "temporary"


def _signing_in(env: dict[str, str], named: bool) -> dict[str, object]:
    """The app on the Hub and, where no owners are named, the Space's author as the one owner."""
    app, author = read_hub_app(env), env.get("SPACE_AUTHOR_NAME", "")
    if app is None and named:
        hint = "On a Space put `hf_oauth: true` at the head of its README; elsewhere set PLAYGROUND_HOST_PASSWORD."
        raise ValueError(f"PLAYGROUND_OWNERS is set, but nobody can sign in with Hugging Face here. {hint}")
    return {"hub_app": app} | ({"owners": (author,)} if app and author and not named else {})


def _parse(name: str, kind: str, text: str) -> object:
    variable = f"PLAYGROUND_{name.upper()}"
    if kind == "Path":
        return Path(text).expanduser().resolve()
    if kind == "int":
        if not text.lstrip("-").isdigit():
            raise ValueError(f"{variable} is {text!r}; a whole number is needed.")
        return int(text)
    if kind.startswith("tuple"):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind.startswith("Literal"):
        allowed = [part.strip(" \"'") for part in kind[len("Literal[") : -1].split(",")]
        if text not in allowed:
            raise ValueError(f"{variable} is {text!r}; one of {', '.join(allowed)} is needed.")
    return text
