"""Two phones that judged see a model learn from them, and judge it against the one before without joining again."""

import re

import pytest
from playwright.sync_api import expect

from playground.events import RunEnded, RunStarted, Saved, StepDone
from playground.types import Checkpoint, Completion
from tests.phones import choose, join, open_room, phone_in

pytestmark = pytest.mark.browser
SOON_MS = 20_000  # a phone asks every few seconds


@pytest.fixture
def voted(browser, tmp_path):
    """A room whose two phones have judged three pairs each, and whose set is frozen."""
    with open_room(tmp_path) as room, phone_in(browser) as ann, phone_in(browser, "de-DE") as bob:
        join(ann, room)
        for _ in range(3):
            choose(ann, "A is better")
        expect(ann.locator("#status")).to_have_text("3 saved")
        bob.goto(f"{room.address}/join/{room.session.code}")
        bob.get_by_role("button", name="Einverstanden, los geht es").click()
        for _ in range(4):  # the first one is for practice
            choose(bob, "A ist besser")
        expect(bob.locator("#status")).to_have_text("3 gespeichert")
        room.bench.workshop.freeze("local", room.session.id)
        for phone in (ann, bob):
            phone.reload()
        yield room, ann, bob


def learn(room):
    """A policy's run on the frozen set, on its way."""
    frozen = room.bench.workshop.frozen("local", room.session.id)
    run = room.bench.runs.start("local", "dpo", {}, frozen=frozen)
    folder = room.bench.shelf.folder("local", run.id)
    folder.append(RunStarted(10, 5))
    for step in range(1, 6):
        folder.append(StepDone(step, {"held_out_accuracy": 0.5 + step / 20}))
    return run, folder


def test_phones_watch_the_training_and_vote_again_without_joining_again(voted):
    room, ann, bob = voted
    run, folder = learn(room)
    learned = "Step 5 of 10 · Right on pairs it has not learned from: 75 %"
    expect(ann.locator("#curves p")).to_have_text(learned, timeout=SOON_MS)
    expect(bob.locator("#curves p")).to_contain_text("Schritt 5 von 10", timeout=SOON_MS)
    assert len(ann.locator("#curves polyline").get_attribute("points").split()) == 5

    made = Checkpoint(run.id, run.name, "policy", "pocket", "/x", run_id=run.id, fingerprint="f")
    for event in (Saved(5, made), RunEnded("done")):
        folder.append(event)
    room.bench.runs.tail("local", run.id).refresh(force=True)
    room.bench.revotes._pool._sample = lambda workspace, id, prompts, sampling, n=1: [
        [Completion(p, "after" if id == run.id else "before", id)] for p in prompts
    ]
    room.bench.revotes.begin("local", room.session.id)
    expect(ann.locator("#left")).to_have_text(re.compile("after|before"), timeout=SOON_MS)
    expect(ann.locator("#practice-note")).to_contain_text("You are not told which is which")
    for _ in range(2):
        choose(ann, "A is better" if ann.locator("#left").inner_text() == "after" else "B is better")
    expect(ann.locator("#status")).to_have_text("5 saved")
    expect(bob.locator("#left")).to_have_text(re.compile("after|before"), timeout=SOON_MS)
    choose(bob, "Gleich gut")
    expect(bob.locator("#status")).to_have_text("4 gespeichert")
    outcome = room.bench.revotes.outcome("local", room.session.id)
    assert (outcome.choices, outcome.people, outcome.share) == (3, 2, None)

    room.bench.workshop.freeze("local", room.session.id)
    assert room.bench.revotes.outcome("local", room.session.id).share == pytest.approx(2.5 / 3)
    expect(ann.get_by_text("Thank you, the second vote is over")).to_be_visible(timeout=2 * SOON_MS)
