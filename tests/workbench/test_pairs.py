"""The pool of sampled pairs, with a sampler the tests hold in their hands."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from playground.errors import NotFound, PlaygroundError
from playground.types import Checkpoint, Completion, Prompt
from playground.workbench import pairs
from playground.workbench.pairs import PairPool

HELLO = Prompt.user("Hello")


class Models:
    """Checkpoint "sft" with a fingerprint that can change, and a sampler that can wait and fail."""

    def __init__(self):
        self.fingerprint = "one"
        self.go = threading.Event()
        self.go.set()
        self.calls = 0
        self.failing = False
        self._texts = count()

    def checkpoint(self, workspace, id):
        if id != "sft":
            raise NotFound(f"There is no checkpoint {id!r} here.")
        return Checkpoint(id, "SFT", "policy", "pocket", "/s", fingerprint=self.fingerprint)

    def sample(self, workspace, id, prompts, sampling, n=1):
        self.checkpoint(workspace, id)
        self.calls += 1
        written_by = self.fingerprint
        assert self.go.wait(20)
        if self.failing:
            raise PlaygroundError("The sampler is broken.")
        return [[Completion(p, f"{written_by} {next(self._texts)}", id) for _ in range(n)] for p in prompts]


@pytest.fixture
def models():
    made = Models()
    yield made
    made.go.set()


@pytest.fixture
def pool(models):
    return PairPool(models.sample, models.checkpoint)


def until(true):
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    raise TimeoutError


def taken_at_once(pool, models, callers):
    """What `callers` threads get that all find nothing waiting: pairs and errors."""
    models.go.clear()
    with ThreadPoolExecutor(callers) as threads:
        waiting = [threads.submit(pool.take, "anna", ("sft",), None) for _ in range(callers)]
        until(lambda: models.calls)
        time.sleep(0.1)
        models.go.set()
        began = time.monotonic()
        results = [one.exception(timeout=20) or one.result() for one in waiting]
    assert time.monotonic() - began < 5
    return results


def test_forty_callers_at_once_each_get_a_pair_of_their_own(pool, models):
    got = taken_at_once(pool, models, 40)
    assert len({(a.text, b.text) for a, b in got}) == 40


def test_the_samplers_error_reaches_everybody_who_waits(pool, models):
    models.failing = True
    assert [str(error) for error in taken_at_once(pool, models, 5)] == ["The sampler is broken."] * 5
    models.failing = False
    assert pool.take("anna", ("sft",), None)


def test_a_refill_that_fails_is_silent_and_left_to_the_next_caller(pool, models, monkeypatch):
    uncaught = []
    monkeypatch.setattr(threading, "excepthook", uncaught.append)
    for _ in range(pairs._BATCH - pairs._AHEAD):
        pool.take("anna", ("sft",), None)
    models.failing, before = True, models.calls
    pool.take("anna", ("sft",), None)
    until(lambda: models.calls > before)
    time.sleep(0.1)
    models.failing = False
    for _ in range(2 * pairs._BATCH):
        pool.take("anna", ("sft",), None)
    assert uncaught == []


def test_an_invented_checkpoint_leaves_nothing_behind(pool):
    for number in range(5):
        with pytest.raises(NotFound):
            pool.take("anna", (f"invented-{number}",), None)
    assert len(pool._shelves) == 0


def test_pairs_of_changed_weights_are_not_shown(pool, models):
    pool.take("anna", ("sft",), None)
    models.fingerprint = "two"
    assert all(one.text.startswith("two") for one in pool.take("anna", ("sft",), None))


def test_pairs_sampled_while_the_weights_changed_are_not_shown(pool, models):
    models.go.clear()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(pool.take, "anna", ("sft",), None)
        until(lambda: models.calls)
        models.fingerprint = "two"
        models.go.set()
        assert all(one.text.startswith("two") for one in waiting.result(timeout=20))


def test_only_so_many_shelves_are_kept_and_the_oldest_goes(pool, monkeypatch):
    monkeypatch.setattr(pairs, "_SHELVES", 3)
    for workspace in "abcad":
        pool.take(workspace, ("sft",), None)
    assert [workspace for workspace, _ in pool._shelves] == ["c", "a", "d"]


def test_one_workspaces_sets_do_not_push_out_anothers(pool):
    completions = [Completion(HELLO, "a"), Completion(HELLO, "b")]
    bens = pool.hold("ben", completions)
    annas = [pool.hold("anna", completions) for _ in range(pairs._HELD + 1)]
    assert pool.held("ben", bens) == pool.held("anna", annas[-1]) == completions
    for workspace, token in (("anna", annas[0]), ("anna", bens), ("stranger", bens)):
        with pytest.raises(NotFound):
            pool.held(workspace, token)
