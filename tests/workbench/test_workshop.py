"""The workshop without models: what a host may make, what is frozen, and that a run learns from exactly that."""

import json
import uuid
import zipfile
from contextlib import closing
from dataclasses import replace

import pytest

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.preferences import disk_test
from playground.preferences.loads import read_pairs
from playground.preferences.record import Rules
from playground.preferences.store import PreferenceStore
from playground.settings import Settings
from playground.types import Checkpoint, Completion, Prompt
from playground.workbench import Workbench
from playground.workbench.pairs import PairPool
from playground.workbench.rights import HostRights
from playground.workbench.session_recipe import Recipe
from playground.workbench.workshop import MOST_PAIRS, Workshop

RULES = Rules("Tuesday", "Which answer helps more?", "We store your choices.")
MODELS = {
    "sft": Checkpoint("sft", "SFT", "policy", "pocket", "/x", fingerprint="f1", created_at=1.0),
    "dpo": Checkpoint("dpo", "DPO", "policy", "pocket", "/y", fingerprint="f2", created_at=2.0),
}


def sample(workspace, id, prompts, sampling, n=1):
    return [[Completion(p, f"{id} {sampling.seed} {i}", id) for i in range(n)] for p in prompts]


@pytest.fixture
def workshop(tmp_path):
    settings = Settings(data_dir=tmp_path)

    def find(workspace, id):
        return MODELS[id]

    with closing(PreferenceStore(settings.sqlalchemy_url)) as store:
        yield Workshop(settings, store, PairPool(sample, find), find)


@pytest.mark.parametrize("ids", [["sft"], ["dpo", "sft"]])
def test_a_session_holds_the_pairs_it_was_asked_for(workshop, ids):
    session = workshop.make("local", RULES, ids, 25)
    live, _ = workshop.live("local", session.id)
    assert live.labels == (0,) * 25
    assert session.state == "paused"


def test_training_starts_from_the_older_of_the_compared_checkpoints(workshop):
    session = workshop.make("local", RULES, ["dpo", "sft"], 4)
    assert workshop.start_id("local", session.id) == "sft"


def texts(workshop, session):
    return workshop._sessions.texts(session)


def test_people_judge_the_hosts_own_prompts_and_some_are_kept_for_the_second_vote(workshop):
    own = [Prompt.user(f"Own {i}") for i in range(20)]
    session = workshop.make("local", RULES, ["sft"], 32, Recipe("own", own))
    judged = {left.prompt.text for _, left, _ in texts(workshop, session)}
    later = {prompt.text for prompt in workshop._sessions.later_prompts("local", session.id)}
    assert (len(judged), len(later)) == (16, 4)
    assert judged | later == {prompt.text for prompt in own}
    with pytest.raises(NotFound):
        workshop._sessions.later_prompts("another host", session.id)


def test_a_session_is_about_the_pocket_world_unless_its_host_says_otherwise(workshop):
    session = workshop.make("local", RULES, ["sft"], 5)
    assert {left.prompt.source for _, left, _ in texts(workshop, session)} == {"pocket"}
    assert workshop._sessions.later_prompts("local", session.id) == []


SETS = [tuple(Completion(Prompt.user(f"Brought {i}"), f"{text} {i}") for text in "abc") for i in range(12)]


def test_people_judge_the_completions_that_the_host_brings_and_nothing_is_sampled(workshop, monkeypatch):
    monkeypatch.setattr(workshop._pairs, "_sample", None)
    session = workshop.make("local", RULES, ["dpo"], 5, Recipe(sets=SETS))
    found = texts(workshop, session)
    assert len(found) == 36
    assert {text.text for _, *pair in found for text in pair} == {f"{text} {i}" for text in "abc" for i in range(12)}
    assert workshop.start_id("local", session.id) == "dpo"
    assert len(workshop._sessions.later_prompts("local", session.id)) == 12


def test_every_two_of_four_completions_are_judged(workshop):
    session = workshop.make("local", RULES, ["sft"], 12, Recipe(k=4))
    live, _ = workshop.live("local", session.id)
    assert len(live.labels) == 12
    assert len({left.prompt.key for _, left, _ in texts(workshop, session)}) == 2


@pytest.mark.parametrize("known", [0, 7])
def test_as_many_pairs_have_a_known_answer_as_the_host_says(workshop, known):
    session = workshop.make("local", RULES, ["sft"], 4, Recipe(known=known))
    with workshop._store._engine.connect() as connection:
        assert len(read_pairs(connection, session.id, "main").gold) == known


@pytest.mark.parametrize(
    ("recipe", "said"), [(Recipe(k=5), "5 completions"), (Recipe(known=-1), "-1 pairs"), (Recipe(sets=[]), "No row")]
)
def test_a_recipe_that_cannot_work_is_refused_in_words(workshop, recipe, said):
    with pytest.raises(PlaygroundError, match=said) as error:
        workshop.make("local", RULES, ["sft"], 5, recipe)
    assert error.value.hint
    assert workshop.all("local") == []


def test_a_session_without_prompts_is_refused_before_anything_is_sampled(workshop):
    with pytest.raises(PlaygroundError, match="no prompt of your own"):
        workshop.make("local", RULES, ["sft"], 5, Recipe("own"))
    assert workshop.all("local") == []


@pytest.mark.parametrize(
    ("rules", "ids", "n", "said"),
    [
        (RULES, [], 5, "0 checkpoints"),
        (RULES, ["sft"], 0, "0 pairs"),
        (RULES, ["sft"], MOST_PAIRS + 1, "pairs are asked for"),
        (replace(RULES, consent="  "), ["sft"], 5, "consent has 0"),
        (replace(RULES, title="x" * 10_000), ["sft"], 5, "title has 10000"),
        (replace(RULES, overlap=0), ["sft"], 5, "0 labels"),
        (replace(RULES, tie_rule="half"), ["sft"], 5, "tie rule is 'half'"),
    ],
)
def test_a_session_that_cannot_work_is_refused_in_words(workshop, rules, ids, n, said):
    with pytest.raises(PlaygroundError, match=said) as error:
        workshop.make("local", rules, ids, n)
    assert error.value.hint
    assert workshop.all("local") == []


def test_nobody_is_host_on_a_shared_demo(tmp_path):
    demo = Workshop(
        Settings(data_dir=tmp_path, mode="demo"), PreferenceStore(f"sqlite:///{tmp_path / 'a.db'}"), None, None
    )
    with pytest.raises(NotAllowed, match="nobody is host"):
        demo.make("w1", RULES, ["sft"], 5)


def test_before_a_freeze_there_is_nothing_to_train_on(workshop):
    session = workshop.make("local", RULES, ["sft"], 4)
    with pytest.raises(NotFound, match="Nothing of this session is frozen"):
        workshop.frozen("local", session.id)


def test_a_short_password_is_refused_at_the_start(tmp_path):
    with pytest.raises(PlaygroundError, match="has 0 characters"):
        Workbench(Settings(data_dir=tmp_path, mode="workshop"))


def test_a_secret_of_another_start_is_no_hosts():
    first, second = HostRights("a long password"), HostRights("a long password")
    with pytest.raises(NotAllowed):
        second.require({"playground_host": first.sign_in("a long password")})


class Room:
    """A workbench with an open session of eight pairs, and people who join and choose the left."""

    def __init__(self, bench, rules=RULES):
        self.bench, self.workshop = bench, bench.workshop
        asked = [Prompt.user(f"Question {i}") for i in range(8)]
        pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-sft")) for p in asked]
        session = bench.store.sessions.create("local", rules, pairs)
        self.session = bench.workshop.move("local", session.id, "open")

    def join(self, alias, scope="train"):
        secret = uuid.uuid4().hex
        self.workshop.join(self.session.code, secret, alias, scope)
        return secret

    def judge(self, secret, n=1, choice="left"):
        for _ in range(n):
            _, waiting = self.workshop.pairs(secret)
            self.workshop.vote(secret, waiting[0].token, choice, judgment_id=uuid.uuid4().hex)

    def freeze(self):
        return self.workshop.freeze("local", self.session.id)

    def frozen(self):
        return self.workshop.frozen("local", self.session.id)

    def close(self):
        return self.workshop.move("local", self.session.id, "closed")


@pytest.fixture
def room(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        yield Room(bench)


def test_whoever_withdraws_after_the_freeze_is_not_trained_on_and_no_late_vote_comes_in(room):
    ann, bob = room.join("Ann"), room.join("Bob")
    room.judge(ann, 4)
    room.judge(bob, 5)
    before = room.freeze()
    room.judge(bob)
    room.workshop.withdraw(ann)
    after = room.frozen()
    assert (len(before.preferences), len(after.preferences)) == (9, 5)
    assert set(after.preferences) < set(before.preferences)
    assert (after.id == before.id, after.dropped["withdrawn"]) == (False, 4)
    assert room.frozen() == after
    spec = room.bench.runs.start("local", "reward_model", {}, frozen=room.frozen())
    rows = (room.bench.shelf.folder("local", spec.id).path / "data.jsonl").read_text().splitlines()
    assert {json.loads(row)["id"] for row in rows} == {row.id for row in after.preferences}


def test_by_the_rule_of_the_session_a_tie_is_trained_on_once_each_way_and_goes_with_whoever_withdraws(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        room = Room(bench, replace(RULES, tie_rule="both ways"))
        ann, bob = room.join("Ann"), room.join("Bob")
        room.judge(ann, 2)
        room.judge(ann, 1, "tie")
        room.judge(bob, 3, "tie")
        frozen = room.freeze()
        assert [row.annotator.alias for row in frozen.preferences] == ["person 1"] * 4 + ["person 2"] * 6
        ties = frozen.preferences[4:]
        assert [(row.chosen, row.rejected) for row in ties[::2]] == [(row.rejected, row.chosen) for row in ties[1::2]]
        room.workshop.withdraw(bob)
        after = room.frozen()
        assert (len(after.preferences), after.dropped) == (4, {"withdrawn": 3})
        assert room.frozen() == after and after.tie_rule == "both ways"


def test_unless_the_host_says_otherwise_ties_are_left_out(room):
    room.judge(room.join("Ann"), 2, "tie")
    frozen = room.freeze()
    assert (frozen.preferences, frozen.dropped, frozen.tie_rule) == ((), {"tie": 2}, "drop")


def test_a_session_that_is_closed_without_a_freeze_keeps_what_was_judged(room):
    room.judge(room.join("Ann"), 4)
    room.close()
    assert len(room.frozen().preferences) == 4
    assert room.freeze() == room.frozen()


def test_closing_after_a_freeze_lets_no_late_vote_in(room):
    ann = room.join("Ann")
    room.judge(ann, 4)
    kept = room.freeze()
    room.judge(ann)
    assert room.close().snapshot == kept.id
    assert room.frozen() == kept


def test_a_frozen_session_that_is_paused_is_told_to_open_first(room):
    room.freeze()
    with pytest.raises(NotAllowed) as error:
        room.workshop.move("local", room.session.id, "paused")
    assert error.value.hint == "Open it first."


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7"])
def test_without_a_password_no_session_is_held_where_others_reach_the_playground(tmp_path, host):
    def find(workspace, id):
        return MODELS[id]

    pairs = PairPool(sample, find)
    with closing(PreferenceStore(f"sqlite:///{tmp_path / 'a.db'}")) as store:
        alone = Workshop(Settings(data_dir=tmp_path), store, pairs, find)
        shared = Workshop(Settings(data_dir=tmp_path, host=host), store, pairs, find)
        guarded = Workshop(
            Settings(data_dir=tmp_path, host=host, mode="workshop", host_password="p"), store, pairs, find
        )
        session = alone.make("local", RULES, ["sft"], 4)
        for refused in (
            lambda: shared.make("local", RULES, ["sft"], 4),
            lambda: shared.move("local", session.id, "open"),
        ):
            with pytest.raises(NotAllowed, match="everybody who reaches it") as error:
                refused()
            assert "PLAYGROUND_HOST_PASSWORD" in error.value.hint
        assert shared.move("local", session.id, "closed").state == "closed"
        assert guarded.move("local", guarded.make("local", RULES, ["sft"], 4).id, "open").state == "open"


def test_what_is_frozen_names_nobody_and_still_tells_people_apart(room):
    for alias, n in (("Ann Example", 2), ("Bob Example", 3)):
        room.judge(room.join(alias), n)
    frozen = room.freeze()
    assert [row.annotator.alias for row in frozen.preferences] == ["person 1"] * 2 + ["person 2"] * 3
    spec = room.bench.runs.start("local", "reward_model", {}, frozen=frozen)
    folder = room.bench.shelf.folder("local", spec.id).path
    assert all("Example" not in path.read_text() for path in folder.rglob("*.json*"))


def test_a_run_is_not_gone_on_with_once_somebody_it_learned_from_has_withdrawn(room):
    ann, bob, runs = room.join("Ann"), room.join("Bob"), room.bench.runs
    room.judge(ann, 5)
    room.judge(bob, 1)
    room.freeze()

    def stopped():
        spec = runs.start("local", "reward_model", {}, frozen=room.frozen())
        runs.stop("local", spec.id)
        runs.tail("local", spec.id).refresh(force=True)
        return spec.id

    runs.start("local", "reward_model", {}, frozen=room.frozen())  # the others wait for it, and so end at once
    before = stopped()
    room.workshop.withdraw(bob)
    with pytest.raises(NotAllowed, match="have withdrawn since: 1 of its 6 preferences") as error:
        runs.resume("local", before)
    assert "Workshop" in error.value.hint
    after = stopped()
    assert runs.resume("local", after).id == after


def test_a_runs_files_hold_only_the_choices_that_may_leave_and_say_how_many_are_left_out(room, tmp_path):
    publishes, trains, goes = (
        room.join(name, scope) for name, scope in zip("ABC", ("publish", "train", "publish"), strict=True)
    )
    for person, n in ((publishes, 2), (trains, 3), (goes, 4)):
        room.judge(person, n)
    spec = room.bench.runs.start("local", "reward_model", {}, frozen=room.freeze())
    room.workshop.withdraw(goes)
    with zipfile.ZipFile(room.bench.takeaway.run("local", spec.id)) as archive:
        rows = archive.read(f"{spec.id}/data.jsonl").decode().splitlines()
        said = archive.read(f"{spec.id}/left_out.txt").decode()
    assert {json.loads(row)["annotator"]["alias"] for row in rows} == {"person 1"}
    assert len(rows) == 2 and said.startswith("7 of 9 preferences are not in data.jsonl")


def test_a_runs_files_hold_all_that_it_learned_from_where_everybody_allows_it(room):
    room.judge(room.join("Ann", "publish"), 5)
    spec = room.bench.runs.start("local", "reward_model", {}, frozen=room.freeze())
    held = room.bench.shelf.folder("local", spec.id).path / "data.jsonl"
    with zipfile.ZipFile(room.bench.takeaway.run("local", spec.id)) as archive:
        assert archive.read(f"{spec.id}/data.jsonl") == held.read_bytes()
        assert f"{spec.id}/left_out.txt" not in archive.namelist()


def test_a_run_learns_from_the_frozen_set_and_a_late_vote_changes_nothing(room):
    ann, bench = room.join("Ann"), room.bench
    room.judge(ann, 5)
    frozen = room.freeze()
    room.judge(ann)
    spec = bench.runs.start("local", "reward_model", {}, frozen=room.frozen())
    assert (spec.snapshot, spec.data_hash, spec.data_count) == (frozen.id, frozen.content_hash, 5)
    rows = (bench.shelf.folder("local", spec.id).path / "data.jsonl").read_text().splitlines()
    assert len([json.loads(row) for row in rows]) == 5
    assert bench.store.counts("local").total == 0  # a session's choices are not the host's own set


def test_no_session_opens_on_a_disk_that_loses_what_was_stored(room, monkeypatch):
    room.workshop.move("local", room.session.id, "paused")
    monkeypatch.setattr(disk_test, "_WRITE_AND_DIE", "")
    with pytest.raises(PlaygroundError, match="does not keep what is stored"):
        room.workshop.move("local", room.session.id, "open")
    assert room.workshop.find("local", room.session.id).state == "paused"
