"""The second vote: what it compares, who is given it, what is told of it and when, and that it trains nothing."""

import uuid
from collections import Counter
from contextlib import closing

import pytest
from sqlalchemy import select

from playground.errors import NotAllowed, NotFound
from playground.events import RunEnded, Saved, StepDone
from playground.preferences import tables
from playground.preferences.insertion import add_later_prompts
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Checkpoint, Completion, Prompt
from playground.workbench import Workbench

RULES = Rules("Tuesday", "Which answer helps more?", "We store your choices.")


class Room:
    """People who judge six pairs of pocket-sft, and models that say who they are, as nobody is told."""

    def __init__(self, bench):
        self.bench = bench
        asked = [Prompt.user(f"Question {i}") for i in range(6)]
        pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-sft")) for p in asked]
        made = bench.store.sessions.create("local", RULES, pairs)
        self.id, self.code = made.id, made.code
        bench.workshop.move("local", made.id, "open")

        def sample(workspace, id, prompts, sampling, n=1):
            said = "after" if id.startswith("dpo") else "before"
            return [[Completion(p, said, id, sampling=sampling) for _ in range(n)] for p in prompts]

        bench.revotes._pool._sample = sample

    def join(self, n=1):
        people = [uuid.uuid4().hex for _ in range(n)]
        for secret in people:
            self.bench.workshop.join(self.code, secret, "", "train")
        return people

    def judge(self, secret, choose, n):
        for number in range(n):
            _, (pair, *_) = self.bench.workshop.pairs(secret)
            self.bench.workshop.vote(secret, pair.token, choose(pair, number), judgment_id=uuid.uuid4().hex)

    def freeze(self):
        return self.bench.workshop.freeze("local", self.id)

    def outcome(self):
        return self.bench.revotes.outcome("local", self.id)

    def train(self, algorithm="dpo", frozen=None, ended=True, accuracy=None):
        """A run on the frozen set, as its training would have left it."""
        frozen = frozen or self.bench.workshop.frozen("local", self.id)
        spec = self.bench.runs.start("local", algorithm, {}, frozen=frozen)
        folder = self.bench.shelf.folder("local", spec.id)
        kind = "reward" if algorithm == "reward_model" else "policy"
        folder.append(StepDone(1, {"held_out_accuracy": accuracy} if accuracy else {"loss": 1.0}))
        folder.append(Saved(1, Checkpoint(spec.id, spec.name, kind, "pocket", "/x", run_id=spec.id, fingerprint="f")))
        if ended:
            folder.append(RunEnded("done"))
        self.bench.runs.tail("local", spec.id).refresh(force=True)
        return spec.id


def prefers(said):
    return lambda pair, number: "left" if pair.left == said else "right"


@pytest.fixture
def room(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        yield Room(bench)


@pytest.fixture
def voting(room):
    """Twelve people have judged, a policy has learned, and the second vote is open."""
    room.people = room.join(12)
    for secret in room.people:
        room.judge(secret, lambda pair, number: "left", 3)
    room.frozen = room.freeze()
    room.policy = room.train()
    room.bench.revotes.begin("local", room.id)
    return room


def test_before_a_freeze_and_before_a_policy_there_is_nothing_to_vote_on_again(room):
    (ann,) = room.join()
    with pytest.raises(NotAllowed, match="is open"):
        room.bench.revotes.begin("local", room.id)
    room.judge(ann, lambda pair, number: "left", 5)
    room.freeze()
    room.train("reward_model")
    with pytest.raises(NotFound, match="No policy has learned"):
        room.bench.revotes.begin("local", room.id)
    room.train(ended=False)
    with pytest.raises(NotFound, match="still learning"):
        room.bench.revotes.begin("local", room.id)


def test_the_same_devices_get_the_new_round_without_joining_and_nothing_of_the_old_one(voting):
    session, pairs = voting.bench.workshop.pairs(voting.people[0])
    assert (session.state, session.revotes, len(pairs)) == ("open", 1, 4)
    assert all({pair.left, pair.right} == {"before", "after"} for pair in pairs)


def test_it_asks_prompts_that_nobody_has_judged(voting):
    judged = {row.prompt.key for row in voting.frozen.preferences}
    _, pairs = voting.bench.workshop.pairs(voting.people[0])
    assert judged.isdisjoint(pair.prompt.key for pair in pairs)


def test_where_prompts_were_kept_for_it_it_asks_those_and_no_others(room):
    kept = [Prompt.user(f"Kept {i}") for i in range(3)]
    room.bench.store._write(lambda writing: add_later_prompts(writing, room.id, kept))
    (ann,) = room.join()
    room.judge(ann, lambda pair, number: "left", 5)
    room.freeze()
    room.train()
    room.bench.revotes.begin("local", room.id)
    _, pairs = room.bench.workshop.pairs(ann)
    assert {pair.prompt.text for pair in pairs} == {"Kept 0", "Kept 1", "Kept 2"}


def test_each_model_is_on_the_left_as_often_as_on_the_right(voting):
    for secret in voting.people:
        sides = []
        voting.judge(secret, lambda pair, number, sides=sides: sides.append(pair.left) or "tie", 6)
        assert abs(sides.count("after") - sides.count("before")) <= 1


def test_while_people_vote_nobody_is_told_who_wins(voting):
    voting.judge(voting.people[0], prefers("after"), 2)
    found = voting.outcome()
    assert (found.choices, found.people, found.share, found.rate.value) == (2, 1, None, None)


def test_the_result_is_the_share_of_the_new_model_with_an_interval_by_people(voting):
    for number, secret in enumerate(voting.people):
        voting.judge(secret, prefers("after" if number < 9 else "before"), 4)
    voting.freeze()
    found = voting.outcome()
    assert (found.choices, found.people, found.share) == (48, 12, 0.75)
    assert 0.4 < found.rate.low < 0.75 < found.rate.high <= 1.0
    assert found.rate.high - found.rate.low > 0.3  # 48 independent choices would give a quarter of one


def test_a_tie_counts_half_and_a_skip_nothing(voting):
    for choice in ("tie", "both_bad", "skip"):
        voting.judge(voting.people[0], lambda pair, number, choice=choice: choice, 1)
    voting.freeze()
    assert (voting.outcome().choices, voting.outcome().share) == (2, 0.5)


def test_with_few_people_there_is_a_share_and_no_interval(voting):
    for secret in voting.people[:3]:
        voting.judge(secret, prefers("after"), 4)
    voting.freeze()
    assert (voting.outcome().share, voting.outcome().rate.value) == (1.0, None)


def test_who_withdraws_is_not_in_the_result(voting):
    voting.judge(voting.people[0], prefers("after"), 3)
    voting.judge(voting.people[1], prefers("before"), 3)
    voting.bench.workshop.withdraw(voting.people[0])
    voting.freeze()
    assert (voting.outcome().people, voting.outcome().share) == (1, 0.0)


def test_its_choices_train_nothing_and_what_was_frozen_stays(voting):
    voting.judge(voting.people[0], prefers("after"), 5)
    assert voting.freeze() == voting.frozen
    assert voting.bench.store.counts(voting.id).dropped["revote"] == 5
    assert voting.bench.workshop.live("local", voting.id)[0].checks.same.n == 0


def test_a_choice_of_the_first_round_that_comes_late_is_kept_and_is_not_in_the_result(room):
    (ann,) = room.join()
    room.judge(ann, lambda pair, number: "left", 5)
    _, held = room.bench.workshop.pairs(ann)
    room.freeze()
    room.train()
    room.bench.revotes.begin("local", room.id)
    room.bench.workshop.vote(ann, held[0].token, "left", judgment_id="late")
    assert room.outcome().choices == 0
    assert "late" in {row.id for row in room.bench.store.judgments(room.id)}


def test_a_second_policy_gets_a_vote_of_its_own(voting):
    voting.judge(voting.people[0], prefers("before"), 3)
    voting.freeze()
    again = voting.train()
    voting.bench.revotes.begin("local", voting.id)
    voting.judge(voting.people[1], prefers("after"), 2)
    voting.freeze()
    found = voting.outcome()
    assert voting.bench.store.revotes.last(voting.id).new == again
    assert (found.choices, found.share) == (2, 1.0)


def test_the_reward_models_accuracy_and_the_human_ceiling_stand_beside_it(voting):
    voting.train("reward_model", accuracy=0.71)
    voting.freeze()
    assert voting.outcome().accuracy == 0.71
    assert voting.outcome().ceiling == voting.bench.workshop.live("local", voting.id)[0].ceiling


def test_a_run_on_another_set_is_not_what_the_room_votes_on(room):
    (ann,) = room.join()
    room.judge(ann, lambda pair, number: "left", 5)
    mine = room.freeze()
    other = Room(room.bench)
    (bob,) = other.join()
    other.judge(bob, lambda pair, number: "right", 5)
    other.freeze()
    other.train()
    with pytest.raises(NotFound, match="No policy"):
        room.bench.revotes.begin("local", room.id)
    assert mine.id in room.bench.store.snapshot_ids(room.id)


def test_the_curves_name_nobody_and_follow_the_rounds(voting):
    told = voting.bench.session_runs.curves(voting.code)
    assert (told["state"], told["round"]) == ("open", 1)
    assert [(run["makes"], run["status"]) for run in told["runs"]] == [("policy", "done")]
    assert set(told["runs"][0]) == {"title", "makes", "status", "step", "total", "metric", "name", "unit", "points"}


def test_once_a_reward_model_knows_the_pairs_every_other_one_is_drawn_by_it(room, monkeypatch):
    (ann,) = room.join()
    room.judge(ann, lambda pair, number: "left", 5)
    session = room.bench.workshop.find("local", room.id)
    assert room.bench.informed.weigh(session) == 0
    room.freeze()
    reward = room.train("reward_model")
    asked = []

    def score(workspace, reward_id, completions):
        asked.append(reward_id)
        return [
            0.0 if "Question 3" in completion.prompt.text else 40.0 * (n % 2)
            for n, completion in enumerate(completions)
        ]

    monkeypatch.setattr(room.bench.informed._completions, "score", score)
    room.bench.workshop.move("local", room.id, "open")
    room.bench.informed.begin("local", room.id)._thread.join()
    assert asked == [reward]
    for secret in room.join(10):
        room.bench.workshop.pairs(secret)
    with room.bench.store._engine.connect() as connection:
        given = Counter(connection.scalars(select(tables.assignment.c.strategy)))
    assert given["informative"] > 0 and given["uniform"] > 0
