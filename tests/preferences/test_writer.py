from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, text

from playground.errors import PlaygroundError
from playground.preferences.database import open_engine, reading
from playground.preferences.store import PreferenceStore
from playground.preferences.writer import Writer

VOTER = Path(__file__).parent / "vote_until_killed.py"
ROOT = VOTER.parent.parent.parent


@pytest.fixture
def engine(url):
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine):
    writer = Writer(engine)
    writer.run(lambda connection: connection.execute(text("create table box (value text unique)")))
    yield writer
    writer.close()


def put(value):
    return lambda connection: connection.execute(text("insert into box values (:value)"), {"value": value}).rowcount


def boxed(engine):
    with reading(engine) as connection:
        return sorted(connection.scalars(text("select value from box")))


def hold(writer):
    """Keeps the writer busy until the returned event is set, so that jobs pile up behind it."""
    go, held = threading.Event(), threading.Event()

    def wait(connection):
        held.set()
        assert go.wait(10)

    thread = threading.Thread(target=writer.run, args=(wait,))
    thread.start()
    assert held.wait(10)
    return go


def test_every_acknowledged_judgment_is_there_after_kill_9(url):
    acknowledged = []
    for enough in (150, 60, 5):
        command = [sys.executable, str(VOTER), url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}) as child:
            try:
                acknowledged += [child.stdout.readline().decode().strip() for _ in range(enough)]
            finally:
                child.send_signal(signal.SIGKILL)
            acknowledged += child.stdout.read().decode().split()
        assert child.returncode == -signal.SIGKILL  # it was at work, not at its end
    store = PreferenceStore(url)
    found = {row.id for row in store.rows("room", limit=10**6)}
    store.close()
    assert len(acknowledged) >= 215
    assert set(acknowledged) <= found


def test_a_result_is_returned_only_once_other_connections_see_it(engine, writer):
    for value in "abc":
        assert writer.run(put(value)) == 1
        assert value in boxed(engine)


def test_jobs_that_wait_together_are_committed_together(engine, writer):
    commits = []
    event.listen(engine, "commit", commits.append)
    go = hold(writer)
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(writer.run, put(str(i))) for i in range(20)]
        while writer._jobs.qsize() < 20:
            pass
        go.set()
        assert [job.result(10) for job in waiting] == [1] * 20
    assert len(commits) == 2  # the one that held the writer, and all twenty


def test_a_job_that_fails_takes_nobody_with_it(engine, writer):
    go = hold(writer)

    def half_done(connection):
        put("half")(connection)
        raise LookupError("in the middle")

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(writer.run, work) for work in (put("before"), half_done, put("after"))]
        while writer._jobs.qsize() < 3:
            pass
        go.set()
        with pytest.raises(LookupError, match="in the middle"):
            jobs[1].result(10)
        assert [jobs[0].result(10), jobs[2].result(10)] == [1, 1]
    assert boxed(engine) == ["after", "before"]


def test_a_commit_that_fails_is_told_to_the_caller_and_the_next_works(engine, writer):
    def fail(connection):
        event.remove(engine, "commit", fail)
        raise OSError("disk full")

    event.listen(engine, "commit", fail)
    with pytest.raises(OSError, match="disk full"):
        writer.run(put("lost"))
    writer.run(put("kept"))
    assert boxed(engine) == ["kept"]


def test_close_writes_what_was_queued_and_refuses_what_comes_later(engine, writer):
    go = hold(writer)
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(writer.run, put(str(i))) for i in range(5)]
        while writer._jobs.qsize() < 5:
            pass
        closing = pool.submit(writer.close)
        go.set()
        closing.result(10)
        assert [job.result(10) for job in waiting] == [1] * 5
    writer.close()
    with pytest.raises(PlaygroundError, match="closed"):
        writer.run(put("late"))
    assert boxed(engine) == ["0", "1", "2", "3", "4"]
