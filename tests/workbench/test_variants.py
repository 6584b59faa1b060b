"""A model trained here, trained again with one thing changed by real runs, and what that changed."""

import time
from dataclasses import replace

import pytest

from playground.errors import NotFound, PlaygroundError
from playground.evaluation.sheet import sheet_steps
from playground.registry import questions
from playground.settings import Settings
from playground.workbench import Workbench
from playground.workbench.variants import MORE_SEEDS

QUICK = {"held_out_share": 0.0, "epochs": 1}
SHORT = {"iterations": 1, "rollouts": 4, "max_new_tokens": 8, "ppo_epochs": 1, "normalise_rollouts": 4}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))
    made.start()
    for persona, count in (("polite", 34), ("concise", 26)):
        list(made.preferences.persona_labels("local", persona, count, ["pocket-sft"]))
    yield made
    made.close()


@pytest.fixture(scope="module")
def dpo(bench):
    return trained(bench, "dpo", QUICK)


@pytest.fixture(scope="module")
def ppo(bench):
    judge = trained(bench, "reward_model", QUICK)
    return trained(bench, "ppo", SHORT, reward_id=judge.id)


def trained(bench, algorithm, values, **more):
    spec = bench.runs.start("local", algorithm, values, **more)
    limit = time.monotonic() + 240
    while (run := bench.runs.find("local", spec.id)).active:
        assert time.monotonic() < limit
        time.sleep(0.1)
    assert run.status == "done", run.message
    return run.checkpoint


def plan(bench, checkpoint):
    return bench.evaluations.plan("local", checkpoint.id)


def made_of(bench):
    """What the variant that was just begun makes, and its run."""
    *_, last = bench.evaluations.follow("local")
    assert last.text.startswith("Done"), last
    made = bench.checkpoints.find("local", bench.evaluations.made_now("local"))
    return made, bench.runs.find("local", made.run_id).spec


def changes(bench, checkpoint):
    return {one.key: one for one in bench.variants.label_changes("local", checkpoint)}


def without(bench, checkpoint, persona):
    return next(one for one in changes(bench, checkpoint).values() if f"without the persona {persona}" in one.title)


@pytest.mark.slow
def test_without_one_annotator_it_is_trained_again_and_what_it_says_otherwise_is_listed(bench, dpo):
    change = without(bench, dpo, "concise")
    bench.variants.begin_labels("local", plan(bench, dpo), change.key)
    made, spec = made_of(bench)
    old = bench.runs.find("local", dpo.run_id).spec
    assert (spec.config, spec.start, spec.seed) == (old.config, old.start, old.seed)
    assert spec.data_count == len(change.rows) < old.data_count and spec.name.startswith(f"{old.name}, without")
    ((report, _),) = bench.evaluations.shown("local", bench.evaluations.plan("local", made.id, dpo.id), ["changed"])
    assert report.figure("changed").value > 0 and report.findings.answers[0].beside
    assert spec.persona == "polite"


@pytest.mark.slow
def test_without_the_persona_that_judged_most_nobody_claims_that_it_judged(bench, dpo):
    bench.variants.begin_labels("local", plan(bench, dpo), without(bench, dpo, "polite").key)
    _, spec = made_of(bench)
    assert spec.persona == "concise"


@pytest.mark.slow
def test_other_labels_of_a_ppo_run_train_its_reward_model_first(bench, ppo):
    bench.variants.begin_labels("local", plan(bench, ppo), "half")
    _, spec = made_of(bench)
    judge = bench.runs.find("local", spec.reward.run_id).spec
    before = bench.runs.find("local", ppo.run_id).spec
    assert spec.reward.id != before.reward.id and spec.config == before.config
    assert judge.data_count == bench.runs.find("local", before.reward.run_id).spec.data_count // 2


@pytest.fixture
def short_sheet(bench, monkeypatch):
    """The sheet asks one question of all in it: that it asks all of them is tested elsewhere."""

    def steps(space, about):
        start, *others = bench.tax_sheets.family(space, about.checkpoint)
        return sheet_steps(
            [questions()["refusals"]], start, [replace(about, checkpoint=one, reference=start) for one in others]
        )

    monkeypatch.setattr(bench.tax_sheets, "steps", steps)


@pytest.mark.slow
def test_the_repaired_version_mixes_demonstrations_in_and_stands_on_the_sheet(bench, dpo, short_sheet):
    bench.variants.begin_repair("local", plan(bench, dpo))
    made, spec = made_of(bench)
    old = bench.runs.find("local", dpo.run_id).spec
    assert spec.config == {**old.config, "sft_coef": 1.0} and spec.data_hash == old.data_hash
    columns = {one.checkpoint.id: one for one in bench.tax_sheets.sheet("local", plan(bench, dpo)).columns}
    assert columns[made.id].figure("refusals", "harmful") and columns[dpo.id].figure("refusals", "harmful")
    with pytest.raises(PlaygroundError, match="mixed in already"):
        bench.variants.begin_repair("local", plan(bench, made))


@pytest.mark.slow
def test_other_seeds_are_known_as_runs_that_differ_in_the_seed_alone(bench, dpo, short_sheet):
    bench.variants.begin_seeds("local", plan(bench, dpo))
    made_of(bench)
    columns = bench.tax_sheets.sheet("local", plan(bench, dpo)).columns
    alike = [one.took.alike for one in columns if one.took]
    first = next(one.took.alike for one in columns if one.checkpoint.id == dpo.id)
    assert alike.count(first) == 1 + MORE_SEEDS
    made = [run.spec for run in bench.runs.all("local") if ", seed " in run.spec.name]
    assert sorted(one.seed for one in made) == [1, 2] and all(one.config["seed"] == one.seed for one in made)


def test_what_was_not_trained_here_on_preferences_has_no_variants(bench):
    sft = bench.checkpoints.find("local", "pocket-sft")
    assert bench.variants.label_changes("local", sft) == [] and bench.variants.seconds("local", sft) is None
    for begin in (bench.variants.begin_repair, bench.variants.begin_seeds):
        with pytest.raises(PlaygroundError, match="came with the playground"):
            begin("local", plan(bench, sft))


@pytest.mark.slow
def test_a_change_that_is_not_offered_is_refused(bench, dpo):
    with pytest.raises(NotFound, match="no such change"):
        bench.variants.begin_labels("local", plan(bench, dpo), "annotator-nobody")
