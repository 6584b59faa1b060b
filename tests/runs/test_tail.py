"""What the server holds of runs stays bounded, however long they are and however many; and nobody sees less for it."""

import shutil
import threading

import pytest

from playground.events import Measured, Phase, RunEnded, RunStarted, Sampled, StepDone, from_line
from playground.runs import tail as tails
from playground.runs.kept import MOST_OTHERS, MOST_STEPS
from playground.runs.tail import RunShelf, step_rows
from playground.types import Checkpoint, RunSpec

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")


@pytest.fixture
def shelf(tmp_path):
    return RunShelf(tmp_path)


def new_run(shelf, run_id="ppo-1"):
    folder = shelf.folder("local", run_id)
    folder.create(RunSpec(run_id, "local", "ppo", {}, START), [])
    return folder


def append(folder, events):
    """Many events in one write."""
    from playground.events import to_line

    with folder.events_path.open("a") as file:
        file.writelines(to_line(event) + "\n" for event in events)


def steps(lines):
    return [row["step"] for row in step_rows(lines)]


def test_a_long_runs_lines_are_thinned_and_its_ends_kept(shelf):
    folder = new_run(shelf)
    long = 5 * MOST_STEPS
    append(folder, [RunStarted(long, 9), *(StepDone(i, {"kl": 0.1}) for i in range(1, long + 1)), Phase("half")])
    tail = shelf.tail("local", "ppo-1")
    kept = steps(tail.lines)
    assert MOST_STEPS <= len(kept) <= 2 * MOST_STEPS
    assert kept[0] == 1 and kept[-3:] == [long - 2, long - 1, long]
    assert from_line(tail.lines[0]) and from_line(tail.lines[-1]).name == "half"
    assert tail.count == long + 2


def test_it_makes_no_difference_for_the_lines_when_they_were_read(shelf, tmp_path):
    folder = new_run(shelf)
    early = shelf.tail("local", "ppo-1")
    for begin in range(0, 4 * MOST_STEPS, 700):
        append(folder, [StepDone(i, {"kl": 0.1}) for i in range(begin + 1, begin + 701)])
        early.refresh(force=True)
        early.after(early.count - 3)
    assert early.lines == RunShelf(tmp_path).tail("local", "ppo-1").lines


def test_samples_and_figures_are_thinned_too_each_name_by_itself(shelf):
    folder = new_run(shelf)
    names = ("scores", "accuracy")
    many = 10 * MOST_OTHERS
    append(folder, [e for i in range(many) for e in (Sampled(i, []), *(Measured(i, n, {}) for n in names))])
    kept = [from_line(line) for line in shelf.tail("local", "ppo-1").lines]
    for group in (
        [e.step for e in kept if isinstance(e, Sampled)],
        *([e.step for e in kept if isinstance(e, Measured) and e.name == name] for name in names),
    ):
        assert len(group) <= 2 * MOST_OTHERS
        assert group[0] == 0 and group[-1] == many - 1


def test_a_viewer_gets_what_came_after_the_last_event_it_saw(shelf):
    folder = new_run(shelf)
    append(folder, [StepDone(i, {"kl": 0.1}) for i in range(1, 11)])
    tail = shelf.tail("local", "ppo-1")
    lines, last = tail.after(6)
    assert (steps(lines), last) == ([8, 9, 10], 9)
    assert tail.after(last) == ([], last)


def test_the_lines_of_few_runs_are_held_and_a_viewer_of_another_still_gets_them(shelf, monkeypatch):
    monkeypatch.setattr(tails, "_MOST_FOLLOWED", 2)
    for i in range(4):
        append(new_run(shelf, f"ppo-{i}"), [StepDone(1, {"kl": float(i)})])
    followed = [shelf.tail("local", f"ppo-{i}") for i in range(4)]
    assert [len(tail.lines) for tail in followed] == [1, 1, 1, 1]
    assert [tail._kept is not None for tail in followed] == [False, False, True, True]
    append(followed[0].folder, [StepDone(2, {"kl": 0.0})])
    followed[0].refresh(force=True)
    assert steps(followed[0].after(0)[0]) == [2]


def test_a_list_of_runs_holds_no_lines(shelf):
    append(new_run(shelf), [StepDone(1, {"kl": 0.0})])
    assert [s.step for s in shelf.summaries("local")] == [1]
    assert shelf.tail("local", "ppo-1")._kept is None


def test_more_runs_than_are_known_at_a_time_are_all_listed(shelf, monkeypatch):
    monkeypatch.setattr(tails, "_MOST_TAILS", 3)
    for i in range(8):
        append(new_run(shelf, f"ppo-{i}"), [StepDone(i + 1, {"kl": 0.0})])
    assert sorted(s.step for s in shelf.summaries("local")) == list(range(1, 9))
    assert len(shelf._tails) == 3


def test_sizes_are_told_while_a_trainer_replaces_its_folders(shelf, tmp_path):
    run = shelf.folder("w", "churn")
    run.path.mkdir(parents=True)
    over = threading.Event()

    def churn():
        while not over.is_set():
            part = run.path / "checkpoint.part"
            part.mkdir()
            (part / "weights").write_bytes(b"x" * 10)
            shutil.rmtree(part)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        sizes = {shelf.size("w") for _ in range(3000)}
        assert sizes <= {0, 10}
        assert shelf.last_change("w") > 0
    finally:
        over.set()
        thread.join()


def test_what_a_killed_part_took_is_known_by_the_clock_alone(shelf):
    folder = new_run(shelf)
    append(folder, [RunStarted(9, 9, time=100.0), StepDone(1, {}, time=107.5)])
    tail = shelf.tail("local", "ppo-1")
    assert tail.summary.unfinished_s == 7.5
    append(folder, [RunEnded("died", seconds=7.5), RunStarted(9, 9), RunEnded("done", seconds=2.0, cpu_seconds=2.0)])
    tail.refresh(force=True)
    assert (tail.summary.seconds, tail.summary.cpu_seconds, tail.summary.unfinished_s) == (9.5, None, 0.0)


def test_the_parts_of_a_resumed_run_are_one_cost(shelf):
    folder = new_run(shelf)
    ends = [RunEnded("stopped", cpu_seconds=3.0, peak_bytes=700), RunEnded("done", cpu_seconds=4.0, peak_bytes=500)]
    append(folder, [StepDone(1, {}), ends[0], StepDone(2, {}), ends[1]])
    summary = shelf.tail("local", "ppo-1").summary
    assert (summary.cpu_seconds, summary.peak_bytes) == (7.0, 700)
