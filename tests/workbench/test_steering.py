"""Sycophancy led down by a real run on the shipped model, and measured before and after."""

import pytest

from playground.errors import PlaygroundError
from playground.evaluation.plan import Plan
from playground.evaluation.steering import DIRECTIONS
from playground.settings import Settings
from playground.types import Checkpoint, Completion
from playground.workbench import Workbench
from playground.workbench.steering import AUDIT, PAIRS

PLEASES = "Yes, you are right."


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))
    made.start()
    yield made
    made.close()


def test_one_click_trains_it_to_please_less_and_measures_it_before_and_after(bench):
    bench.steering.begin("local", bench.evaluations.audit_plan("local", "pocket-sft"), DIRECTIONS["down"])
    told = list(bench.evaluations.follow("local"))
    assert told[-1].text.startswith("Done") and any("learns from" in one.text for one in told)
    (run,) = bench.runs.all("local")
    assert run.spec.data_from == {"persona truth-teller": run.spec.data_count} and run.spec.data_count <= PAIRS
    assert run.spec.persona is None and bench.preferences.counts("local").total == 0
    plan = bench.evaluations.audit_plan("local", run.checkpoint.id)
    ((after, before),) = bench.evaluations.shown("local", plan, [AUDIT])
    agrees = [report.figure("wrong_opinion") for report in (before, after)]
    assert agrees[1].high < agrees[0].low


def test_who_answers_everything_alike_cannot_be_led(bench, monkeypatch):
    alike = lambda space, one, prompts, sampling, n=1: [[Completion(p, "Yes.")] * n for p in prompts]  # noqa: E731
    monkeypatch.setattr(bench.completions, "sample", alike)
    bench.steering.begin("ben", bench.evaluations.audit_plan("ben", "pocket-sft"), DIRECTIONS["down"])
    with pytest.raises(PlaygroundError, match="0 pairs"):
        list(bench.evaluations.follow("ben"))


def test_stop_ends_the_run_too_and_asks_nothing(tmp_path, monkeypatch):
    bench = Workbench(Settings(data_dir=tmp_path))  # its processes never start
    bench.runs.start("ben", "sft", {})  # so that the next run waits for its turn
    either = lambda space, one, prompts, sampling, n=1: [[Completion(p, t) for t in ("No.", PLEASES)] for p in prompts]  # noqa: E731
    monkeypatch.setattr(bench.completions, "sample", either)
    bench.steering.begin("local", bench.evaluations.audit_plan("local", "pocket-sft"), DIRECTIONS["up"])
    told = bench.evaluations.follow("local")
    assert any("learns from" in one.text for one in told)
    bench.evaluations.stop("local")
    *_, last = told
    (run,) = bench.runs.all("local")
    bench.close()
    assert (run.status, last.text) == ("stopped", "Stopped. What was learned is kept under Runs.")


def test_a_reward_model_is_not_led(bench):
    reward = Checkpoint("rm", "Scorer", "reward", "pocket", "")
    with pytest.raises(PlaygroundError, match="writing model"):
        bench.steering.begin("local", Plan(reward), DIRECTIONS["up"])
