"""The copy on the Hub: what a wiped disk had comes back, nothing there is overwritten by mistake, its age is told."""

import inspect
import shutil
import sqlite3
import time
import uuid
from contextlib import closing

import pytest
from huggingface_hub import HfApi
from sqlalchemy import Engine

from playground.errors import NotAllowed
from playground.evaluation.hack_report import HackReport
from playground.evaluation.plan import Plan
from playground.evaluation.report import Findings, Report
from playground.events import Phase, RunEnded, Saved
from playground.settings import Settings
from playground.types import Checkpoint, Completion, Prompt, RunSpec
from playground.workbench import Workbench
from playground.workbench.sweep import Leg, Sweep, Wanted
from tests.workbench.hub_stand_in import StandInHub

NAME = "someone/my-playground"
PARIS = Prompt.user("What is the capital of France?")


@pytest.fixture
def hub(monkeypatch):
    made = StandInHub()
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: made)
    return made


class Clock:
    later = 0.0

    def __call__(self):
        return time.time() + self.later


@pytest.fixture
def clock():
    return Clock()


def opened(folder, clock=time.time):
    return closing(Workbench(Settings(data_dir=folder, mirror=NAME, storage="temporary"), clock))


def judged(bench):
    left, right = (Completion(PARIS, f"{word} {uuid.uuid4().hex}.") for word in ("Paris", "Rome"))
    token = bench.store.show_pair("local", bench.preferences.person("local"), left, right)
    bench.preferences.choose("local", token, "left", judgment_id=uuid.uuid4().hex)


def trained(bench, name, ended=True):
    start = bench.checkpoints.shipped["pocket-sft"]
    folder = bench.shelf.folder("local", name)
    folder.create(RunSpec(name, "local", "sft", {}, start, name=name, created_at=time.time()), [])
    folder.checkpoint_path.mkdir()
    (folder.checkpoint_path / "adapter_model.safetensors").write_bytes(name.encode())
    folder.resume_path.mkdir()
    (folder.resume_path / "optimiser.safetensors").write_bytes(b"large")
    folder.append(Saved(1, Checkpoint(name, name, "policy", "pocket", "", parent=start.id, run_id=name)))
    folder.append(RunEnded("done") if ended else Phase("training"))


def copied(bench):
    bench.mirror.copy(bench.store, bench.shelf)


def test_the_stand_in_is_called_as_the_real_hub_would_be():
    for name, ours in inspect.getmembers(StandInHub, inspect.isfunction):
        if not name.startswith("_"):
            assert set(inspect.signature(ours).parameters) <= set(inspect.signature(getattr(HfApi, name)).parameters)


def test_what_a_wiped_disk_had_is_there_again_after_a_restart(hub, tmp_path):
    with opened(tmp_path / "a") as bench:
        judged(bench)
        trained(bench, "sft-1")
        trained(bench, "sft-2", ended=False)
        copied(bench)
        rows = bench.preferences.rows("local")
    assert not [name for name in hub.repositories["dataset", NAME] if "resume" in name or "sft-2" in name]
    shutil.rmtree(tmp_path / "a")
    with opened(tmp_path / "b") as bench:
        assert bench.preferences.rows("local") == rows
        (run,) = bench.runs.all("local")
        weights = tmp_path / "b" / "workspaces/local/runs/sft-1/checkpoint/adapter_model.safetensors"
        assert (run.spec.id, run.status) == ("sft-1", "done") and weights.read_bytes() == b"sft-1"
        assert bench.checkpoints.find("local", "sft-1").path == str(weights.parent)


def test_sweeps_and_reports_come_back_with_the_runs(hub, tmp_path):
    sweep = Sweep("5eed", Wanted("kl", (0.0, 0.1)), (Leg(0.0, run="ppo-1"), Leg(0.1)), 1.0)
    with opened(tmp_path / "a") as bench:
        model = bench.checkpoints.shipped["pocket-sft"]
        report = Report("win_rate", "Title", model.name, model.fingerprint, Findings("It does.", ()), "h", 0)
        hack = HackReport("length", report, report, runs=("rm", "ppo"), seconds=3.0)
        bench.evaluations.keep("local", Plan(model), report)
        bench.sweeps._files("local").save(sweep)
        bench.hacks._save("local", hack)
        copied(bench)
    shutil.rmtree(tmp_path / "a")
    with opened(tmp_path / "b") as bench:
        assert bench.sweeps.all("local") == [sweep] and not bench.sweeps.finished("local", sweep)
        assert bench.hacks.report("local", "length") == hack
        assert bench.evaluations.reports("local", model) == [report]


def test_only_what_has_changed_is_sent_and_what_was_deleted_goes(hub, tmp_path):
    with opened(tmp_path) as bench:
        trained(bench, "sft-1")
        copied(bench)
        copied(bench)
        assert len(hub.commits) == 1
        judged(bench)
        copied(bench)
        assert hub.commits[1:] == [["playground.db"]]
        bench.runs.delete("local", "sft-1")
        copied(bench)
    assert list(hub.repositories["dataset", NAME]) == ["playground.db"]


def test_a_run_that_was_resumed_stays_in_the_copy_as_it_was(hub, tmp_path):
    with opened(tmp_path / "a") as bench:
        trained(bench, "sft-1")
        copied(bench)
        before = dict(hub.repositories["dataset", NAME])
        bench.shelf.folder("local", "sft-1").append(Phase("training"))
        bench.shelf.tail("local", "sft-1").refresh(force=True)
        copied(bench)
        assert {name: data for name, data in hub.repositories["dataset", NAME].items() if "sft-1" in name} == {
            name: data for name, data in before.items() if "sft-1" in name
        }
        assert any("sft-1" in name for name in before)


@pytest.mark.parametrize("error", [OSError("no space left"), sqlite3.OperationalError("disk is full")])
def test_a_copy_that_fails_for_want_of_disk_is_told_and_tried_again(hub, tmp_path, monkeypatch, error):
    with opened(tmp_path / "a") as bench:
        judged(bench)
        with monkeypatch.context() as broken:
            broken.setattr(Engine, "raw_connection", lambda self: (_ for _ in ()).throw(error))
            copied(bench)
        assert not bench.mirror.good and str(error) in bench.mirror.note()
        copied(bench)
        assert bench.mirror.good


def test_a_restart_that_kept_the_disk_goes_on_without_reading_back(hub, tmp_path):
    with opened(tmp_path) as bench:
        trained(bench, "sft-1")
        copied(bench)
        judged(bench)
    with opened(tmp_path) as bench:
        assert bench.preferences.counts("local").total == 1
        copied(bench)
    assert hub.commits[1:] == [["playground.db"]]


def test_another_playgrounds_copy_is_neither_mixed_in_nor_overwritten(hub, tmp_path):
    with opened(tmp_path / "a") as bench:
        trained(bench, "sft-1")
        copied(bench)
    before = dict(hub.repositories["dataset", NAME])
    with closing(Workbench(Settings(data_dir=tmp_path / "b"))) as bench:
        judged(bench)
    with opened(tmp_path / "b") as bench:
        copied(bench)
        assert "another playground" in bench.status().notes[0]
        assert bench.runs.all("local") == [] and bench.preferences.counts("local").total == 1
    assert hub.repositories["dataset", NAME] == before


def test_a_hub_that_does_not_answer_at_start_stops_nothing_and_is_not_overwritten_later(hub, tmp_path):
    with opened(tmp_path / "a") as bench:
        trained(bench, "sft-1")
        copied(bench)
    hub.down = True
    with opened(tmp_path / "b") as bench:
        hub.down = False
        judged(bench)
        copied(bench)
        notes = " ".join(bench.status().notes)
        assert "cannot be reached" in notes and "restart" in notes
    assert len(hub.commits) == 1


def test_the_page_tells_how_old_the_copy_is_and_what_went_wrong_since(hub, tmp_path, clock):
    with opened(tmp_path, clock) as bench:
        trained(bench, "sft-1")
        copied(bench)
        assert bench.status().notes == (bench.mirror.note(),)
        clock.later = 180.0
        assert f"3 minutes ago to {NAME}" in bench.mirror.note()
        hub.refuses = 403
        judged(bench)
        copied(bench)
        clock.later = 600.0
        said, lost = bench.status().notes
        assert "HF_TOKEN" in said and "10 minutes ago" in said and "restart" in lost
        hub.refuses = None
        copied(bench)
        assert "less than a minute ago" in bench.mirror.note()


def test_a_public_data_set_is_not_written_to(hub, tmp_path):
    hub.public.add(NAME)
    with opened(tmp_path) as bench:
        judged(bench)
        copied(bench)
        assert "is public" in bench.mirror.note()
    assert hub.commits == []


def test_demo_mode_which_promises_to_erase_has_no_copy(hub, tmp_path):
    with pytest.raises(NotAllowed, match="erased"):
        Workbench(Settings(data_dir=tmp_path, mirror=NAME, mode="demo"))
    assert hub.repositories == {}


def test_a_database_elsewhere_cannot_be_copied_and_the_start_says_so(hub, tmp_path):
    with pytest.raises(NotAllowed, match="data folder"):
        Workbench(Settings(data_dir=tmp_path, mirror=NAME, database_url=f"sqlite:///{tmp_path / 'x.db'}"))


def test_without_the_setting_the_hub_is_never_asked(hub, tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        assert bench.mirror is None and bench.status().notes == ()
    assert hub.repositories == {}
