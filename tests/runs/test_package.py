"""A downloaded run says in the page's words what it is, and its script says where it has to be run."""

import subprocess
import sys
import zipfile

import pytest

from playground.events import RunEnded, RunStarted, StepDone
from playground.registry import algorithms, dials
from playground.runs.folder import RunFolder
from playground.runs.package import package_run, run_files
from playground.runs.report import report
from playground.runs.tail import RunTail
from playground.types import Checkpoint, RunSpec
from playground.vocabulary import METRICS

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "dpo-1")
    made.create(RunSpec("dpo-1", "local", "dpo", {"beta": 0.1, "sft_coef": 0.5}, START, name="DPO 1"), [])
    made.append(RunStarted(2, 90, 10))
    made.append(StepDone(1, {"loss": 0.71234567, "held_out_accuracy": 0.5}))
    made.append(StepDone(2, {"loss": 0.5}))
    return made


def summary(folder):
    tail = RunTail(folder)
    tail.refresh(force=True)
    return tail.summary


def test_the_report_names_settings_and_metrics_as_the_page_does(folder):
    folder.append(RunEnded("done", seconds=3.0))
    text = report(folder, summary(folder))
    looks = dials(algorithms()["dpo"].config)
    assert f"| {looks['sft_coef'].label} | 0.5 |" in text
    assert algorithms()["dpo"].title in text
    for name in ("loss", "held_out_accuracy"):
        assert f"| {METRICS[name].title} | {METRICS[name].unit} |" in text
    for key in ("sft_coef", "held_out_accuracy"):
        assert key not in text


def test_a_metric_that_not_every_step_has_keeps_its_last_value(folder):
    assert f"| {METRICS['held_out_accuracy'].title} | share | 0.5 | 0.5 |" in report(folder, summary(folder))


def test_a_report_survives_an_event_half_written(folder):
    with folder.events_path.open("a") as file:
        file.write('{"kind": "StepDone", "st')
    assert "| 0.7123 | 0.5 |" in report(folder, summary(folder))


def test_the_script_says_where_to_run_it_in_its_first_line_and_when_it_cannot_find_the_playground(folder, tmp_path):
    files = run_files(folder, summary(folder), [], "the card")
    with zipfile.ZipFile(package_run("dpo-1", files, tmp_path / "run.zip")) as archive:
        archive.extractall(tmp_path / "out")
    script = tmp_path / "out" / "dpo-1" / "reproduce.py"
    first = script.read_text().splitlines()[0]
    assert "PYTHONPATH=." in first and "app.py" in first
    alone = subprocess.run([sys.executable, "-I", str(script)], cwd=tmp_path, capture_output=True, text=True)
    assert alone.returncode == 1
    assert "PYTHONPATH=. python" in alone.stderr and "Traceback" not in alone.stderr
