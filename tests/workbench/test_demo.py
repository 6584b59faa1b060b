"""Demo mode: what one browser may take, when it is erased, and that nobody touches what is another's."""

import os
import shutil
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.events import RunEnded, Saved
from playground.settings import Settings
from playground.types import Checkpoint, Completion, Prompt, RunSpec, Sampling
from playground.workbench import Workbench
from playground.workbench.quotas import OverQuota

ANNA, BEN = ({"playground_workspace": letter * 32} for letter in "ab")
PARIS = Prompt.user("What is the capital of France?")
FILE = Path("pairs.jsonl")
HOUR = 3600.0


class Clock:
    """The time of day, and as much later as a test likes."""

    def __init__(self):
        self.later = 0.0

    def __call__(self):
        return time.time() + self.later


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bench(tmp_path, clock):
    limits = {"demo_preferences": 3, "demo_runs": 2, "demo_runs_at_once": 1, "demo_minutes": 1, "demo_disk_mb": 1}
    with closing(Workbench(Settings(data_dir=tmp_path, mode="demo", **limits), clock)) as made:
        yield made


def judged(bench, space, n=1):
    """n preferences in that workspace, without a model."""
    person = bench.preferences.person(space)
    for number in range(n):
        left, right = Completion(PARIS, f"Paris {number}."), Completion(PARIS, f"Rome {number}.")
        token = bench.store.show_pair(space, person, left, right)
        bench.preferences.choose(space, token, "left", judgment_id=uuid.uuid4().hex)
    return token


def finished(bench, space, name, size=0):
    """A run that has ended, with a checkpoint of that many bytes."""
    start = bench.checkpoints.shipped["pocket-sft"]
    folder = bench.shelf.folder(space, name)
    folder.create(RunSpec(name, space, "sft", {}, start, name=name, created_at=time.time()), [])
    folder.checkpoint_path.mkdir()
    (folder.checkpoint_path / "model.safetensors").write_bytes(b"0" * size)
    folder.append(Saved(1, Checkpoint(name, name, "policy", "pocket", "", parent=start.id, run_id=name)))
    folder.append(RunEnded("done"))


def test_a_browser_is_shown_and_brings_so_many_pairs_and_no_more(bench, tmp_path):
    anna, ben = bench.workspace_of(ANNA), bench.workspace_of(BEN)
    judged(bench, anna, 3)
    file = tmp_path / FILE
    file.write_text('{"prompt": "a", "chosen": "b", "rejected": "c"}\n')
    for more in (
        lambda: bench.preferences.next_pair(anna, ["pocket-sft"]),
        lambda: bench.preferences.next_set(anna, ["pocket-sft"], 2),
        lambda: list(bench.preferences.persona_labels(anna, "polite", 1, ["pocket-sft"])),
        lambda: list(bench.preferences.add_file(anna, file)),
    ):
        with pytest.raises(OverQuota, match="3 are allowed") as refused:
            more()
        assert refused.value.hint
    assert [step.done.added for step in bench.preferences.add_file(ben, file)] == [0, 1]


def test_pairs_that_were_taken_out_again_still_count(bench):
    anna = bench.workspace_of(ANNA)
    judged(bench, anna, 3)
    bench.preferences.remove(anna, [row.id for row in bench.preferences.rows(anna)])
    assert bench.preferences.counts(anna).total == 0
    with pytest.raises(OverQuota):
        bench.preferences.next_pair(anna, ["pocket-sft"])


def test_a_browser_has_one_run_at_a_time_and_keeps_so_many(bench):
    anna, ben = bench.workspace_of(ANNA), bench.workspace_of(BEN)
    first = bench.runs.start(anna, "sft", {"examples": 16})
    with pytest.raises(OverQuota, match="1 at a time"):
        bench.runs.start(anna, "sft", {"examples": 16})
    waiting = bench.runs.start(ben, "sft", {"examples": 16})
    assert bench.runs.place(ben, waiting.id).ahead == 1
    bench.runs.stop(ben, waiting.id)
    finished(bench, ben, "sft-2")
    with pytest.raises(OverQuota, match="2 runs"):
        bench.runs.start(ben, "sft", {"examples": 16})
    bench.runs.delete(ben, "sft-2")
    assert bench.runs.place(ben, bench.runs.start(ben, "sft", {"examples": 16}).id).ahead == 1
    assert bench.runs.find(anna, first.id).active


def test_many_browsers_together_cannot_fill_the_queue(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path, mode="demo", demo_queue=1))) as bench:
        bench.runs.start(bench.workspace_of(ANNA), "sft", {"examples": 16})
        ben = bench.workspace_of(BEN)
        with pytest.raises(OverQuota, match="1 runs wait or train here; 1 at a time"):
            bench.runs.start(ben, "sft", {"examples": 16})
        assert bench.runs.all(ben) == []


def test_nothing_is_written_on_a_disk_that_is_nearly_full(bench, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=999 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OverQuota, match="999 MB free; 1000 MB are kept"):
        bench.runs.start(bench.workspace_of(ANNA), "sft", {"examples": 16})


def test_a_run_that_would_take_too_long_is_refused_before_it_starts(bench, monkeypatch):
    anna = bench.workspace_of(ANNA)
    monkeypatch.setattr(bench.runs, "estimate", lambda *_: 600.0)
    with pytest.raises(OverQuota, match="10 minutes; 1 are allowed"):
        bench.runs.start(anna, "sft", {"examples": 16})
    assert bench.runs.all(anna) == []


def test_an_evaluation_that_would_take_too_long_is_refused_too(bench, monkeypatch):
    anna = bench.workspace_of(ANNA)
    plan = bench.evaluations.plan(anna, "pocket-sft", "pocket-base")
    names = [name for name, unfit in bench.evaluations.offered(plan).items() if not unfit]
    monkeypatch.setattr(bench.evaluations, "seconds", lambda *_: 600.0)
    with pytest.raises(OverQuota, match="evaluation would take about 10 minutes"):
        bench.evaluations.begin(anna, plan, names)
    assert not bench.evaluations.running(anna)


def test_a_browser_whose_files_take_too_much_writes_no_more(bench):
    anna = bench.workspace_of(ANNA)
    judged(bench, anna)
    finished(bench, anna, "sft-1", size=2_000_000)
    for more in (
        lambda: bench.runs.start(anna, "sft", {"examples": 16}),
        lambda: bench.takeaway.run(anna, "sft-1"),
        lambda: bench.preferences.export(anna, "jsonl"),
    ):
        with pytest.raises(OverQuota, match="2 MB; 1 MB are allowed"):
            more()


def test_without_demo_mode_nothing_is_limited(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path, demo_preferences=0, demo_runs=0, demo_disk_mb=0))) as bench:
        judged(bench, "local")
        finished(bench, "local", "sft-1", size=10)
        assert bench.preferences.export("local", "jsonl").exists()
        assert bench.takeaway.run("local", "sft-1").exists()
        assert bench.runs.start("local", "sft", {"examples": 16}).id


def test_a_day_after_the_last_thing_was_made_nothing_of_it_is_left(bench, clock, tmp_path):
    anna = bench.workspace_of(ANNA)
    judged(bench, anna)
    finished(bench, anna, "sft-1")
    bench.preferences.export(anna, "jsonl")
    clock.later = 23.9 * HOUR
    assert bench.erasure.erase_due() == []
    assert bench.preferences.counts(anna).total == 1
    clock.later = 24.1 * HOUR
    assert bench.erasure.erase_due() == [anna]
    assert bench.preferences.counts(anna).total == 0
    assert bench.runs.all(anna) == []
    assert not (tmp_path / "workspaces" / anna).exists()
    assert anna not in bench.store.last_made()


def test_whoever_made_something_lately_keeps_everything(bench, clock, tmp_path):
    anna, ben = bench.workspace_of(ANNA), bench.workspace_of(BEN)
    finished(bench, anna, "sft-1")
    finished(bench, ben, "sft-1")
    yesterday = time.time() - 25 * HOUR
    for path in (tmp_path / "workspaces").rglob("*"):
        os.utime(path, (yesterday, yesterday))
    judged(bench, ben)
    assert bench.erasure.erase_due() == [anna]
    assert [s.spec.id for s in bench.runs.all(ben)] == ["sft-1"]


def test_a_run_that_waits_is_not_erased(bench, clock):
    anna = bench.workspace_of(ANNA)
    bench.runs.start(anna, "sft", {"examples": 16})
    clock.later = 48 * HOUR
    assert bench.erasure.erase_due() == []


def test_what_a_host_made_before_demo_mode_is_never_erased(bench, clock):
    judged(bench, "local")
    finished(bench, "local", "sft-1")
    clock.later = 1000 * HOUR
    assert bench.erasure.erase_due() == []
    assert bench.preferences.counts("local").total == 1


def test_every_call_refuses_what_is_anothers(bench):
    anna, ben = bench.workspace_of(ANNA), bench.workspace_of(BEN)
    token = judged(bench, anna)
    finished(bench, anna, "sft-1")
    (row,) = bench.preferences.rows(anna)
    greedy = Sampling(temperature=0.0)
    for call in (
        lambda: bench.runs.find(ben, "sft-1"),
        lambda: bench.runs.tail(ben, "sft-1"),
        lambda: bench.runs.stop(ben, "sft-1"),
        lambda: bench.runs.resume(ben, "sft-1"),
        lambda: bench.runs.rename(ben, "sft-1", "mine"),
        lambda: bench.runs.delete(ben, "sft-1"),
        lambda: bench.takeaway.run(ben, "sft-1"),
        lambda: bench.runs.start(ben, "sft", {}, start_id="sft-1"),
        lambda: bench.runs.start(ben, "ppo", {}, reward_id="sft-1"),
        lambda: bench.checkpoints.find(ben, "sft-1"),
        lambda: bench.completions.sample(ben, "sft-1", [PARIS], greedy),
        lambda: list(bench.completions.stream(ben, ["sft-1"], PARIS, greedy)),
        lambda: bench.completions.score(ben, "sft-1", []),
        lambda: bench.completions.token_scores(ben, "sft-1", "pocket-sft", PARIS, "Paris", greedy),
        lambda: bench.preferences.choose(ben, token, "right", judgment_id=uuid.uuid4().hex),
        lambda: bench.preferences.remove(ben, [row.id]),
        lambda: bench.preferences.restore(ben, [row.id]),
        lambda: bench.preferences.export(ben, "jsonl"),
        lambda: bench.evaluations.plan(ben, "sft-1"),
        lambda: bench.preferences.contest(ben, "pocket-sft", "sft-1"),
    ):
        with pytest.raises(NotFound):
            call()
    assert bench.preferences.undo(ben) is None
    assert bench.preferences.rows(ben, search="Paris") == [] == bench.runs.all(ben)
    assert bench.preferences.counts(anna).total == 1
    assert bench.runs.find(anna, "sft-1").spec.name == "sft-1"


@pytest.mark.parametrize("name", ["allenai/OLMo-2-0425-1B", "someone/a-model", "/etc", "~", "Qwen/Qwen3-0.6B"])
def test_only_small_models_of_the_table_can_be_fetched(bench, name):
    with pytest.raises(NotAllowed, match="shared by many"):
        bench.models.look(name)


@pytest.mark.parametrize("change", [lambda models: models.stop(), lambda models: models.remove("anything")])
def test_models_are_everybodys_so_nobody_stops_or_removes_one(bench, change):
    with pytest.raises(PlaygroundError):
        change(bench.models)
