"""Which choices a win rate is made of: of people here, between exactly these two, as they are now."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from playground.preferences.exchange import read_judgments, write_judgments
from playground.table_files import FileLimits
from playground.types import Checkpoint, Completion, Prompt

SFT = Checkpoint("sft", "SFT", "policy", "pocket", "/s", fingerprint="f-sft")
DPO = Checkpoint("dpo", "DPO", "policy", "pocket", "/d", fingerprint="f-dpo")


def written(checkpoint, prompt="Hi", text=""):
    return Completion(Prompt.user(prompt), text or checkpoint.id, checkpoint.id, fingerprint=checkpoint.fingerprint)


@pytest.fixture
def judge(store):
    def judge(left, right, choice, workspace="room", alias="Ann"):
        person = store.annotator(workspace, "person", alias)
        token = store.show_pair(workspace, person, left, right)
        return store.judge(workspace, token, choice, id=str(uuid.uuid4()))

    return judge


def scores(store):
    return [score for _, score in store.scores("room", SFT, DPO)]


@pytest.mark.parametrize(
    ("choice", "policy_left", "policy_right"),
    [
        ("left", [1.0], [0.0]),
        ("right", [0.0], [1.0]),
        ("tie", [0.5], [0.5]),
        ("both_bad", [0.5], [0.5]),
        ("skip", [], []),
    ],
)
def test_a_choice_scores_the_policy_on_whichever_side_it_stood(store, judge, choice, policy_left, policy_right):
    judge(written(DPO), written(SFT), choice)
    assert scores(store) == policy_left
    judge(written(SFT), written(DPO), choice)
    assert scores(store) == policy_left + policy_right
    assert [1 - score for score in scores(store)] == [score for _, score in store.scores("room", DPO, SFT)]


def test_only_pairs_of_exactly_these_two_count(store, judge):
    other = replace(DPO, id="ppo")
    for left, right in ((DPO, DPO), (SFT, SFT), (other, SFT), (DPO, other)):
        judge(written(left, text="a"), written(right, text="b"), "left")
    judge(Completion(Prompt.user("Hi"), "typed"), written(SFT), "left")
    assert scores(store) == []


def test_weights_that_have_changed_since_are_another_model(store, judge):
    judge(written(replace(DPO, fingerprint="before it was resumed")), written(SFT), "left")
    assert scores(store) == []
    judge(written(DPO), written(SFT), "left")
    assert scores(store) == [1.0]


def test_simulated_and_imported_choices_do_not_count(store, judge, tmp_path):
    store.judge_many("room", store.annotator("room", "persona", "terse"), [(written(DPO), written(SFT), "left")])
    judge(written(DPO), written(SFT), "left", workspace="other")
    write_judgments(tmp_path / "f.jsonl", store.judgments("other"), "everything")
    store.add_judgments("room", read_judgments(tmp_path / "f.jsonl", FileLimits())[0], "f.jsonl")
    assert len(store.judgments("room")) == 2
    assert scores(store) == []


def test_what_was_undone_or_removed_or_withdrawn_does_not_count(store, judge):
    store.remove("room", judge(written(DPO), written(SFT), "left"))
    judge(written(DPO), written(SFT), "left", alias="Bo")
    store.undo("room", store.annotator("room", "person", "Bo"))
    judge(written(DPO), written(SFT), "left", alias="Cy")
    store.withdraw("room", store.annotator("room", "person", "Cy"))
    assert scores(store) == []


def test_an_order_counts_for_its_pairs_across_the_two(store):
    ranked = [written(DPO, text="a"), written(SFT, text="b"), written(DPO, text="c")]
    store.rank_many("room", store.annotator("room", "person", "Ann"), ranked, [[0], [1], [2]], id="r")
    assert scores(store) == [1.0, 0.0]  # a over b, b over c; a over c is between the policy and itself


def test_choices_come_by_prompt_in_the_order_of_judging(store, judge):
    for prompt, choice in (("one", "left"), ("two", "right"), ("one", "tie")):
        judge(written(DPO, prompt), written(SFT, prompt), choice)
    (one, first), (two, second), (again, third) = store.scores("room", SFT, DPO)
    assert one == again != two
    assert (first, second, third) == (1.0, 0.0, 0.5)
