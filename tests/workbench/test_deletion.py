"""Deleting a session: what is said before, what is gone after, what stays, and by which day it goes by itself."""

import time
import uuid
from contextlib import closing
from dataclasses import replace

import pytest

from playground.errors import NotAllowed, NotFound
from playground.events import RunEnded
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench
from playground.workbench.deletion import gone_words

RULES = Rules("Tuesday", "Which?", "We store.")
DAY = 86_400
SECRET_TEXT = "what only this room was asked"


class Clock:
    later = 0.0

    def __call__(self):
        return time.time() + self.later


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bench(tmp_path, clock):
    with closing(Workbench(Settings(data_dir=tmp_path), clock)) as made:
        yield made


def judged(bench, rules=RULES, n=5):
    """A session with n choices of one person."""
    asked = [Prompt.user(f"{SECRET_TEXT} {i}") for i in range(8)]
    pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-sft")) for p in asked]
    session = bench.workshop.move("local", bench.store.sessions.create("local", rules, pairs).id, "open")
    secret = uuid.uuid4().hex
    bench.workshop.join(session.code, secret, "Ann", "train")
    for _ in range(n):
        pair = bench.workshop.pairs(secret)[1][0]
        bench.workshop.vote(secret, pair.token, "left", judgment_id=uuid.uuid4().hex)
    return session, secret


def trained(bench, session, ended=True):
    spec = bench.runs.start("local", "reward_model", {}, frozen=bench.workshop.freeze("local", session.id))
    if ended:
        bench.shelf.folder("local", spec.id).append(RunEnded("stopped"))
    bench.runs.tail("local", spec.id).refresh(force=True)
    return spec


def test_what_goes_is_said_before_and_nothing_is_deleted_by_it(bench):
    session, _ = judged(bench)
    spec = trained(bench, session)
    gone = bench.deletion.what_goes("local", session.id)
    assert (gone.people, gone.choices, gone.frozen, gone.runs) == (1, 5, 1, (spec.name,))
    assert "5 choices of 1 person and 1 set frozen" in gone_words(gone) and spec.name in gone_words(gone)
    assert bench.workshop.find("local", session.id).state == "frozen"


def test_after_a_deletion_no_choice_is_left_anywhere_and_other_sessions_are_as_they_were(bench, tmp_path):
    other, _ = judged(bench, replace(RULES, title="Other"))
    session, secret = judged(bench)
    spec = trained(bench, session)
    bench.deletion.delete("local", session.id)
    assert [one.id for one in bench.workshop.all("local")] == [other.id]
    assert bench.store.counts(session.id).total == 0 and bench.store.counts(other.id).total == 5
    assert bench.shelf.folder("local", spec.id).preference_ids() == []
    assert SECRET_TEXT not in (bench.shelf.folder("local", spec.id).path / "data.jsonl").read_text()
    with pytest.raises(NotFound):
        bench.workshop.pairs(secret)
    assert bench.runs.find("local", spec.id).spec.name == spec.name  # weights and curves stay


def test_a_run_whose_choices_are_deleted_is_not_gone_on_with(bench):
    session, _ = judged(bench)
    first = trained(bench, session)  # what comes later waits for it
    spec = bench.runs.start("local", "reward_model", {}, frozen=bench.workshop.frozen("local", session.id))
    bench.runs.stop("local", spec.id)
    bench.runs.tail("local", spec.id).refresh(force=True)
    bench.deletion.delete("local", session.id)
    with pytest.raises(NotAllowed, match="deleted with their session"):
        bench.runs.resume("local", spec.id)
    assert first.id != spec.id


def test_while_a_run_learns_from_it_a_session_is_not_deleted(bench):
    session, _ = judged(bench)
    trained(bench, session, ended=False)
    with pytest.raises(NotAllowed, match="is learning from it"):
        bench.deletion.delete("local", session.id)
    assert bench.store.counts(session.id).total == 5


def test_another_host_cannot_delete_it(bench):
    session, _ = judged(bench)
    with pytest.raises(NotFound):
        bench.deletion.delete("other", session.id)
    with pytest.raises(NotFound):
        bench.deletion.what_goes("other", session.id)


def test_a_session_is_deleted_when_its_days_are_over_and_not_before(bench, clock):
    kept, _ = judged(bench)
    session, _ = judged(bench, replace(RULES, keep_days=3))
    clock.later = 2.9 * DAY
    assert bench.deletion.delete_due() == []
    clock.later = 3.1 * DAY
    assert bench.deletion.delete_due() == [session.id]
    assert [one.id for one in bench.workshop.all("local")] == [kept.id]


def test_a_run_that_was_given_some_of_the_choices_otherwise_loses_just_those(bench):
    session, _ = judged(bench)
    frozen = bench.workshop.freeze("local", session.id)
    own = [replace(row, id=f"own {n}") for n, row in enumerate(frozen.preferences)]
    spec = bench.runs.start("local", "reward_model", {}, preferences=[*frozen.preferences[:2], *own])
    bench.shelf.folder("local", spec.id).append(RunEnded("stopped"))
    bench.runs.tail("local", spec.id).refresh(force=True)
    bench.deletion.delete("local", session.id)
    assert bench.shelf.folder("local", spec.id).preference_ids() == [row.id for row in own]
