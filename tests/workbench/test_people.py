"""What the host sees of each person, what taking somebody out does, and where every tap went."""

import uuid
from contextlib import closing

import pytest

from playground.api.board import _arrived, _sum, people_json
from playground.errors import NotAllowed, NotFound
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench
from playground.workbench.pace import Pace


class Room:
    """Two dozen pairs, and eight with a known answer."""

    def __init__(self, bench):
        self.bench, self.workshop = bench, bench.workshop

        def pairs(n, what, good, bad):
            asked = [Prompt.user(f"{what} {i}") for i in range(n)]
            return [(Completion(p, good), Completion(p, bad)) for p in asked]

        self.pairs = pairs
        self.use("drop")

    def use(self, tie_rule):
        bench, pairs = self.bench, self.pairs
        rules = Rules("Tuesday", "Which?", "We store.", tie_rule=tie_rule)
        made = bench.store.sessions.create("local", rules, pairs(24, "Q", "yes", "no"), pairs(8, "K", "right", "wrong"))
        self.session = bench.workshop.move("local", made.id, "open")

    def join(self, alias=""):
        secret = uuid.uuid4().hex
        self.workshop.join(self.session.code, secret, alias, "train")
        return secret

    def judge(self, secret, n=24, choose=lambda pair: "left", ms=4000, first=1):
        for number in range(first, first + n):
            pair = self.workshop.pairs(secret)[1][0]
            self.workshop.vote(
                secret, pair.token, choose(pair), judgment_id=uuid.uuid4().hex, decision_ms=ms, tapped=number
            )

    def people(self):
        return self.workshop.people("local", self.session.id)

    def eject(self, person):
        self.workshop.eject("local", self.session.id, person.id)

    def arrived(self):
        return self.workshop.arrived("local", self.session.id)

    def freeze(self):
        return self.workshop.freeze("local", self.session.id)


@pytest.fixture
def room(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        bench.workshop._asking = Pace(burst=1000, per_s=1)
        yield Room(bench)


def reads(pair):
    return "left" if pair.left in ("yes", "right") else "right"


def test_who_reads_and_who_only_taps_left_are_told_apart(room):
    for alias in ("Ann", "Bob", "Cleo"):
        room.judge(room.join(alias), choose=reads)
    room.judge(room.join("Zoe"), ms=500)
    ann, *_, zoe = room.people()
    assert (ann.alias, ann.gold.value, ann.same.value, ann.median_s) == ("Ann", 1.0, 1.0, 4.0)
    assert ann.agreed.value > zoe.agreed.value
    assert (zoe.left.value, zoe.same.value, zoe.median_s) == (1.0, 0.0, 0.5)
    notes = {one["alias"]: one["note"] for one in people_json(room.people())}
    assert notes["Ann"] == notes["Bob"] == ""
    assert "taps left almost always" in notes["Zoe"] and "three times as fast" in notes["Zoe"]


@pytest.mark.parametrize("tie_rule", ["drop", "both ways"])
def test_every_tap_is_accounted_for_whatever_becomes_of_ties(room, tie_rule):
    room.use(tie_rule)
    for alias in ("Ann", "Bob"):
        room.judge(room.join(alias), choose=lambda pair: "tie")  # some of them on pairs with a known answer
    frozen = room.freeze()
    _, counts = room.workshop.live("local", room.session.id)
    ties = counts.by_choice["tie"] - counts.dropped["gold"] - counts.dropped["repeat"]
    assert ties > 30 and min(counts.dropped["gold"], counts.dropped["repeat"]) > 0
    kept = {"drop": 0, "both ways": ties}[tie_rule]
    assert (len(frozen.preferences), counts.usable, room.arrived().frozen) == (2 * kept, kept, kept)
    assert counts.usable + sum(counts.dropped.values()) == room.arrived().stored
    assert frozen.dropped.get("tie", 0) == ties - kept


def test_taking_somebody_out_is_said_by_name_and_letting_in_undoes_it(room):
    ann, bob = room.join("Ann"), room.join("Bob")
    room.judge(ann, 4)
    room.judge(bob, 5)
    whole = room.freeze()
    room.eject(room.people()[0])
    less = room.workshop.frozen("local", room.session.id)
    assert (len(whole.preferences), len(less.preferences), less.dropped["ejected"]) == (9, 5, 4)
    assert [one.ejected for one in room.people()] == [True, False]
    assert room.workshop.pairs(ann)[0].state == "ejected" and room.workshop.pairs(ann)[1] == []
    with pytest.raises(NotAllowed, match="host has taken"):
        room.workshop.vote(ann, "token", "left", judgment_id="late")
    room.workshop.let_in("local", room.session.id, room.people()[0].id)
    assert room.workshop.frozen("local", room.session.id) == whole
    assert room.workshop.pairs(ann)[0].state == "frozen"


def test_who_was_taken_out_can_still_withdraw_and_then_stays_out(room):
    ann = room.join("Ann")
    room.judge(ann, 2)
    (person,) = room.people()
    room.eject(person)
    room.workshop.withdraw(ann)
    assert room.people() == []
    with pytest.raises(NotAllowed, match="has withdrawn"):
        room.workshop.let_in("local", room.session.id, person.id)
    assert room.bench.store.counts(room.session.id).dropped == {"withdrawn": 2}


def test_somebody_of_another_session_cannot_be_taken_out(room):
    other = Room(room.bench)
    other.join("Ann")
    with pytest.raises(NotFound):
        room.eject(other.people()[0])
    with pytest.raises(NotFound):
        room.workshop.people("another host", room.session.id)


def test_every_tap_is_accounted_for(room):
    ann, bob = room.join("Ann"), room.join("Bob")
    room.judge(ann, 4)
    room.judge(bob, 3, choose=lambda pair: "tie")
    room.judge(bob, 1, first=6)  # two taps before this one never came
    assert (room.arrived().tapped, room.arrived().stored, room.arrived().frozen) == (10, 8, None)
    room.freeze()
    room.judge(ann, 1, first=5)
    found = room.arrived()
    assert (found.tapped, found.stored, found.frozen, found.later) == (11, 9, 5, 1)
    said = _arrived(found, room.bench.store.counts(room.session.id))
    assert said == (
        "Tapped 11 = stored 9 + 2 still on phones, or refused. "
        "Stored 9 = 5 in the frozen set + 1 usable but after the freeze + 3 equally good."
    )


def test_what_was_withdrawn_after_the_freeze_is_named_in_the_account(room):
    ann, bob = room.join("Ann"), room.join("Bob")
    room.judge(ann, 2)
    room.judge(bob, 3)
    room.freeze()
    room.workshop.withdraw(ann)
    said = _arrived(room.arrived(), room.bench.store.counts(room.session.id))
    assert said.endswith(
        "+ 2 of people who withdrew, less 2 in the frozen set that were taken back or withdrawn since."
    )


def test_a_sum_leaves_out_what_is_not_there():
    assert _sum([(3, "a"), (0, "b"), (1, "c")]) == "3 a + 1 c"


def test_what_if_is_an_ordinary_run_on_a_set_of_its_own_and_what_was_frozen_stays(room):
    ann, bob = room.join("Ann"), room.join("Bob")
    room.judge(ann, 5)
    room.judge(bob, 4)
    room.judge(bob, 1, choose=lambda pair: "tie", first=5)
    whole = room.freeze()
    room.judge(bob, 1, choose=lambda pair: "tie", first=6)  # after the freeze
    for_bob = room.workshop.what_if("local", room.session.id, "without one person", room.people()[0].id)
    assert {row.annotator.alias for row in for_bob.preferences} == {"person 2"}
    ties = room.workshop.what_if("local", room.session.id, "with ties")
    assert len(ties.preferences) == len(whole.preferences) + 2
    assert {(row.annotator.id, row.annotator.alias) for row in ties.preferences} == {
        (row.annotator.id, row.annotator.alias) for row in whole.preferences
    }
    spec = room.bench.runs.start("local", "reward_model", {}, frozen=for_bob)
    assert (spec.snapshot, spec.data_count) == (for_bob.id, 4)
    assert room.workshop.frozen("local", room.session.id) == whole
    assert room.bench.session_runs.of(room.session).rewards == ()
    assert len(room.bench.session_runs.of(room.session, what_if=True).rewards) == 1
