"""Opens the database an address names: SQLite on this machine's disk, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError

from playground.errors import PlaygroundError
from playground.preferences import tables

BUSY_TIMEOUT_S = 30
NETWORK_DISKS = ("nfs", "cifs", "smb", "9p", "fuse.", "ceph", "glusterfs", "lustre", "afs")
_HINT = "Set PLAYGROUND_DATABASE_URL to sqlite:///a/path.db or postgresql+psycopg://user:password@host/name."


def open_engine(url: str) -> Engine:
    """An engine whose writers take the lock first. Raises: PlaygroundError that says what to mend in the address."""
    try:
        address = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError as error:
        raise PlaygroundError("The database address cannot be read.", hint=_HINT) from error
    backend = address.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(address)
    if backend != "postgresql":
        raise PlaygroundError(f"The database is {backend}; SQLite or PostgreSQL is needed.", hint=_HINT)
    try:
        return create_engine(address, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise PlaygroundError(
            f"PostgreSQL needs the Python package {error.name}.", hint="Run: pip install 'psycopg[binary]'"
        ) from error


def create_tables(connection: Connection) -> None:
    """Create what is missing, and bring an older database up to date.

    Raises: PlaygroundError where the database is of a version that this program does not know.
    """
    tables.metadata.create_all(connection)
    version = connection.scalar(select(tables.schema_version.c.version))
    if version is None:
        connection.execute(insert(tables.schema_version).values(version=tables.SCHEMA_VERSION, created_at=0.0))
        return
    while version in tables.MIGRATIONS:
        for statement in tables.MIGRATIONS[version]:
            connection.exec_driver_sql(statement)
        version += 1
        connection.execute(update(tables.schema_version).values(version=version))
    if version != tables.SCHEMA_VERSION:
        raise PlaygroundError(
            f"The database has schema version {version}; this program reads version {tables.SCHEMA_VERSION}.",
            hint="Start with another data folder, or use the version of the playground that wrote this one.",
        )


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that takes SQLite's write lock before it reads; writers that read first fail as locked."""
    with engine.connect().execution_options(begin="BEGIN IMMEDIATE") as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction whose statements all see the same moment. Raises: PlaygroundError where the database gives none."""
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
    except DBAPIError as error:
        raise PlaygroundError(
            f"The database cannot be read: {error.orig}",
            hint="Look whether its disk is there and whether it can be reached, then try again.",
        ) from error


def is_network_disk(path: Path, mounts: str) -> bool:
    """Whether path lies on a network file system, where SQLite's WAL corrupts. mounts is the text of /proc/mounts."""
    best, kind = "", ""
    for line in mounts.splitlines():
        _, point, this_kind, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, this_kind
    return kind.startswith(NETWORK_DISKS)


def journal_for(path: Path) -> str:
    """How SQLite keeps a half-written change there."""
    mounts = Path("/proc/mounts")
    network = mounts.exists() and is_network_disk(path, mounts.read_text(errors="replace"))
    return "DELETE" if network else "WAL"


def _open_sqlite(address: URL) -> Engine:
    if not address.database or address.database == ":memory:" or "mode=memory" in address.database:
        raise PlaygroundError("A database in memory loses every judgment at the end.", hint=_HINT)
    path = Path(address.database).expanduser().resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = journal_for(path)
    engine = create_engine(address.set(database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def prepare(connection, _record) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("PRAGMA synchronous=FULL")  # an acknowledged judgment also survives a power cut
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten in the file
        connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows only A to Z

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text
