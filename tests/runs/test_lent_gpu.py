"""A service on a GPU that is lent call by call: the same answers, refusals and stops, and the time that is asked."""

import pickle
import threading
import time

import pytest

from playground.errors import PlaygroundError
from playground.runs.folder import RunFolder
from playground.runs.lent_gpu import USUAL_S, LentGPU, WorkerInPage, lent_s
from playground.types import Checkpoint, RunSpec
from tests.runs.toy_service import Toy

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")


class Platform:
    """Stands in for `spaces.GPU`, whose calls run in a fork: what goes in and comes out is a pickled copy."""

    def __init__(self):
        self.asked = []

    def __call__(self, duration):
        def decorate(task):
            def lent(*given):
                self.asked.append(duration(*given))
                found = task(*_copy(given))
                return map(_copy, found) if task.__name__ == "stream" else _copy(found)

            return lent

        return decorate


def _copy(value):
    return pickle.loads(pickle.dumps(value))


@pytest.fixture
def platform():
    return Platform()


@pytest.fixture
def worker(platform, tmp_path):
    made = WorkerInPage(platform, threading.Lock(), "toy", "tests.runs.toy_service:toy", {}, tmp_path)
    made.start()
    assert made.ready.wait(10)
    yield made
    made.close()


def test_calls_are_answered_as_by_a_process_of_its_own(worker, platform):
    assert worker.call("double", x=21) == 42
    assert list(worker.post("count", n=5).items()) == [0, 1, 2, 3, 4]
    assert worker.pid is None and platform.asked == [USUAL_S] * 3


def test_a_refusal_keeps_its_words_and_the_worker_lives_on(worker):
    with pytest.raises(PlaygroundError, match="1 preferences stored") as refused:
        worker.call("refuse")
    assert refused.value.hint
    assert worker.call("double", x=2) == 4


def test_a_stop_reaches_the_call_as_a_file(worker):
    pending = worker.post("count", n=10_000)
    seen = []
    for value in pending.items():
        seen.append(value)
        if value == 3:
            began = time.monotonic()
            pending.cancel()
    assert 4 <= len(seen) < 10_000 and time.monotonic() - began < 60


def test_the_time_that_is_asked_for_a_run_is_its_estimate_and_something_to_spare(tmp_path):
    times = []
    for number, estimate_s in enumerate((None, 10.0, 100.0)):
        folder = RunFolder(tmp_path / str(number))
        folder.create(RunSpec("sft-1", "local", "sft", {}, START, estimate_s=estimate_s), [])
        times.append(lent_s("train", {"folder": folder.path, "lineage": []}, None))
    assert times[0] == USUAL_S == lent_s("sample", {}, None)
    assert times[1] > 10 and times[2] > 100 and times[2] - times[1] > 90


def test_no_file_is_left_of_a_call(platform, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cancelled = threading.Event()
    assert LentGPU(Toy(), platform, threading.Lock()).double(cancelled, x=1) == 2
    assert list(tmp_path.iterdir()) == []


def test_one_that_breaks_while_it_comes_up_is_started_again_and_answers(platform, tmp_path, monkeypatch):
    outcomes = [OSError("the platform lends nothing"), "warm"]

    def warm_up(self):
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    monkeypatch.setattr(Toy, "warm_up", warm_up)
    worker = WorkerInPage(platform, threading.Lock(), "toy", "tests.runs.toy_service:toy", {}, tmp_path)
    worker.start()
    assert worker.call("double", x=3) == 6
    worker.close()
