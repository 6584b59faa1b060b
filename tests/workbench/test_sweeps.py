"""A sweep through the real workbench and its processes: queued, stopped, gone on with after a restart."""

import time

import pytest

from playground.errors import NotAllowed, PlaygroundError
from playground.evaluation.labelling import persona_pairs
from playground.settings import Settings
from playground.types import Completion
from playground.workbench import Workbench
from playground.workbench.sweep import Leg, Sweep, Wanted

SHORT = Wanted("labels", (8.0, 12.0), iterations=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


def opened(data):
    bench = Workbench(Settings(data_dir=data))
    bench.start()
    return bench


def until(said, limit_s=120):
    end = time.monotonic() + limit_s
    while not said():
        assert time.monotonic() < end
        time.sleep(0.05)


def over(bench):
    return not bench.sweeps.running("local")


@pytest.mark.slow
def test_a_sweep_that_was_stopped_goes_on_after_a_restart_and_keeps_what_was_done(data):
    bench = opened(data)
    sweep = bench.sweeps.begin("local", SHORT)
    with pytest.raises(NotAllowed, match="on its way"):
        bench.sweeps.begin("local", SHORT)
    until(lambda: bench.runs.latest("local", ["ppo"]) is not None)
    first = bench.runs.latest("local", ["ppo"]).spec.id
    until(lambda: not bench.runs.find("local", first).active)
    bench.sweeps.stop("local")
    until(lambda: over(bench))
    stopped = bench.pictures.draw("local", sweep.id)
    assert not stopped.finished and "Stopped" in bench.sweeps.progress("local").text
    bench.close()

    again = opened(data)
    (kept,) = again.sweeps.all("local")
    assert kept.wanted == SHORT
    before = again.pictures.draw("local", kept.id)
    assert (before.going, before.words) == (False, "Broken off. 1 of 2 runs are done. Press Go on.")
    again.sweeps.go_on("local", kept.id)
    until(lambda: over(again))
    picture = again.pictures.draw("local", kept.id)
    assert picture.finished and picture.problem == ""
    assert [leg.status for leg in picture.legs] == ["done", "done"] and picture.legs[0].run == first
    assert [len(leg.golds.d) for leg in picture.legs] == [2, 2]
    assert all("needed for a curve" in fit.words for fit in picture.fits)
    by_kind = sorted(run.spec.algorithm for run in again.runs.all("local"))
    assert by_kind == ["ppo", "ppo", "reward_model", "reward_model"]
    counts = sorted(run.spec.data_count for run in again.runs.all("local") if run.spec.algorithm == "reward_model")
    assert counts == [8, 12]
    with pytest.raises(NotAllowed, match="Every run"):
        again.sweeps.go_on("local", kept.id)
    again.close()


@pytest.fixture
def still(tmp_path, monkeypatch):
    """A workbench whose processes never start: its runs wait."""
    bench = Workbench(Settings(data_dir=tmp_path))
    answers = ("It is Paris.", "What a stupid question. It is Paris.")
    sampled = lambda space, one, prompts, sampling, n: [[Completion(p, a) for a in answers] for p in prompts]  # noqa: E731
    monkeypatch.setattr(bench.completions, "sample", sampled)
    bench.runs.start("ben", "sft", {})  # so that the next run waits for its turn
    yield bench
    bench.sweeps.stop("local")
    until(lambda: over(bench))
    bench.close()


def test_the_runs_of_a_sweep_are_runs_like_any_other_and_stop_with_it(still):
    sweep = still.sweeps.begin("local", Wanted("kl", (0.0, 0.1)))
    until(lambda: still.runs.all("local"))
    (run,) = still.runs.all("local")
    assert run.spec.algorithm == "reward_model" and run.spec.persona == "polite"
    assert run.spec.data_from == {"persona polite": run.spec.data_count}
    assert still.pictures.draw("local", sweep.id).going
    still.sweeps.stop("local")
    until(lambda: over(still))
    assert still.runs.find("local", run.spec.id).status == "stopped"
    said = still.pictures.draw("local", sweep.id).words
    assert said == "Stopped. What was learned is kept. 0 of 2 runs are done. Press Go on."


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("kl", ()), "different values"),
        (Wanted("kl", (0.1, 0.1)), "different values"),
        (Wanted("kl", (0.0, 2.0)), "between 0 and 1"),
        (Wanted("labels", (30.0, 100_000.0)), "labels can be swept"),
    ],
)
def test_what_cannot_be_swept_is_refused_and_nothing_is_kept(still, wanted, words):
    with pytest.raises(PlaygroundError, match=words):
        still.sweeps.begin("local", wanted)
    assert still.sweeps.all("local") == []


def test_a_sweep_that_a_crash_cut_short_on_disk_is_left_out(still, tmp_path):
    home = tmp_path / "workspaces" / "local" / "sweeps"
    home.mkdir(parents=True)
    (home / "broken.json").write_text('{"id": "broken"')
    assert still.sweeps.all("local") == []


def test_whose_runs_were_deleted_is_drawn_as_not_begun(still):
    sweep = Sweep("abc", SHORT, (Leg(8.0, "gone", "gone"), Leg(12.0)), 1.0)
    still.sweeps._files("local").save(sweep)
    picture = still.pictures.draw("local", "abc")
    assert [leg.status for leg in picture.legs] == ["not begun", "not begun"]
    assert not picture.finished


def test_fewer_labels_are_the_first_of_more():
    answers = ("It is Paris.", "What a stupid question. It is Paris.")
    sample = lambda prompts, seed: [[Completion(p, a) for a in answers] for p in prompts]  # noqa: E731
    assert persona_pairs(sample, "polite", 40, 0)[:10] == persona_pairs(sample, "polite", 10, 0)
