import json
import math
import threading
from dataclasses import replace

import pytest

from playground.errors import NotFound
from playground.events import Phase, RunEnded, RunStarted, Saved, StepDone, from_line, to_line
from playground.runs.folder import RunFolder
from playground.runs.record import record
from playground.runs.rows import from_json, to_json
from playground.runs.tail import RunShelf, step_rows
from playground.types import Annotator, Checkpoint, Example, Message, Preference, Prompt, RunSpec

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")
SPEC = RunSpec("dpo-1", "local", "dpo", {"beta": 0.1}, START, created_at=5.0)


@pytest.fixture
def shelf(tmp_path):
    return RunShelf(tmp_path)


def new_run(shelf, workspace="local", run_id="dpo-1") -> RunFolder:
    folder = shelf.folder(workspace, run_id)
    folder.create(SPEC, [])
    return folder


def test_the_specification_comes_back_as_it_was_written(shelf):
    assert new_run(shelf).spec() == SPEC


def test_a_specification_by_another_version_is_read_without_what_is_unknown_here(shelf):
    folder = new_run(shelf)
    raw = json.loads((folder.path / "config.json").read_text())
    raw["brand_new"] = raw["start"]["brand_new"] = 1
    (folder.path / "config.json").write_text(json.dumps(raw))
    assert folder.spec() == SPEC


@pytest.mark.parametrize(
    "row",
    [
        Prompt((Message("system", "Be kind."), Message("user", "Ünïcode ≠ 'x'\n\"y\"")), "typed"),
        Example(Prompt.user("a"), "=SUM(A1)"),
        Preference(Prompt.user("a"), "b", "c", "id", Annotator("1", "polite", "persona"), 3, "r"),
        Preference(Prompt.user("a"), "b", "c"),
    ],
)
def test_rows_come_back_as_they_were_written(row):
    assert from_json(json.loads(json.dumps(to_json(row)))) == row


def test_an_event_with_not_a_number_is_still_one_line_of_valid_json():
    line = to_line(StepDone(3, {"loss": math.nan, "kl": math.inf}))
    assert json.loads(line)["metrics"] == {"loss": None, "kl": None}


def test_events_come_back_as_they_were_written(shelf):
    folder = new_run(shelf)
    events = [Phase("x"), RunStarted(8, 90, 10), StepDone(1, {"loss": 0.5}), Saved(1, START), RunEnded("done")]
    for event in events:
        folder.append(event)
    assert list(folder.events()) == events
    assert folder.ended() == events[-1]


def test_a_line_half_written_is_left_for_later(shelf):
    folder = new_run(shelf)
    folder.append(StepDone(1, {"loss": 1.0}))
    tail = shelf.tail("local", "dpo-1")
    line = to_line(StepDone(2, {"loss": 0.5}))
    with folder.events_path.open("a") as file:
        file.write(line[:20])
    tail.refresh(force=True)
    assert tail.summary.step == 1
    with folder.events_path.open("a") as file:
        file.write(line[20:] + "\n")
    tail.refresh(force=True)
    assert tail.summary.step == 2
    assert [from_line(one).step for one in tail.lines] == [1, 2]


def test_a_broken_line_in_the_middle_costs_only_itself(shelf):
    folder = new_run(shelf)
    folder.append(StepDone(1, {"loss": 1.0}))
    with folder.events_path.open("a") as file:
        file.write('{"kind": "StepDo')  # the disk was full, or the process was killed
    folder.append(RunEnded("died"))
    assert [type(e) for e in folder.events()] == [StepDone, RunEnded]
    assert folder.ended() == RunEnded("died", time=folder.ended().time)
    summary = shelf.tail("local", "dpo-1").summary
    assert (summary.step, summary.status) == (1, "died")


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "a\x0cb\x1cc", "a\nb\r\nc"])
def test_no_character_of_a_completion_breaks_a_line(shelf, text):
    folder = new_run(shelf)
    folder.append(Phase(text))
    folder.append(RunEnded("done"))
    tail = shelf.tail("local", "dpo-1")
    assert tail.summary.status == "done"
    assert from_line(tail.lines[0]).name == text


def test_a_checkpoint_half_written_leaves_the_last_one_whole(shelf):
    folder = new_run(shelf)
    with folder.new_checkpoint() as path:
        path.mkdir()
        (path / "weights").write_text("first")
    with pytest.raises(OSError), folder.new_checkpoint() as path:
        path.mkdir()
        (path / "weights").write_text("sec")
        raise OSError("disk full")
    assert (folder.checkpoint_path / "weights").read_text() == "first"
    with folder.new_checkpoint() as path:
        path.mkdir()
        (path / "weights").write_text("third")
    assert (folder.checkpoint_path / "weights").read_text() == "third"


def test_steps_repeated_after_a_resume_count_once():
    lines = [to_line(StepDone(i, {"loss": 1.0})) for i in (1, 2, 3, 4, 5, 3, 4, 5, 6)]
    assert [row["step"] for row in step_rows(lines)] == [1, 2, 3, 4, 5, 6]


def test_events_appended_by_many_threads_stay_whole_lines(shelf):
    folder = new_run(shelf)
    threads = [
        threading.Thread(target=lambda: [folder.append(StepDone(i, {"loss": 0.1 * i})) for i in range(50)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(folder.events())) == 400


def test_a_summary_tells_status_step_and_the_last_checkpoint(shelf):
    folder = new_run(shelf)
    tail = shelf.tail("local", "dpo-1")
    assert tail.summary.status == "waiting" and tail.summary.active
    folder.append(RunStarted(8, 90, 10))
    folder.append(StepDone(2, {"loss": 0.5}))
    folder.append(Saved(2, START))
    tail.refresh(force=True)
    assert (tail.summary.status, tail.summary.step, tail.summary.total_steps) == ("running", 2, 8)
    assert tail.summary.checkpoint.path == str(folder.checkpoint_path)
    folder.append(RunEnded("stopped", seconds=3.0))
    tail.refresh(force=True)
    assert tail.summary.status == "stopped" and not tail.summary.active
    folder.append(Phase("Loading the model"))  # resumed
    tail.refresh(force=True)
    assert tail.summary.active


def test_no_workspace_sees_the_run_of_another(shelf):
    new_run(shelf, "anna")
    assert len(shelf.summaries("anna")) == 1
    assert shelf.summaries("ben") == []
    with pytest.raises(NotFound):
        shelf.tail("ben", "dpo-1")


@pytest.mark.parametrize("run_id", ["../../anna/runs/dpo-1", "..", "", "/etc"])
def test_a_run_id_that_is_a_path_finds_nothing(shelf, run_id):
    new_run(shelf, "anna")
    with pytest.raises(NotFound):
        shelf.tail("ben", run_id)


def test_a_recording_replays_the_events_and_names_no_path_of_the_machine(shelf, tmp_path):
    folder = new_run(shelf)
    folder.append(StepDone(1, {"loss": 0.5}))
    folder.append(Saved(1, replace(START, path="/home/somebody/run")))
    folder.append(RunEnded("done"))
    recording = record(folder, tmp_path / "recorded" / "recorded-dpo", "A recorded DPO run")
    assert [type(e) for e in recording.events()] == [StepDone, Saved, RunEnded]
    text = "".join(path.read_text() for path in recording.path.iterdir())
    assert "somebody" not in text and "nowhere" not in text
    with_recordings = RunShelf(tmp_path / "other", recorded=tmp_path / "recorded")
    assert with_recordings.tail("anybody", "recorded-dpo").summary.status == "done"
    assert with_recordings.summaries("anybody") == []
