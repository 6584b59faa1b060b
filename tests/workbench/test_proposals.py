"""Prompts from the room: only where the host asks, seen by nobody before approval, gone with who typed them."""

import json
import uuid
from contextlib import closing

import pytest
from sqlalchemy import select

from playground.errors import NotAllowed, NotFound, PlaygroundError, TooFast
from playground.preferences import tables
from playground.preferences.proposals import MOST_EACH
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench
from playground.workbench.deletion import gone_words
from playground.workbench.pace import Pace
from playground.workbench.proposals import LONGEST

RULES = Rules("Tuesday", "Which?", "We store.", overlap=2)
TYPED = "<b>Why</b> is the sky blue? שלום 🦊"


class Room:
    """A session of six pairs whose host asks for prompts, and models that answer as they are told to."""

    def __init__(self, bench):
        self.bench, self.workshop, self.proposals = bench, bench.workshop, bench.proposals
        asked = [Prompt.user(f"Question {i}") for i in range(6)]
        pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
        self.session = bench.store.sessions.create("local", RULES, pairs)
        self.id = self.session.id
        bench.workshop.move("local", self.id, "open")
        bench.proposals.ask("local", self.id, True)
        self.says = lambda id, n: f"answer {n} of {len(id)}"

        def sample(workspace, id, prompts, sampling, n=1):
            return [[Completion(p, self.says(id, k), id) for k in range(n)] for p in prompts]

        bench.proposals._pool._sample = sample

    def join(self, scope="train"):
        secret = uuid.uuid4().hex
        self.workshop.join(self.session.code, secret, "", scope)
        return secret

    def listed(self):
        return self.proposals.all("local", self.id)

    def approve(self, proposal):
        self.proposals.approve("local", self.id, proposal.id)

    def typed_and_approved(self, secret, text=TYPED):
        self.proposals.propose(secret, text)
        self.approve(self.listed()[-1])

    def judge_all(self, secret):
        """What was asked; the pairs are judged."""
        asked = []
        while waiting := self.workshop.pairs(secret)[1]:
            asked.append(waiting[0].prompt.text)
            self.workshop.vote(secret, waiting[0].token, "left", judgment_id=uuid.uuid4().hex)
        return asked

    def exported(self):
        path = self.bench.preferences.export(self.id, "jsonl", "everything")
        return [json.loads(line)["prompt"][0]["content"] for line in path.read_text().splitlines()]


@pytest.fixture
def room(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        bench.workshop._asking = Pace(burst=1000, per_s=1)
        yield Room(bench)


def test_none_is_taken_where_the_host_asks_for_none_or_the_first_vote_is_over(room):
    ann = room.join()
    room.proposals.ask("local", room.id, False)
    with pytest.raises(NotAllowed, match="takes no prompts"):
        room.proposals.propose(ann, TYPED)
    room.proposals.ask("local", room.id, True)
    room.proposals.propose(ann, TYPED)
    room.workshop.freeze("local", room.id)
    with pytest.raises(NotAllowed, match="takes no prompts"):
        room.proposals.propose(ann, "Another one")
    with pytest.raises(NotAllowed, match="first vote is over"):
        room.approve(room.listed()[0])


def test_a_new_session_asks_for_none(room):
    made = room.bench.store.sessions.create(
        "local", RULES, [(Completion(Prompt.user("Hi"), "a", "x"), Completion(Prompt.user("Hi"), "b", "y"))]
    )
    assert made.asks_for_prompts is False


def test_before_it_is_approved_nobody_is_asked_and_after_it_everybody_byte_for_byte(room):
    ann, bob = room.join(), room.join()
    room.proposals.propose(ann, f"  {TYPED}\n")
    (waiting,) = room.listed()
    assert (waiting.text, waiting.state) == (TYPED, "waiting")
    assert TYPED not in room.judge_all(bob) and len(room.workshop.live("local", room.id)[0].labels) == 6
    room.approve(waiting)
    assert TYPED in room.judge_all(bob) and TYPED in room.judge_all(ann)
    assert [one.state for one in room.listed()] == ["approved"]
    assert TYPED in {row.prompt.text for row in room.workshop.freeze("local", room.id).preferences}


def test_a_declined_one_is_shown_to_nobody(room):
    ann = room.join()
    room.proposals.propose(ann, TYPED)
    room.proposals.decline("local", room.id, room.listed()[0].id)
    assert TYPED not in room.judge_all(ann)
    with pytest.raises(NotFound, match="does not wait"):
        room.approve(room.listed()[0])


@pytest.mark.parametrize("name", ["pocket-sft", "POCKET-BASE"])
def test_an_answer_in_which_a_model_names_itself_is_sampled_anew_or_the_prompt_waits_on(room, name):
    ann = room.join()
    room.says = lambda id, n: f"I am {name} {n} of {len(id)}"
    room.proposals.propose(ann, TYPED)
    with pytest.raises(PlaygroundError, match="name themselves"):
        room.approve(room.listed()[0])
    assert [one.state for one in room.listed()] == ["waiting"]


def test_the_pair_is_of_both_checkpoints_that_are_compared(room):
    room.says = lambda id, n: "the same" if n < 5 else f"{n} of {len(id)}"
    room.typed_and_approved(room.join())
    (pair,) = [pair for _, *pair in room.bench.store.sessions.texts(room.session) if pair[0].prompt.text == TYPED]
    assert pair[0].text != pair[1].text
    room.judge_all(room.join())
    by = {frozenset((one.left, one.right)) for one in room.bench.store.written.choices(room.id)}
    assert by == {frozenset(("pocket-sft", "pocket-base"))}


@pytest.mark.parametrize("text", ["", "  \n", "\0", "x" * (LONGEST + 1)])
def test_an_empty_or_a_long_one_is_refused_in_words(room, text):
    with pytest.raises(PlaygroundError, match="characters"):
        room.proposals.propose(room.join(), text)


def test_one_person_proposes_a_handful_the_same_twice_is_one_and_a_room_cannot_flood_the_list(room, monkeypatch):
    ann = room.join()
    for number in [*range(MOST_EACH), 0]:
        room.proposals.propose(ann, f"Question {number}?")
    with pytest.raises(NotAllowed, match=f"proposed {MOST_EACH}"):
        room.proposals.propose(ann, "One more?")
    assert len(room.listed()) == MOST_EACH
    monkeypatch.setattr("playground.preferences.proposals.MOST_WAITING", MOST_EACH)
    with pytest.raises(NotAllowed, match="wait for the host"):
        room.proposals.propose(room.join(), "Mine?")
    room.proposals._typing = Pace(burst=0, per_s=1)
    with pytest.raises(TooFast):
        room.proposals.propose(room.join(), "Mine?")


def test_who_withdraws_takes_along_what_they_proposed_and_all_that_was_chosen_on_it(room):
    ann, bob, carl = room.join(), room.join(), room.join()
    room.typed_and_approved(ann)
    room.proposals.propose(ann, "Waiting yet?")
    room.judge_all(bob)
    held = [pair for pair in room.workshop.pairs(carl)[1] if pair.prompt.text == TYPED]
    before = room.workshop.freeze("local", room.id)
    room.workshop.move("local", room.id, "open")
    room.workshop.withdraw(ann)
    assert room.listed() == [] and room.bench.store.proposals.waiting(room.id) == 0
    with room.bench.store._engine.connect() as connection:
        assert list(connection.scalars(select(tables.proposal.c.text))) == [""]
    assert TYPED not in room.judge_all(carl) and TYPED not in room.judge_all(room.join())
    for pair in held:  # it was on a screen
        room.workshop.vote(carl, pair.token, "left", judgment_id="late")
    after = room.workshop.frozen("local", room.id)
    assert TYPED in {row.prompt.text for row in before.preferences}
    assert TYPED not in {row.prompt.text for row in after.preferences}
    assert after.dropped["prompt withdrawn"] == 1
    counts = room.bench.store.counts(room.id)
    assert counts.dropped["prompt withdrawn"] >= 1 and TYPED not in {
        row.prompt.text for row in room.bench.store.judgments(room.id)
    }
    assert len(room.workshop.live("local", room.id)[0].labels) == 6


def test_a_run_that_learned_from_a_prompt_is_not_gone_on_with_once_its_author_has_withdrawn(room):
    ann, bob = room.join("publish"), room.join("publish")
    room.typed_and_approved(ann)
    room.judge_all(bob)
    frozen = room.workshop.freeze("local", room.id)
    ids = [row.id for row in frozen.preferences]
    assert room.bench.store.withdrawn("local", ids) == set() == room.bench.store.kept_here("local", ids)
    room.workshop.withdraw(ann)
    (gone,) = room.bench.store.withdrawn("local", ids)
    assert room.bench.store.kept_here("local", ids) == {gone}


def test_what_an_ejected_person_proposed_goes_and_comes_back_with_them(room):
    ann, bob = room.join(), room.join()
    room.typed_and_approved(ann)
    (person, _) = room.workshop.people("local", room.id)
    room.workshop.eject("local", room.id, person.id)
    assert room.listed() == [] and TYPED not in room.judge_all(bob)
    room.workshop.let_in("local", room.id, person.id)
    assert [one.text for one in room.listed()] == [TYPED] and room.judge_all(bob) == [TYPED]


def test_a_file_holds_a_typed_prompt_only_where_who_typed_it_allows_that(room):
    trains, publishes, judge = room.join("train"), room.join("publish"), room.join("publish")
    room.typed_and_approved(trains, "Not for others?")
    room.typed_and_approved(publishes, "For all?")
    room.judge_all(judge)
    assert "For all?" in room.exported() and "Not for others?" not in room.exported()
    room.workshop.withdraw(publishes)
    assert "For all?" not in room.exported() and "Question 0" in room.exported()


def test_a_deleted_session_keeps_none_and_says_before_how_many_go(room):
    ann = room.join()
    room.typed_and_approved(ann)
    room.proposals.propose(ann, "Waiting yet?")
    assert "2 prompts that they proposed" in gone_words(room.bench.deletion.what_goes("local", room.id))
    room.bench.deletion.delete("local", room.id)
    assert room.bench.store.proposals.all(room.id) == []


def test_another_host_sees_and_decides_nothing(room):
    room.proposals.propose(room.join(), TYPED)
    (one,) = room.listed()
    for refused in (
        lambda: room.proposals.all("other", room.id),
        lambda: room.proposals.ask("other", room.id, False),
        lambda: room.proposals.approve("other", room.id, one.id),
        lambda: room.proposals.decline("other", room.id, one.id),
    ):
        with pytest.raises(NotFound):
            refused()
    other = Room(room.bench)
    with pytest.raises(NotFound):
        other.approve(one)


def test_half_a_character_costs_no_prompt(room):
    room.proposals.propose(room.join(), "half \ud83d emoji")
    assert [one.text for one in room.listed()] == ["half ? emoji"]
