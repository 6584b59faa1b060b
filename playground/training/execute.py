"""From a run's folder to its closing event: load what the specification names, train, and say how it ended."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from playground.errors import PlaygroundError
from playground.events import Event, Phase, RunEnded
from playground.models.devices import autocast_dtype
from playground.models.loader import load
from playground.registry import algorithms, build_config
from playground.runs.rows import from_json
from playground.runs.run import Run
from playground.training.captions import CaptionWatcher
from playground.training.inputs import TrainInputs
from playground.training.meter import Meter
from playground.training.out_of_memory import is_out_of_memory, out_of_memory
from playground.types import Checkpoint, Example, Preference, Prompt, RunSpec


class CaptionedRun(Run):
    """A run whose known failures are named as its events pass by."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.folder, run.spec, run.stop, run.stop_at)
        self._watcher = CaptionWatcher()

    def emit(self, event: Event) -> None:
        super().emit(event)
        for warning in self._watcher.see(event):
            super().emit(warning)


def execute(run: Run, resolve: Callable[[str], Checkpoint], threads: int = 0) -> RunEnded:
    """Train as run.spec says and append the closing event, which is also returned. Never raises.

    resolve turns a checkpoint's id into the checkpoint (an adapter needs its parent). threads: torch's, where the
    run's specification leaves them open; 0 leaves torch as it is.
    """
    started, meter = time.time(), Meter()
    try:
        _train(CaptionedRun(_pinned(run, threads)), resolve)
        ended = RunEnded(status="stopped" if run.stop_requested else "done")
    except Exception as error:  # the run worker is the one place that catches everything
        ended = _failed(run, error)
    cpu_seconds, peak_bytes = meter.read()
    ended = replace(ended, seconds=time.time() - started, cpu_seconds=cpu_seconds, peak_bytes=peak_bytes)
    run.folder.append(ended)
    return ended


def _failed(run: Run, error: Exception) -> RunEnded:
    """What went wrong in words; what no words are made for is the playground's own fault, and goes into a file."""
    if is_out_of_memory(error):
        entry = algorithms()[run.spec.algorithm]
        error = out_of_memory(entry, build_config(entry, run.spec.config))
    if isinstance(error, PlaygroundError):
        return RunEnded(status="failed", message=error.message, hint=error.hint)
    (run.folder.path / "error.log").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    hint = "This is a fault of the playground; error.log in the run's folder holds the details."
    return RunEnded(status="failed", message=f"{type(error).__name__}: {error}", hint=hint)


def _pinned(run: Run, threads: int) -> Run:
    """The run with threads and number format settled and written down: both decide the last digits of a result."""
    spec = run.spec
    threads = spec.threads or threads or torch.get_num_threads()
    torch.set_num_threads(threads)
    dtype = spec.dtype
    if dtype == "auto":
        dtype = "bfloat16" if autocast_dtype() is torch.bfloat16 else "float32"
    spec = replace(spec, threads=threads, dtype=dtype)
    run.folder.write_spec(spec)
    return Run(run.folder, spec, run.stop, run.stop_at)


def _train(run: Run, resolve: Callable[[str], Checkpoint]) -> Checkpoint:
    spec = run.spec
    entry = algorithms()[spec.algorithm]
    config = build_config(entry, spec.config)
    run.emit(Phase("Loading the model"))
    rows = [from_json(row) for row in run.folder.rows()]
    start = load(spec.start, trainable=True, resolve=resolve)
    return entry.train(run, _inputs(run, spec, start, rows, resolve, config), config)


def _inputs(run: Run, spec: RunSpec, start, rows: Sequence, resolve, config) -> TrainInputs:
    pocket, entry = spec.start.card == "pocket", algorithms()[spec.algorithm]
    prompts = [row for row in rows if isinstance(row, Prompt)]
    return TrainInputs(
        start=start,
        examples=[row for row in rows if isinstance(row, Example)] or (_demonstrations(spec.seed) if pocket else []),
        preferences=[row for row in rows if isinstance(row, Preference)],
        prompts=_prompts(spec.seed) if pocket and entry.needs == "preferences" else prompts,
        probes=_probes(pocket, rows),
        reward=_reward(spec, resolve, start if config.adapter == "lora" else None),
        gold=_gold(spec) if pocket else None,
        resume=run.folder.resume_path.exists(),
    )


def _demonstrations(seed: int) -> list[Example]:
    from playground.pocket import demonstrations

    return demonstrations(512, seed)


def _prompts(seed: int) -> list[Prompt]:
    """The first of those that PPO learns from: what a policy that learns from pairs is watched by."""
    from playground.pocket import prompt_set, training_mix

    return prompt_set(64, seed, kinds=training_mix())


def _probes(pocket: bool, rows: Sequence) -> list[Prompt]:
    if pocket:
        from playground.pocket import probe_prompts

        return probe_prompts()
    distinct = {p.key: p for p in (row if isinstance(row, Prompt) else row.prompt for row in rows)}
    return list(distinct.values())[:6]


def _reward(spec: RunSpec, resolve, frozen):
    """frozen: the start, where its own weights stay as they are: a reward model made of it shares them."""
    if spec.reward is None:
        return None
    from playground.rewards.learned import load_reward

    shared = frozen if spec.reward.parent == spec.start.id else None
    return load_reward(spec.reward, resolve=resolve, backbone=shared)


def _gold(spec: RunSpec):
    if spec.persona is None:
        return None
    from playground.rewards.gold import gold_function

    return gold_function(spec.persona)
