"""One run trains, the others wait in order; each is told its place, and one that is stopped while it waits is over."""

import queue
import time

import pytest

from playground.errors import WorkerDied
from playground.events import RunEnded, RunStarted, StepDone
from playground.runs.tail import RunShelf
from playground.types import Checkpoint, RunSpec
from playground.workbench.queue import Place, TrainingQueue

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")


class Answer:
    """A run in training that ends when the test says so, or when it is asked to stop."""

    def __init__(self):
        self.ends = queue.Queue()

    def result(self, timeout=None):
        end = self.ends.get(timeout=timeout)
        if isinstance(end, Exception):
            raise end

    def cancel(self):
        self.ends.put("stopped")


class Trainer:
    """Stands in for the process that trains."""

    def __init__(self):
        self.began = {}

    def post(self, method, folder, lineage):
        return self.began.setdefault(folder.name, Answer())


@pytest.fixture
def line(tmp_path):
    """A queue of a, b and c by three workspaces, ten estimated seconds each; a trains."""
    shelf, trainer = RunShelf(tmp_path), Trainer()
    made = TrainingQueue(trainer, shelf)
    for name in "abc":
        add(made, shelf, name)
    return made, trainer, shelf


def add(made, shelf, name, estimate_s=10.0):
    spec = RunSpec(name, f"of-{name}", "dpo", {}, START, estimate_s=estimate_s)
    shelf.folder(spec.workspace, name).create(spec, [])
    made.add(spec, [])


def until(said):
    end = time.monotonic() + 10
    while not said():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_waiting_run_knows_how_many_are_ahead_and_about_how_long_they_take(line):
    made, trainer, _ = line
    assert list(trainer.began) == ["a"]
    assert made.place("of-a", "a") is None
    last = made.place("of-c", "c")
    assert last.ahead == 2 and 10.0 < last.wait_s <= 20.0
    trainer.began["a"].ends.put(None)
    until(lambda: "b" in trainer.began)
    assert made.place("of-b", "b") is None and made.place("of-c", "c").ahead == 1


def test_without_an_estimate_the_wait_is_not_guessed(tmp_path):
    shelf = RunShelf(tmp_path)
    made = TrainingQueue(Trainer(), shelf)
    add(made, shelf, "a", estimate_s=None)
    add(made, shelf, "b")
    assert made.place("of-b", "b") == Place(1, None)


def test_another_workspace_neither_sees_nor_stops_a_run(line):
    made, _, shelf = line
    assert made.place("of-a", "c") is None and not made.holds("of-a", "c")
    made.stop("of-a", "c")
    assert made.holds("of-c", "c") and shelf.folder("of-c", "c").ended() is None
    assert [made.count(f"of-{name}") for name in "abc"] == [1, 1, 1]


def test_a_run_that_is_stopped_while_it_waits_is_over_at_once_and_never_trains(line):
    made, trainer, shelf = line
    made.stop("of-b", "b")
    assert shelf.folder("of-b", "b").ended().status == "stopped"
    trainer.began["a"].ends.put(None)
    until(lambda: len(trainer.began) == 2)
    assert list(trainer.began) == ["a", "c"]


def test_a_run_that_dies_says_so_and_the_next_one_trains(line):
    made, trainer, shelf = line
    trainer.began["a"].ends.put(WorkerDied("gone"))
    until(lambda: "b" in trainer.began)
    assert shelf.folder("of-a", "a").ended().status == "died"
    assert not made.holds("of-a", "a")


def test_a_run_that_trains_too_long_is_stopped_and_told_why(tmp_path):
    shelf, trainer = RunShelf(tmp_path), Trainer()
    made = TrainingQueue(trainer, shelf, limit_s=0.1)
    spec = RunSpec("a", "of-a", "dpo", {}, START)
    folder = shelf.folder("of-a", "a")
    folder.create(spec, [])
    folder.append(RunStarted(5, 5))
    made.add(spec, [])
    until(lambda: not made.holds("of-a", "a"))
    (warning,) = [event for event in folder.events() if type(event).__name__ == "Warned"]
    assert warning.code == "time_limit" and "kept" in warning.text


def test_runs_that_an_earlier_process_left_open_are_closed(line):
    made, _, shelf = line
    for event in (RunStarted(5, 5, time=100.0), StepDone(1, {}, time=104.0)):
        shelf.folder("of-a", "a").append(event)
    shelf.folder("of-c", "c").append(RunEnded("done"))
    made.close_orphans()
    assert [shelf.folder(f"of-{n}", n).ended().status for n in "abc"] == ["died", "died", "done"]
    assert [shelf.folder(f"of-{n}", n).ended().seconds for n in "ab"] == [4.0, 0.0]
