"""Background work is followed to its end by anybody, and tells of any error."""

import threading

import pytest

from playground.errors import NotFound, PlaygroundError
from playground.workbench.background import BackgroundWork


def work(progress="none"):
    return BackgroundWork("walk", progress, hint="Walk again.")


def test_what_was_never_begun_tells_nothing():
    assert list(work().follow()) == [] and not work().going


def test_everybody_who_follows_sees_how_far_it_is_and_how_it_ended():
    walk, go_on = work("begun"), threading.Event()

    def walked():
        go_on.wait(20)
        walk.progress = "over"

    walk.begin(walked)
    first, second = walk.follow(), walk.follow()
    assert (next(first), next(second), walk.going) == ("begun", "begun", True)
    go_on.set()
    assert [*first][-1] == [*second][-1] == "over"
    assert not walk.going


def test_it_learns_that_it_is_to_stop():
    walk = work()
    walk.begin(lambda: walk.stopped.wait(20))
    assert walk.going
    walk.stop()
    assert list(walk.follow())[-1] == "none"


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (NotFound("No shoes.", hint="Buy some."), "No shoes.", "Buy some."),
        (OSError("No way"), "The walk broke off: OSError: No way", "Walk again."),
    ],
)
def test_what_goes_wrong_is_raised_where_it_is_followed(error, message, hint):
    def fails():
        raise error

    walk = work()
    walk.begin(fails)
    with pytest.raises(PlaygroundError) as caught:
        list(walk.follow())
    assert (caught.value.message, caught.value.hint) == (message, hint)
