"""A hack brought about through the real processes, and what is said where it cannot be."""

import time

import pytest

from playground.errors import NotFound, PlaygroundError
from playground.evaluation.hack_report import cure_title
from playground.evaluation.hacks import MEASURES, RECIPES
from playground.evaluation.report import Findings, Report
from playground.events import RunEnded, Saved
from playground.settings import Settings
from playground.types import Checkpoint, Completion
from playground.workbench import Workbench
from playground.workbench.hacks import WORK, Hacks, _Doing


@pytest.fixture
def still(tmp_path, monkeypatch):
    """A workbench whose processes never start: its runs wait."""
    bench = Workbench(Settings(data_dir=tmp_path))
    answers = ("It is Paris.", "It is Paris. Best top free guide facts amazing top best free guide.")
    sampled = lambda space, one, prompts, sampling, n: [[Completion(p, a) for a in answers] for p in prompts]  # noqa: E731
    monkeypatch.setattr(bench.completions, "sample", sampled)
    bench.runs.start("ben", "sft", {})  # so that the next run waits for its turn
    yield bench
    bench.close()


def test_stop_ends_the_run_of_a_hack_and_reports_nothing(still):
    still.hacks.begin("local", "stuffing")
    told = still.evaluations.follow("local")
    assert any("training" in one.text and one.work == WORK for one in told)
    (run,) = still.runs.all("local")
    assert "Biased on purpose" in run.spec.name and run.spec.data_from == {"persona hurried": run.spec.data_count}
    assert still.preferences.counts("local").total == 0  # never mixed with the visitor's own
    still.evaluations.stop("local")
    *_, last = told
    assert (still.runs.find("local", run.spec.id).status, last.work) == ("stopped", WORK)
    assert "Stopped" in last.text and still.hacks.report("local", "stuffing") is None


@pytest.mark.parametrize(
    ("recipe", "cure", "judge"),
    [("stuffing", False, "hurried"), ("stuffing", True, None), ("length", False, None), ("courtesy", False, None)],
)
def test_whose_gold_reward_watches_a_hack_is_not_said_to_have_judged_where_others_did(still, recipe, cure, judge):
    work, of = still.hacks, RECIPES[recipe]
    doing = _Doing("local", of, lambda *told: None, lambda: bool(still.runs.all("local")))
    work._reward(doing, of.cures[0].labelling if cure else of.labelling, "Biased on purpose", 0)
    (run,) = still.runs.all("local")
    assert run.spec.persona == of.persona
    made = Checkpoint("made", "Made", "reward", "pocket", "", run_id=run.spec.id)
    assert still.checkpoints.annotator("local", made) == judge


def test_a_hack_whose_run_failed_can_be_brought_about_by_a_run_of_its_own(still, monkeypatch):
    tried = []

    def failed(runs, workspace, run_id, tell, stopped):
        tried.append(run_id)
        raise PlaygroundError("It broke.", hint="Mend it.")

    monkeypatch.setattr("playground.workbench.hacks.made_by", failed)
    for _ in range(2):
        still.hacks.begin("local", "stuffing")
        with pytest.raises(PlaygroundError, match="It broke"):
            list(still.evaluations.follow("local"))
    first, second = tried
    assert first != second


@pytest.fixture
def at_once(still, monkeypatch):
    """The same workbench, where a run is over as soon as it is begun."""

    def made(runs, workspace, run_id, tell, stopped):
        spec, folder = runs.find(workspace, run_id).spec, still.shelf.folder(workspace, run_id)
        kind = "reward" if spec.algorithm == "reward_model" else "policy"
        folder.append(Saved(1, Checkpoint(run_id, spec.name, kind, "pocket", "", "pocket-sft", run_id=run_id)))
        folder.append(RunEnded("done"))
        still.shelf.tail(workspace, run_id).refresh(force=True)
        return still.checkpoints.find(workspace, run_id)

    def measured(hacks, doing, one, reward, title, seed):
        return Report("hack", title, one.name, one.id, Findings(f"By {reward.name}.", ()), "h", seed)

    monkeypatch.setattr("playground.workbench.hacks.made_by", made)
    monkeypatch.setattr(Hacks, "_measured", measured)
    monkeypatch.setattr(Hacks, "_audited", lambda *given: None)
    monkeypatch.setattr(Hacks, "_biased", lambda hacks, space, known: still.checkpoints.all(space, "reward")[0])
    return still


def done(bench, begin, name):
    begin("local", name)
    (*_, last) = bench.evaluations.follow("local")
    assert last.text.startswith("Done")
    return bench.hacks.report("local", name)


def test_the_cures_of_a_recipe_are_tried_in_turn_and_stand_beside_the_hack(at_once):
    hacked = done(at_once, at_once.hacks.begin, "courtesy")
    first, second, third = [cure_title(cure) for cure in RECIPES["courtesy"].cures]
    for titles in ([first], [first, second], [first, second, third], [second, third, first]):
        cured = done(at_once, at_once.hacks.begin_cure, "courtesy")
        assert [one.title for one in cured.cured] == titles
    assert [before for _, before in cured.shown[1:]] == [hacked.hacked] * 3
    assert {one.findings.summary for one in cured.cured} == {f"By {hacked.runs[0]}."}  # one judge for all of them


def test_an_ensemble_learns_from_the_very_labels_that_the_hack_was_made_with(at_once):
    for begin in (at_once.hacks.begin, at_once.hacks.begin_cure, at_once.hacks.begin_cure):
        done(at_once, begin, "courtesy")
    runs = [run.spec for run in reversed(at_once.runs.all("local"))]
    biased, ensemble = [spec for spec in runs if spec.algorithm == "reward_model"]
    assert (biased.config["members"], ensemble.config["members"]) == (1, 3)
    assert ensemble.data_hash == biased.data_hash
    judges = [(spec.reward.id, spec.config["kl_coef"]) for spec in runs if spec.algorithm == "ppo"]
    assert judges == [(biased.id, 0.0), (biased.id, 0.3), (ensemble.id, 0.0)]


def test_what_is_not_there_is_refused_in_words(still):
    with pytest.raises(PlaygroundError, match="nothing to cure"):
        still.hacks.begin_cure("local", "length")
    with pytest.raises(NotFound, match="no hack 'nonsense'"):
        still.hacks.begin("local", "nonsense")
    with pytest.raises(NotFound, match="no report"):
        still.hacks.export("local", "length", "md")


def test_a_report_that_a_crash_cut_short_counts_as_none(still, tmp_path):
    path = tmp_path / "workspaces" / "local" / "hacks" / "length.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"recipe": "length"')
    assert still.hacks.report("local", "length") is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stuffing", "courtesy"])
def test_a_hack_is_brought_about_exposed_and_cured(tmp_path, name):
    bench = Workbench(Settings(data_dir=tmp_path))
    bench.start()
    while not bench.status().trainer_ready:
        time.sleep(0.2)
    made, sign = done(bench, bench.hacks.begin, name), RECIPES[name].sign
    shown = [one.figure(sign) for one in (made.start, made.hacked)]
    gold = [one.figure("gold") for one in (made.start, made.hacked)]
    assert shown[1].low > shown[0].high and gold[1].high < gold[0].low
    assert made.audited.findings.warnings
    (cured,) = done(bench, bench.hacks.begin_cure, name).cured
    assert cured.figure(sign).high < shown[1].low
    assert cured.figure("gold").low > gold[1].high
    bench.close()

    again = Workbench(Settings(data_dir=tmp_path))  # a restart keeps the report
    assert again.hacks.report("local", name).cured == (cured,)
    assert MEASURES[sign].title in again.hacks.export("local", name, "md").read_text()
    again.close()
