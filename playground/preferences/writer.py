"""One thread that writes. Callers queue work; what waits together is committed together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from playground.errors import PlaygroundError
from playground.preferences.database import writing

T = TypeVar("T")
GROUP = 64  # jobs in one commit at most, so that nobody waits long for the others


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Connection], Any]
    done: Future = field(default_factory=Future)


class Writer:
    """Runs functions of a connection, one after another, in grouped transactions.

    A grouped commit costs one flush of the disk for all who wait. Each job has a savepoint, so one that fails takes
    nobody with it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="preference-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run work in a transaction; return its result once that is committed, or raise what it raised."""
        job = _Job(work)
        with self._door:
            if self._closed:
                raise PlaygroundError("The preference store is closed.", hint="Restart the app.")
            self._jobs.put(job)
        return job.done.result()

    def close(self) -> None:
        """Write what is queued, then stop. Closing twice is harmless."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        last = False
        while not last:
            group = [self._jobs.get()]
            while len(group) < GROUP and not self._jobs.empty():  # nobody else takes from it
                group.append(self._jobs.get())
            last = group[-1] is None
            if jobs := [job for job in group if job is not None]:
                self._commit(jobs)

    def _commit(self, group: list[_Job]) -> None:
        try:
            with writing(self._engine) as connection:
                outcomes = [_attempt(connection, job) for job in group]
        except Exception as error:  # nothing was committed: every caller is told, and the thread lives on
            outcomes = [error] * len(group)
        for job, outcome in zip(group, outcomes, strict=True):
            if isinstance(outcome, _Result):
                job.done.set_result(outcome.value)
            else:
                job.done.set_exception(outcome)


@dataclass(frozen=True, slots=True)
class _Result:
    value: Any


def _attempt(connection: Connection, job: _Job) -> _Result | Exception:
    savepoint = connection.begin_nested()
    try:
        value = job.work(connection)
        savepoint.commit()
    except Exception as error:  # raised again where the caller waits
        savepoint.rollback()
        return error
    return _Result(value)
