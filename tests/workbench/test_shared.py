"""What many ask for at once is worked out once, and a failure is told to each who asked."""

import threading

import pytest

from playground.errors import NotFound
from playground.workbench.shared import Shared


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_an_answer_is_worked_out_once_while_it_is_fresh():
    clock, made = Clock(), []
    shared = Shared(2.0, clock)

    def ask(name="room"):
        return shared.get(name, lambda: made.append(name) or len(made))

    assert [ask(), ask(), ask("other")] == [1, 1, 2]
    clock.now = 1.9
    assert (ask(), shared.find("room")) == (1, 1)
    clock.now = 2.1
    assert shared.find("room") is None
    assert ask() == 3


def test_who_comes_while_it_is_worked_out_waits_for_that_answer():
    shared, go, answers, made = Shared(60.0), threading.Event(), [], []

    def slow():
        made.append(1)
        go.wait(10)
        return "told"

    asking = [threading.Thread(target=lambda: answers.append(shared.get("room", slow))) for _ in range(5)]
    for thread in asking:
        thread.start()
    go.set()
    for thread in asking:
        thread.join()
    assert (answers, made) == (["told"] * 5, [1])


def test_what_went_wrong_is_told_and_asked_anew():
    shared = Shared(60.0)

    def fail():
        raise NotFound("gone", hint="look elsewhere")

    for _ in range(2):
        with pytest.raises(NotFound):
            shared.get("room", fail)
    assert shared.get("room", lambda: "there") == "there"
