"""The reveal: when the host may, who is told what, and that nothing is judged blind after it."""

import uuid
from contextlib import closing

import pytest

from playground.api.reveal import reveal_json
from playground.errors import NotAllowed, NotFound
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench, reveals
from playground.workbench.reveals import OWN

RULES = Rules("Tuesday", "Which answer helps more?", "We store your choices.")


class Room:
    """Two dozen pairs in which the text says who wrote it, as nobody is told, and four with a known answer."""

    def __init__(self, bench, left="pocket-sft", right="pocket-base"):
        self.bench, self.workshop = bench, bench.workshop
        asked = [Prompt.user(f"Question {i}") for i in range(24)]
        pairs = [(Completion(p, "by sft", left), Completion(p, "by base", right)) for p in asked]
        known = [(Completion(p, "right"), Completion(p, "wrong")) for p in map(Prompt.user, "ABCD")]
        made = bench.store.sessions.create("local", RULES, pairs, known)
        self.session = bench.workshop.move("local", made.id, "open")

    def join(self, n=1):
        people = [uuid.uuid4().hex for _ in range(n)]
        for secret in people:
            self.workshop.join(self.session.code, secret, "", "train")
        return people

    def judge(self, secret, n, choose):
        for _ in range(n):
            pair = self.workshop.pairs(secret)[1][0]
            self.workshop.vote(secret, pair.token, choose(pair), judgment_id=uuid.uuid4().hex)

    def to(self, state):
        return self.workshop.move("local", self.session.id, state)

    def reveal(self):
        self.workshop.freeze("local", self.session.id)
        return self.to("revealed")

    def told(self):
        return self.bench.reveals.room("local", self.session.id)


def wants(said):
    return lambda pair: "left" if pair.left == said else "right"


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setattr(reveals, "_FRESH_S", 0.0)
    with closing(Workbench(Settings(data_dir=tmp_path))) as made:
        yield made


@pytest.fixture
def room(bench):
    return Room(bench)


def test_only_a_frozen_session_is_revealed_and_after_it_nobody_judges_those_pairs(room):
    (ann,) = room.join()
    with pytest.raises(NotAllowed) as error:
        room.to("revealed")
    assert error.value.hint == "Freeze it first."
    room.reveal()
    assert room.workshop.pairs(ann)[1] == []
    for state in ("open", "paused", "frozen"):
        with pytest.raises(NotAllowed, match="is revealed") as error:
            room.to(state)
        assert "vote again" in error.value.hint
    assert room.to("closed").state == "closed"


def test_a_freeze_after_the_reveal_changes_nothing(room):
    (ann,) = room.join()
    room.judge(ann, 3, wants("by sft"))
    _, held = room.workshop.pairs(ann)
    kept = room.workshop.freeze("local", room.session.id)
    room.to("revealed")
    room.workshop.vote(ann, held[0].token, "left", judgment_id="was on its way")
    assert room.workshop.freeze("local", room.session.id) == kept
    assert room.workshop.find("local", room.session.id).state == "revealed"


def test_before_the_reveal_neither_board_nor_phone_is_told(room):
    (ann,) = room.join()
    room.judge(ann, 3, wants("by sft"))
    for state in ("open", "paused", "frozen"):
        room.to(state)
        assert room.told() is None
        with pytest.raises(NotAllowed, match="not shown yet"):
            room.bench.reveals.mine(ann)


def test_a_person_is_shown_their_last_choices_newest_first_and_no_pair_that_was_made_to_check_them(room):
    ann, bob = room.join(2)
    room.judge(ann, 12, wants("by sft"))
    room.judge(bob, 1, lambda pair: "tie")
    room.judge(bob, 1, lambda pair: "skip")
    room.reveal()
    _, mine = room.bench.reveals.mine(ann)
    assert len(mine) == OWN
    sides = [{one.left: one.left_by, one.right: one.right_by} for one in mine]
    assert sides == [{"by sft": "pocket-sft", "by base": "pocket-base"}] * OWN
    assert {one.left_by if one.choice == "left" else one.right_by for one in mine} == {"pocket-sft"}
    _, bobs = room.bench.reveals.mine(bob)
    assert [one.choice for one in bobs] == ["tie"]


def test_the_room_is_told_the_share_of_each_with_an_interval_by_people(room):
    people = room.join(12)
    for secret in people[:9]:
        room.judge(secret, 4, wants("by sft"))
    for secret in people[9:]:
        room.judge(secret, 4, wants("by base"))
    room.reveal()
    found = room.told()
    first, second = found.standings
    assert (first.checkpoint, first.won, second.won, found.people) == ("pocket-sft", 0.75, 0.25, 12)
    assert first.rate.low < 0.6 and first.rate.high > 0.8  # twelve people, not 48 coins
    assert second.rate.high == pytest.approx(1 - first.rate.low)
    told = reveal_json(found)
    assert [bar["name"] for bar in told["bars"]] == [found.names["pocket-sft"], found.names["pocket-base"]]
    assert "strength" in told["bars"][0]["words"]


def test_two_that_cannot_be_told_apart_and_a_room_that_is_too_small_are_said_plainly(bench):
    few, level = Room(bench), Room(bench)
    for secret in few.join(3):
        few.judge(secret, 4, wants("by sft"))
    for number, secret in enumerate(level.join(12)):
        level.judge(secret, 4, wants(("by sft", "by base")[number % 2]))
    for room in (few, level):
        room.reveal()
    assert few.told().apart is None and "Too few to tell" in reveal_json(few.told())["words"]
    assert level.told().apart is False and "Not distinguishable" in reveal_json(level.told())["words"]


def test_pairs_of_one_checkpoint_are_said_to_be_that(bench):
    room = Room(bench, right="pocket-sft")
    (ann,) = room.join()
    room.judge(ann, 3, wants("by sft"))
    room.reveal()
    found = room.told()
    assert found.standings == () and found.names == {"pocket-sft": bench.checkpoints.find("local", "pocket-sft").name}
    assert found.names["pocket-sft"] in reveal_json(found)["words"] and reveal_json(found)["bars"] == []


def test_pairs_that_came_in_a_file_are_said_to_be_that(bench):
    room = Room(bench, left=None, right=None)
    (ann,) = room.join()
    room.judge(ann, 3, wants("by sft"))
    room.reveal()
    assert room.told().standings == () and "came in a file" in reveal_json(room.told())["words"]


def test_a_text_of_a_file_and_a_checkpoint_that_is_gone_have_a_name_too(bench):
    room = Room(bench, left=None, right="dpo-gone")
    (ann,) = room.join()
    room.judge(ann, 2, wants("by sft"))
    room.reveal()
    assert room.told().names == {None: "", "dpo-gone": "dpo-gone"}
    assert {bar["name"] for bar in reveal_json(room.told())["bars"]} == {"Texts from a file", "dpo-gone"}


def test_who_withdraws_is_in_no_share(room):
    ann, bob = room.join(2)
    room.judge(ann, 4, wants("by sft"))
    room.judge(bob, 2, wants("by base"))
    room.reveal()
    room.workshop.withdraw(ann)
    found = room.told()
    assert (found.people, found.choices, found.standings[0].checkpoint) == (1, 2, "pocket-base")


def test_another_host_is_told_nothing(room):
    room.reveal()
    with pytest.raises(NotFound):
        room.bench.reveals.room("other", room.session.id)
