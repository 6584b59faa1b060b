"""Runs as text: their settings side by side, and one run against what is usual."""

import dataclasses

import pytest

from playground.registry import algorithms
from playground.runs.tail import RunSummary
from playground.types import Checkpoint, RunSpec
from playground.ui.run_rows import _value, names_of, run_row, side_by_side

SFT = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")
JUDGE = Checkpoint("reward_model-1", "My judge", "reward", "pocket", "/nowhere", parent="pocket-sft")


def run(algorithm, number=1, reward=None, name=None, **config):
    full = dataclasses.asdict(algorithms()[algorithm].config(**config))
    named = {"name": name or f"{algorithm} {number}", "data_count": 60, "data_from": {"persona polite": 60}}
    return RunSummary(RunSpec(f"{algorithm}-{number}", "local", algorithm, full, SFT, reward, **named), "done")


def shown(value, title):
    """The rows of the group whose title holds that text: setting -> values."""
    return {r["setting"]: r["values"] for g in value["groups"] if title in g["title"] for r in g["rows"]}


def test_a_setting_differs_only_between_runs_that_have_it():
    value = side_by_side([run("ppo", 1, kl_coef=0.1), run("ppo", 2, kl_coef=0.2), run("dpo", 3)], {})
    marked = {r["setting"]: r["values"] for g in value["groups"] if g["marked"] for r in g["rows"]}
    assert marked["KL coefficient"] == ["0.1", "0.2", None]
    assert "Beta" not in marked and "Rollouts" not in marked
    assert shown(value, "only some")["Beta"] == [None, None, "0.1"]


def test_runs_that_differ_in_nothing_are_said_to():
    value = side_by_side([run("dpo", 1), run("dpo", 2)], {})
    assert not any(group["marked"] for group in value["groups"])
    assert value["note"]


def test_one_run_is_laid_beside_what_is_usual():
    value = side_by_side([run("dpo", 1, beta=0.3)], {})
    assert shown(value, "Changed") == {"Beta": ["0.3", "0.1"]}
    assert len(shown(value, "as usual")) == len(dataclasses.fields(algorithms()["dpo"].config)) - 1
    facts = {r["setting"]: r["values"][0] for r in value["groups"][0]["rows"]}
    assert facts["Data"] == "60 preferences by the persona polite (simulated)"
    assert "Changed" not in {g["title"] for g in side_by_side([run("dpo", 1)], {})["groups"]}


def test_the_reward_model_of_a_policy_tells_what_it_was_trained_on():
    judge = run("reward_model", 1)
    value = side_by_side([run("ppo", 1, reward=JUDGE)], {"reward_model-1": judge})
    facts = {r["setting"]: r["values"][0] for r in value["groups"][0]["rows"]}
    assert facts["Reward model"] == "My judge, trained on 60 preferences by the persona polite (simulated)"


def test_what_a_recorded_run_was_made_with_is_marked_and_what_is_shipped_is_not():
    judge = dataclasses.replace(JUDGE, run_id="reward_model-1")
    own = run("ppo", 1, reward=judge)
    recorded = dataclasses.replace(own, spec=dataclasses.replace(own.spec, workspace=""))
    facts = {r["setting"]: r["values"][0] for r in side_by_side([recorded], {})["groups"][0]["rows"]}
    assert (facts["Reward model"], facts["Started from"]) == ("My judge (recorded)", "Pocket SFT")
    facts = {r["setting"]: r["values"][0] for r in side_by_side([own], {})["groups"][0]["rows"]}
    assert facts["Reward model"] == "My judge"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (30, "30 s"), (104, "2 min"), (7200, "2.0 h"), (0, "")])
def test_how_long_a_run_took_is_told_as_everywhere(seconds, words):
    assert run_row(dataclasses.replace(run("dpo"), seconds=seconds), recorded=False)["took"] == words


def test_without_a_run_there_is_nothing_to_lay_side_by_side():
    assert side_by_side([], {}) == {}


def test_two_runs_of_one_name_are_told_apart():
    alike = [run("dpo", 1, name="Mine"), run("dpo", 2, name="Mine"), run("dpo", 3, name="Other")]
    assert sorted(names_of(alike).values()) == ["Mine (po-1)", "Mine (po-2)", "Other"]


@pytest.mark.parametrize("active", [True, False])
def test_a_line_tells_the_last_result_and_how_far_a_run_has_come(active):
    status = "running" if active else "done"
    summary = dataclasses.replace(
        run("ppo"), status=status, step=3, total_steps=40, metrics={"gold_reward": 9.0, "proxy_reward": 1.25}
    )
    row = run_row(summary, recorded=False)
    assert "1.25" in row["result"] and "9" not in row["result"]
    assert ("step 3 of 40" in row["result"]) is active
    assert row["active"] is active


def test_a_share_is_told_in_per_cent():
    accuracy = dataclasses.replace(run("dpo"), metrics={"held_out_accuracy": 0.333})
    assert run_row(accuracy, recorded=False)["result"].endswith(" 33 %")


def test_half_a_per_cent_goes_up_here_as_on_the_page_of_the_run():
    assert _value("held_out_accuracy", 0.625) == "63 %" and _value("held_out_accuracy", 0.624) == "62 %"
