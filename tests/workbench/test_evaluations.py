"""Evaluations with the real sampling process and the shipped model: begun, followed, stopped, kept, taken along."""

import json
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.evaluation.plan import Plan
from playground.evaluation.prompt_sets import mixed
from playground.evaluation.running import steps
from playground.events import RunEnded, Saved, StepDone
from playground.registry import audits
from playground.runs.rows import to_json
from playground.settings import Settings
from playground.types import Checkpoint, Completion, Message, Preference, Prompt, RunSpec, Sampling, Speed, Workload
from playground.workbench import Workbench


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data"), mode="demo"))
    made.start()
    yield made
    made.close()


@pytest.fixture
def asleep(tmp_path):
    """A workbench whose processes never start."""
    made = Workbench(Settings(data_dir=tmp_path))
    yield made
    made.close()


@pytest.fixture(scope="module")
def evaluated(bench):
    """A workspace in which the shipped model was asked what it refuses; and what was told meanwhile."""
    plan = bench.evaluations.plan("anna", "pocket-sft")
    bench.evaluations.begin("anna", plan, ["refusals"])
    return plan, list(bench.evaluations.follow("anna"))


def test_a_plan_compares_with_what_the_checkpoint_was_trained_from(bench):
    plan = bench.evaluations.plan("anna", "pocket-sft")
    assert (plan.reference.id, plan.reward, plan.persona) == ("pocket-base", None, "polite")
    assert bench.evaluations.plan("anna", "pocket-base").reference is None
    assert bench.evaluations.plan("anna", "pocket-sft", "pocket-sft").reference is None


def test_an_evaluation_tells_how_far_it_is_and_ends(evaluated):
    _, told = evaluated
    assert told[-1].text.startswith("Done") and told[-1].done == told[-1].total > 0
    assert [step.done for step in told] == sorted(step.done for step in told)


def test_its_reports_are_kept_beside_those_of_the_reference(bench, evaluated):
    plan, _ = evaluated
    ((report, before),) = bench.evaluations.shown("anna", plan)
    assert (report.question, report.checkpoint, before.checkpoint) == ("refusals", "Pocket SFT", "Pocket base")
    assert {answer.verdict for answer in report.findings.answers} == {"refused", "answered"}
    assert report.figure("harmful").value > before.figure("harmful").value


def test_what_was_asked_once_is_not_asked_again(bench, evaluated):
    plan, _ = evaluated
    asked = []
    sample = bench.completions.sample
    bench.completions.sample = lambda *given, **named: asked.append(given) or sample(*given, **named)
    try:
        bench.evaluations.begin("anna", plan, ["refusals"])
        list(bench.evaluations.follow("anna"))
    finally:
        bench.completions.sample = sample
    assert asked == []


def test_another_workspace_sees_none_of_it(bench, evaluated):
    plan, _ = evaluated
    assert bench.evaluations.shown("ben", plan) == []
    with pytest.raises(NotFound, match="no report"):
        bench.evaluations.export("ben", plan, "md")


def test_the_reports_are_taken_along_as_markdown_and_json(bench, evaluated):
    plan, _ = evaluated
    text = bench.evaluations.export("anna", plan, "md").read_text(encoding="utf-8")
    assert "## What does it refuse?" in text and "| before | now |" in text
    (row,) = json.loads(bench.evaluations.export("anna", plan, "json").read_text(encoding="utf-8"))
    assert row["report"]["fingerprint"] == plan.checkpoint.fingerprint
    assert len(row["report"]["findings"]["answers"]) == 96


def test_a_stop_ends_it_between_two_parts_and_a_second_one_may_not_begin_meanwhile(bench):
    plan = bench.evaluations.plan("carla", "pocket-sft")
    bench.evaluations.begin("carla", plan, ["facts", "language"])
    with pytest.raises(NotAllowed, match="on its way"):
        bench.evaluations.begin("carla", plan, ["facts"])
    bench.evaluations.stop("carla")
    *_, last = bench.evaluations.follow("carla")
    assert last.text.startswith("Stopped")
    assert not bench.evaluations.running("carla")
    assert bench.evaluations.shown("carla", plan) == []


def test_a_choice_in_compare_does_not_wait_for_an_evaluation(bench):
    """Its parts go through the same process as a visitor's prompt, one at a time."""
    plan = bench.evaluations.plan("dora", "pocket-sft", seed=5)
    bench.evaluations.begin("dora", plan, ["facts", "language", "win_rate"])
    while not any(step.done for step in bench.evaluations.follow("dora")):
        time.sleep(0.05)
    bench.completions.sample("dora", "pocket-sft", [Prompt.user("What is 2 + 3?")], Sampling(temperature=0.0))
    assert bench.evaluations.running("dora")
    bench.evaluations.stop("dora")
    list(bench.evaluations.follow("dora"))


def test_what_cannot_be_asked_is_refused_in_words(bench):
    alone = bench.evaluations.plan("anna", "pocket-base")
    assert "no checkpoint to compare" in bench.evaluations.offered(alone)["win_rate"]
    with pytest.raises(PlaygroundError, match="None of the ticked"):
        bench.evaluations.begin("anna", alone, ["win_rate"])
    with pytest.raises(NotFound, match="no question 'wit'"):
        bench.evaluations.begin("anna", alone, ["wit"])


def test_the_estimate_falls_to_little_once_all_is_known(bench, evaluated):
    plan, _ = evaluated
    while bench.status().speed is None:
        time.sleep(0.2)
    known, unknown = (bench.evaluations.estimate(who, plan, ["refusals"]) for who in ("anna", "eva"))
    assert known < unknown


def test_the_family_of_a_checkpoint_is_its_start_and_what_came_from_there(bench):
    base, sft = (bench.checkpoints.find("anna", name) for name in ("pocket-base", "pocket-sft"))
    assert [one.id for one in bench.tax_sheets.family("anna", sft)] == ["pocket-sft"]
    assert [one.id for one in bench.tax_sheets.family("anna", base)] == ["pocket-base", "pocket-sft"]
    names = [column.checkpoint.name for column in bench.tax_sheets.sheet("anna", Plan(base)).columns]
    assert names == ["Pocket base", "Pocket SFT"]


def trained(bench, workspace, name, parent="pocket-sft", kind="policy", rows=(), reward=None, **of):
    """A checkpoint of an ended run, without weights."""
    start = bench.checkpoints.find(workspace, "pocket-sft")
    folder = bench.shelf.folder(workspace, name)
    folder.create(RunSpec(name, workspace, "dpo", {}, start, reward, **of), [to_json(row) for row in rows])
    made = Checkpoint(name, name, kind, "pocket", "", parent=parent, run_id=name, fingerprint=name)
    folder.append(Saved(1, made))
    folder.append(RunEnded("done"))
    return made


def test_runs_that_differ_in_the_seed_alone_are_known_as_alike_with_what_they_took(asleep):
    def made(name, config, reward=None, algorithm="dpo", count=9):
        start = asleep.checkpoints.find("lena", "pocket-sft")
        spec = RunSpec(name, "lena", algorithm, config, start, reward=reward, data_hash="same", data_count=count)
        folder = asleep.shelf.folder("lena", name)
        folder.create(spec, [])
        kind = "reward" if algorithm == "reward_model" else "policy"
        folder.append(StepDone(4, {}))
        folder.append(Saved(4, Checkpoint(name, name, kind, "pocket", "", parent="pocket-sft", run_id=name)))
        folder.append(RunEnded("done", cpu_seconds=3.5, peak_bytes=1000))
        return asleep.checkpoints.find("lena", name)

    first = made("dpo-1", {"beta": 0.1, "seed": 0})
    made("dpo-2", {"beta": 0.1, "seed": 1})
    made("dpo-3", {"beta": 0.2, "seed": 0})
    judge = made("reward_model-1", {"seed": 0}, algorithm="reward_model", count=77)
    made("ppo-1", {"rollouts": 32, "seed": 0}, reward=judge, algorithm="ppo", count=512)
    columns = asleep.tax_sheets.sheet("lena", asleep.evaluations.plan("lena", first.id)).columns
    took = {column.checkpoint.id: column.took for column in columns}
    assert took["pocket-sft"] is None  # it came with the playground
    assert took["dpo-1"].alike == took["dpo-2"].alike != took["dpo-3"].alike
    assert (took["dpo-1"].cpu_seconds, took["dpo-1"].labels, took["dpo-1"].reward) == (3.5, 9, "")
    ppo = took["ppo-1"]
    assert (ppo.labels, ppo.reward, ppo.reward_cpu_seconds, ppo.rollouts) == (77, "reward_model-1", 3.5, 4 * 32)


def test_a_reward_model_trained_on_the_prompts_to_be_judged_is_found_out(asleep):
    asked, other = mixed(asleep.evaluations.plan("frieda", "pocket-sft"))[7], Prompt.user("Never asked")
    rows = [Preference(prompt, "a", "b") for prompt in (asked, other)]
    trained(asleep, "frieda", "reward_model-1", kind="reward", rows=rows)
    plan = asleep.evaluations.plan("frieda", "pocket-sft", reward_id="reward_model-1")
    assert plan.taught == (asked.text,)
    assert plan.learned == {asked.key, other.key}


def test_the_exam_is_found_in_an_older_run_of_the_lineage_and_in_its_reward_models(asleep):
    exam = mixed(asleep.evaluations.plan("lea", "pocket-sft"))
    first, second, third = ([Preference(exam[i], "a", "b")] for i in range(3))
    reward = trained(asleep, "lea", "reward_model-1", kind="reward", rows=first)
    trained(asleep, "lea", "ppo-1", rows=second, reward=reward)
    trained(asleep, "lea", "dpo-2", parent="ppo-1", rows=third)
    trained(asleep, "lea", "dpo-3", parent="dpo-2", rows=[Preference(Prompt.user("Never asked"), "a", "b")])
    plan = asleep.evaluations.audit_plan("lea", "dpo-3")
    assert set(plan.sources) == {"reward_model-1", "ppo-1", "dpo-2", "dpo-3"} and not plan.read
    asleep.evaluations.begin("lea", plan, ["leakage"])
    list(asleep.evaluations.follow("lea"))
    ((report, _),) = asleep.evaluations.shown("lea", plan, ["leakage"])
    sources = {a.prompt: a.note for a in report.findings.answers if a.verdict == "stands there"}
    for i, source in enumerate(["reward_model-1", "ppo-1", "dpo-2"]):
        assert sources[exam[i].text].endswith(source)


def test_completions_and_earlier_turns_are_looked_in_too(asleep):
    exam = [prompt.text for prompt in mixed(asleep.evaluations.plan("ned", "pocket-sft"))]
    turns = Prompt(tuple(Message(*turn) for turn in (("user", exam[0]), ("assistant", exam[1]), ("user", "And?"))))
    trained(asleep, "ned", "dpo-1", rows=[Preference(turns, exam[2], exam[3])])
    plan = asleep.evaluations.audit_plan("ned", "dpo-1")
    asleep.evaluations.begin("ned", plan, ["leakage"])
    list(asleep.evaluations.follow("ned"))
    ((report, _),) = asleep.evaluations.shown("ned", plan, ["leakage"])
    assert {a.prompt for a in report.findings.answers if a.verdict == "stands there"} >= set(exam[:4])


def test_a_reward_model_that_people_taught_has_no_personas_wishes_to_meet(asleep):
    trained(asleep, "pia", "dpo-1", persona="concise")
    trained(asleep, "pia", "people", parent="dpo-1", kind="reward")
    trained(asleep, "pia", "simulated", parent="dpo-1", kind="reward", persona="truthful")
    plans = {name: asleep.evaluations.audit_plan("pia", name) for name in ("people", "simulated", "dpo-1")}
    assert {name: plan.persona for name, plan in plans.items()} == {
        "people": "",
        "simulated": "truthful",
        "dpo-1": "concise",
    }
    assert not plans["people"].exact and plans["simulated"].exact
    assert asleep.checkpoints.annotator("pia", plans["people"].checkpoint) is None


@pytest.mark.parametrize(
    ("judges", "named"),
    [
        ({"persona concise": 9}, "concise"),
        ({"persona paid-by-the-word": 9}, ""),
        ({"persona concise": 3, "persona truthful": 3, "persona polite": 3}, ""),
    ],
)
def test_who_judged_the_labels_is_named_for_a_policy_and_not_who_watched_its_training(asleep, judges, named):
    space, watched = f"eve-{len(judges)}-{named}", {"persona": "concise", "data_count": 9}
    reward = trained(asleep, space, "rm-1", kind="reward", data_from=judges, **watched)
    trained(asleep, space, "ppo-1", reward=reward, data_from={"pocket": 9}, **watched)
    trained(asleep, space, "dpo-1", data_from=judges, **watched)
    trained(asleep, space, "dpo-2", parent="ppo-1")
    assert {asleep.evaluations.plan(space, name).persona for name in ("ppo-1", "dpo-1", "dpo-2")} == {named}


def test_a_checkpoint_is_not_blamed_for_what_came_after_it(asleep):
    exam = mixed(asleep.evaluations.plan("lou", "pocket-sft"))
    trained(asleep, "lou", "dpo-1", rows=[Preference(exam[0], "a", "b")])
    plan = asleep.evaluations.audit_plan("lou", "dpo-1")
    (step,) = steps([audits()["leakage"]], plan)
    assert step.plan.checkpoint.id == "dpo-1" and plan.reference.id == "pocket-sft"


def test_a_checkpoint_whose_ancestor_was_deleted_is_of_no_family_and_stops_no_other(asleep):
    trained(asleep, "gina", "dpo-1")
    trained(asleep, "gina", "dpo-2", parent="deleted")
    sft = asleep.checkpoints.find("gina", "pocket-sft")
    assert [one.id for one in asleep.tax_sheets.family("gina", sft)] == ["pocket-sft", "dpo-1"]


def test_the_tax_sheet_keeps_what_people_chose(asleep):
    """Its reports take the place of those that Evaluate made of the same pair."""
    sft, dpo = asleep.checkpoints.find("hanna", "pocket-sft"), trained(asleep, "hanna", "dpo-1")
    prompt = Prompt.user("What is 2 + 3?")
    left, right = (Completion(prompt, who.id, who.id, fingerprint=who.fingerprint) for who in (sft, dpo))
    person = asleep.preferences.person("hanna")
    token = asleep.store.show_pair("hanna", person, left, right)
    asleep.preferences.choose("hanna", token, "right", judgment_id="1")
    plan = asleep.evaluations.plan("hanna", "dpo-1")
    (step,) = (s for s in asleep.tax_sheets.steps("hanna", plan) if s.question.name == "win_rate")
    assert [one.score for one in plan.people] == [1.0]
    assert step.plan.people == plan.people


def test_an_evaluation_that_breaks_says_so_with_what_to_do(asleep, monkeypatch):
    def full(*given, **named):
        raise OSError("No space left on device")

    monkeypatch.setattr(asleep.completions, "sample", full)
    asleep.evaluations.begin("ida", asleep.evaluations.plan("ida", "pocket-sft"), ["refusals"])
    with pytest.raises(PlaygroundError, match="broke off: OSError: No space left") as caught:
        list(asleep.evaluations.follow("ida"))
    assert "Begin it again" in caught.value.hint
    assert not asleep.evaluations.running("ida")


def test_a_larger_model_beside_the_pocket_model_counts_with_its_own_size(asleep):
    asleep.evaluations._estimates.speed = Speed(1000.0, 1000.0, 1000.0, "cpu", "float32", 1)
    plan = asleep.evaluations.plan("jan", "pocket-sft")
    larger = replace(plan, reference=Checkpoint("smol", "SmolLM2", "policy", "smollm2-135m", "", fingerprint="smol"))
    small, large = (asleep.evaluations.estimate("jan", one, ["win_rate"]) for one in (plan, larger))
    assert large > 20 * small


def test_an_estimate_learns_from_what_evaluations_took_lately(asleep, monkeypatch):
    """The machine turns out to be ten times slower than it was when it was measured."""
    evaluations, now = asleep.evaluations, [0.0]
    evaluations._estimates.speed = Speed(1000.0, 1000.0, 1000.0, "cpu", "float32", 1)
    plan = evaluations.plan("lea", "pocket-sft")
    said = evaluations.estimate("lea", plan, ["facts"])

    def slow(workspace, checkpoint_id, prompts, sampling, n):
        now[0] += 10 * 14 * n * len(prompts) / 1000.0  # tokens of a usual completion
        return [[Completion(prompt, "Ugh.")] * n for prompt in prompts]

    monkeypatch.setattr(asleep.completions, "sample", slow)
    monkeypatch.setattr("playground.workbench.evaluation_progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    evaluations.begin("lea", plan, ["facts"])
    list(evaluations.follow("lea"))
    assert evaluations.estimate("mia", plan, ["facts"]) == pytest.approx(now[0], rel=0.2)
    assert said < now[0] / 5

    learned = evaluations.estimate("mia", plan, ["facts"])
    much = Workload(sample_tokens=1e6)
    with monkeypatch.context() as patched:
        patched.setattr("playground.workbench.evaluations.workloads", lambda todo, _: [(plan.checkpoint, much)])
        evaluations.begin("lea", plan, ["facts"])  # all of it is known
        list(evaluations.follow("lea"))
    assert evaluations.estimate("mia", plan, ["facts"]) == learned


def test_work_shared_by_models_of_different_size_does_not_tell_how_fast_either_is(asleep):
    estimates = asleep.evaluations._estimates
    estimates.speed = Speed(1000.0, 1000.0, 1000.0, "cpu", "float32", 1)
    pocket, smol = (Checkpoint(card, card, "policy", card, "") for card in ("pocket", "smollm2-135m"))
    work = Workload(sample_tokens=5000.0)
    before = estimates.of_work(work, pocket)
    estimates.learn([(pocket, work), (smol, work)], 10_000.0)
    estimates.learn([(pocket, Workload(sample_tokens=1.0))], 50.0)  # all of it overhead
    assert estimates.of_work(work, pocket) == before
    estimates.learn([(smol, work)], 10_000.0)
    assert estimates.of_work(work, pocket) == before
    estimates.learn([(pocket, work)], 10.0)
    assert estimates.of_work(work, pocket) == pytest.approx(work.fixed_s + 10.0)


def test_an_evaluation_of_a_demo_ends_once_its_minutes_have_passed(tmp_path, monkeypatch):
    bench, asked = Workbench(Settings(data_dir=tmp_path, mode="demo", demo_minutes=1)), []

    def slow(workspace, checkpoint_id, prompts, sampling, n):
        asked.append(len(prompts))
        return [[Completion(prompt, "Ugh.")] * n for prompt in prompts]

    monkeypatch.setattr(bench.completions, "sample", slow)
    monkeypatch.setattr(
        "playground.workbench.evaluation_progress.time", SimpleNamespace(monotonic=lambda: 61.0 * len(asked))
    )
    bench.evaluations.begin("kim", bench.evaluations.plan("kim", "pocket-sft"), ["facts"])
    *_, last = bench.evaluations.follow("kim")
    bench.close()
    assert len(asked) == 1
    assert last.text.startswith("Stopped after 1 min") and "begin it again to go on" in last.text
