"""Making a run again: the weights come out the same, wherever the run ended; where they cannot, the reason is said."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from playground.events import Event, RunEnded, RunStarted, Saved, StepDone
from playground.models.catalogue import fingerprint
from playground.registry import algorithms, build_config
from playground.runs.folder import RunFolder
from playground.runs.rows import to_json
from playground.runs.run import Run
from playground.training import ppo_loop
from playground.training.execute import execute
from playground.training.reproduce import reproduce
from playground.types import Checkpoint, RunSpec
from tests.training import tiny_runs

SHORT = {"batch_size": 4, "epochs": 2}
CONFIGS = {
    "sft": SHORT,
    "reward_model": SHORT,
    "dpo": SHORT,
    "ppo": {
        "iterations": 4,
        "rollouts": 8,
        "minibatch_size": 4,
        "microbatch_size": 4,
        "ppo_epochs": 2,
        "max_new_tokens": 6,
        "normalise_rollouts": 8,
        "learning_rate": 1e-3,
        "save_every": 3,
    },
}
ROWS = {"examples": "examples", "preferences": "preferences", "prompts": "prompts"}


class Watched(RunFolder):
    """A run's folder whose run is asked to stop once it has told of a step."""

    def __init__(self, path: Path, step: int, stop: threading.Event) -> None:
        super().__init__(path)
        self._step = step
        self._stop = stop

    def append(self, event: Event) -> None:
        super().append(event)
        if isinstance(event, StepDone) and event.step == self._step:
            self._stop.set()


def stopped_after(run: Run, step: int) -> Run:
    """The same run, to be stopped there."""
    stop = threading.Event()
    return Run(Watched(run.folder.path, step, stop), run.spec, stop)


@pytest.fixture
def world(tiny, tmp_path, monkeypatch) -> Callable[..., tuple[Run, Callable]]:
    """world(algorithm, **config): a run's folder with its inputs, as a download holds them, and what trains it."""
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path / "data"))

    def make(name: str, **values: object) -> tuple[Run, Callable[[Run], RunEnded]]:
        start = replace(tiny, fingerprint=fingerprint(Path(tiny.path)))
        carried = [_carried(tmp_path / "run", start)]
        if name == "ppo":
            carried.append(_carried(tmp_path / "run", _judge(start, tmp_path / "judge", values.get("adapter", "full"))))
        entry = algorithms()[name]
        rows = [to_json(row) for row in tiny_runs.rows()[ROWS[entry.needs]]]
        config = asdict(build_config(entry, CONFIGS[name] | values))
        reward = carried[1] if name == "ppo" else None
        spec = RunSpec("run", "w", name, config, start, reward=reward, threads=1, dtype="float32")
        folder = RunFolder(tmp_path / "run")
        inputs = {c.id: c for c in carried}
        _create(folder, replace(spec, start=carried[0]), rows, carried)
        return Run(folder, folder.spec()), lambda run: execute(run, inputs.__getitem__)

    return make


def _judge(start: Checkpoint, path: Path, adapter: str) -> Checkpoint:
    """A reward model trained for a moment."""
    config = build_config(algorithms()["reward_model"], SHORT | {"epochs": 1, "adapter": adapter})
    made = tiny_runs.train(tiny_runs.new_run("reward_model", start, path, config), config, tiny_runs.rows())
    return replace(made, id="judge")


def _carried(folder: Path, checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint as the download will hold it."""
    target = folder.with_name("inputs-made") / checkpoint.id
    shutil.copytree(checkpoint.path, target)
    return replace(checkpoint, path=str(target))


def _create(folder: RunFolder, spec: RunSpec, rows: list, carried: list[Checkpoint]) -> None:
    folder.create(spec, rows)
    shutil.copytree(folder.path.with_name("inputs-made"), folder.path / "inputs")
    (folder.path / "inputs" / "checkpoints.json").write_text(json.dumps([asdict(c) for c in carried]))


def kept(run: Run) -> Saved:
    """What the run saved last."""
    return [event for event in run.folder.events() if isinstance(event, Saved)][-1]


@pytest.mark.parametrize("adapter", ["full", "lora"])
@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_a_finished_run_comes_out_the_same(name, adapter, world, capsys):
    run, train = world(name, adapter=adapter)
    assert train(run).status == "done"
    assert reproduce(run.folder.path) == 0, capsys.readouterr().out
    assert kept(run).checkpoint.fingerprint in capsys.readouterr().out


@pytest.mark.parametrize("rows_at_once", [0, 2])
@pytest.mark.parametrize("name", ["sft", "reward_model", "dpo"])
def test_a_run_that_was_stopped_is_made_again_to_the_same_step(name, rows_at_once, world, capsys):
    run, train = world(name, rows_at_once=rows_at_once)
    assert train(stopped_after(run, 3)).status == "stopped"
    assert 3 <= kept(run).step < 10
    assert reproduce(run.folder.path) == 0, capsys.readouterr().out
    assert kept(Run(RunFolder(run.folder.path / "again"), run.spec)).step == kept(run).step


@pytest.mark.parametrize("updates", [0, 1, 3])
def test_a_ppo_run_that_was_stopped_between_two_updates_is_made_again_to_the_same_one(
    updates, world, capsys, monkeypatch
):
    run, train = world("ppo")
    asked = stopped_after(run, 2 if updates == 0 else -1)
    plain = ppo_loop._step

    def step(learner, batch, rows, demonstrations, iteration):
        went_on = plain(learner, batch, rows, demonstrations, iteration)
        if (iteration, batch.done + 1) == (3, updates):
            asked.stop.set()
        return went_on

    monkeypatch.setattr(ppo_loop, "_step", step)
    assert train(asked).status == "stopped"
    monkeypatch.setattr(ppo_loop, "_step", plain)
    assert (kept(run).step, kept(run).updates) == (2, updates)
    assert reproduce(run.folder.path) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_a_run_that_was_stopped_and_resumed_comes_out_the_same(name, world, capsys):
    run, train = world(name)
    assert train(stopped_after(run, 2)).status == "stopped"
    assert train(Run(run.folder, run.folder.spec())).status == "done"
    assert len([e for e in run.folder.events() if isinstance(e, RunStarted)]) == 2
    assert reproduce(run.folder.path) == 0, capsys.readouterr().out


def test_a_run_that_was_resumed_elsewhere_says_so_where_its_weights_differ(world, capsys):
    run, train = world("sft")
    train(run)
    closing = run.folder.ended()
    run.folder.append(RunStarted(10, 20, device="cuda", dtype="bfloat16", threads=4))
    run.folder.append(replace(kept(run), checkpoint=replace(kept(run).checkpoint, fingerprint="another")))
    run.folder.append(closing)
    assert reproduce(run.folder.path) == 1
    said = capsys.readouterr().out
    assert "resumed under other conditions" in said
    assert "on cpu in float32 with 1 thread then on cuda in bfloat16 with 4 threads" in said


def test_a_download_without_some_preferences_says_so_where_the_weights_differ(world, capsys):
    run, train = world("dpo")
    train(run)
    lines = run.folder.data_path.read_text().splitlines(keepends=True)
    run.folder.data_path.write_text("".join(lines[:-2]))
    (run.folder.path / "left_out.txt").write_text("2 of 24 preferences are not in data.jsonl")
    assert reproduce(run.folder.path) == 1
    assert "not in this download" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([], "not over"),
        ([RunEnded("failed", "The loss is not a number.")], "The loss is not a number."),
        ([RunEnded("stopped")], "before it had saved anything"),
        ([Saved(0, Checkpoint("run", "", "policy", "pocket", "")), RunEnded("stopped")], "before its first step"),
    ],
    ids=["running", "failed", "nothing saved", "no step"],
)
def test_what_cannot_be_made_again_says_why_in_one_sentence(events, words, tmp_path, capsys):
    folder = RunFolder(tmp_path / "run")
    folder.create(RunSpec("run", "w", "sft", {}, Checkpoint("tiny", "", "policy", "pocket", "")), [])
    for event in events:
        folder.append(event)
    assert reproduce(folder.path) == 1
    said = capsys.readouterr().out.strip()
    assert words in said and "\n" not in said


def test_a_run_on_a_model_that_is_not_here_names_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    start = Checkpoint("owner/model", "Some model", "policy", "owner/model", "/elsewhere")
    folder = RunFolder(tmp_path / "run")
    folder.create(RunSpec("sft-1", "local", "sft", {}, start), [])
    folder.append(Saved(4, replace(start, id="sft-1")))
    folder.append(RunEnded("done"))
    (folder.path / "inputs").mkdir()
    (folder.path / "inputs" / "checkpoints.json").write_text("[]")
    assert reproduce(folder.path) == 1
    said = capsys.readouterr().out
    assert "Some model" in said and "owner/model" in said
