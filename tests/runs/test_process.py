import os
import signal
import subprocess
import sys
import time

import pytest

from playground.errors import PlaygroundError, WorkerDied
from playground.runs.process import WorkerProcess
from playground.settings import ROOT


@pytest.fixture
def worker(tmp_path):
    process = WorkerProcess("toy", "tests.runs.toy_service:toy", {}, tmp_path)
    process.start()
    yield process
    process.close()


def test_a_call_made_before_the_child_is_up_is_answered(worker):
    assert worker.call("double", x=21) == 42


def test_a_call_that_yields_gives_each_value_in_order(worker):
    assert list(worker.post("count", n=5).items()) == [0, 1, 2, 3, 4]


def test_a_reader_that_stops_reading_cancels_the_call(worker):
    items = worker.post("count", n=10_000).items()
    assert next(items) == 0
    items.close()
    began = time.monotonic()
    assert worker.call("double", x=1) == 2  # answered only once the cancelled call has ended
    assert time.monotonic() - began < 50


def test_a_refusal_crosses_the_border_with_its_words_and_its_hint(worker):
    with pytest.raises(PlaygroundError, match="1 preferences stored, 4 needed") as caught:
        worker.call("refuse")
    assert "Rank" in caught.value.hint


def test_an_unexpected_error_is_named_and_the_child_lives_on(worker):
    with pytest.raises(PlaygroundError, match="ZeroDivisionError: by hand"):
        worker.call("error")
    assert worker.call("double", x=3) == 6


def test_a_child_that_dies_fails_its_calls_and_is_replaced(worker):
    assert worker.call("double", x=3) == 6
    first = worker.pid
    with pytest.raises(WorkerDied):
        worker.call("crash")
    assert worker.call("double", x=4) == 8
    assert worker.pid != first


def test_a_worker_started_twice_keeps_its_one_child(worker):
    assert worker.call("double", x=3) == 6
    first = worker.pid
    worker.start()
    time.sleep(1.0)  # as long as a second child would need to be taken for the first
    assert worker.call("double", x=4) == 8
    assert worker.pid == first


def test_a_call_that_waits_behind_the_one_that_killed_the_child_is_answered_by_the_next(worker):
    worker.call("double", x=1)
    slow = worker.post("count", n=10_000).items()
    assert next(slow) == 0
    waiting = worker.post("double", x=5)
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        list(slow)
    assert waiting.result(timeout=20) == 10


def test_a_call_cancelled_before_any_child_was_there_ends_at_once(tmp_path):
    process = WorkerProcess("toy", "tests.runs.toy_service:toy", {}, tmp_path)
    pending = process.post("count", n=10_000)
    pending.cancel()
    process.start()
    assert len(list(pending.items())) < 100
    process.close()


def test_a_killed_child_is_noticed(worker):
    assert worker.call("double", x=1) == 2
    items = worker.post("count", n=10_000).items()
    assert next(items) == 0
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        list(items)


def test_a_service_that_cannot_be_loaded_does_not_hang_the_parent(tmp_path):
    process = WorkerProcess("toy", "tests.runs.no_such_module:toy", {}, tmp_path)
    process.start()
    pending = process.post("double", x=1)
    with pytest.raises(WorkerDied):
        pending.result(timeout=30)
    process.close()


def test_the_child_leaves_when_its_parent_is_killed(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from playground.runs.process import WorkerProcess\n"
        "worker = WorkerProcess('toy', 'tests.runs.toy_service:toy', {}, Path(sys.argv[1]))\n"
        "worker.start(); worker.call('double', x=1); print(worker.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    pid = int(parent.stdout.readline())
    assert _alive(pid)
    parent.kill()
    parent.wait()
    for _ in range(200):
        if not _alive(pid):
            break
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().split()[2] != "Z"
