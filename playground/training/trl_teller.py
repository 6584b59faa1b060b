"""What a trainer of TRL's says while it learns: our events, one StepDone a step; and how it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import TrainerCallback

from playground.events import Event, RunStarted, StepDone, Warned
from playground.models.loader import LoadedModel
from playground.runs.run import Run
from playground.training.trl_names import renamed
from playground.training.watched import times_in

SAVE_EVERY_S = 10.0  # a killed run loses at most this much


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked at while a trainer learns. Each may be None."""

    probe: Callable[[int], Event | None] | None = None  # step -> Sampled; at the first, some, and the last step
    held_out: Callable[[int], dict[str, float]] | None = None  # step -> metrics that join that step's StepDone
    written: Callable[[int], dict[str, float]] | None = None  # the same of completions that the policy writes
    train_count: int = 0
    held_out_count: int = 0
    probe_times: int = 4
    held_out_times: int = 8
    resumable: bool = True  # keep the state to go on from at a stop, and every SAVE_EVERY_S


class Teller(TrainerCallback):
    """Turns TRL's logs into our events, and stops when the run is asked to."""

    def __init__(self, run: Run, loaded: LoadedModel, watch: Watch) -> None:
        self._run, self._loaded, self._watch = run, loaded, watch
        self._unknown: set[str] = set()
        self._saved_at = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._run.emit(
            RunStarted(
                total_steps=state.max_steps,
                train_count=self._watch.train_count,
                held_out_count=self._watch.held_out_count,
                device=str(self._loaded.device),
                dtype="bfloat16" if args.bf16 else "float32",
                threads=torch.get_num_threads(),
            )
        )
        if state.global_step == 0:
            answer_probes(self._run, self._watch, 0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._run.stop_at is not None and state.global_step >= self._run.stop_at[0]:
            self._run.stop.set()
        if self._run.stop_requested:
            control.should_training_stop = True
        due_again = time.monotonic() - self._saved_at > SAVE_EVERY_S and state.global_step < state.max_steps
        if self._watch.resumable and (self._run.stop_requested or due_again):
            self._saved_at = time.monotonic()
            control.should_save = True  # into output_dir, to go on from after a stop or a crash

    def on_substep_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._run.stop_requested:
            self.on_step_end(args, state, control)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], model: Any, **_: Any) -> None:
        metrics, unknown = renamed(logs)
        self._say_unknown(state.global_step, unknown)
        if "loss" in metrics:  # else it is the summary at the end
            self._step(state.global_step, state.max_steps, metrics, model)

    def _step(self, step: int, total: int, metrics: dict[str, float], model: torch.nn.Module) -> None:
        watch, ending = self._watch, step >= total or self._run.stop_requested
        if watch.held_out and (ending or due(step, total, watch.held_out_times)):
            with evaluating(model):
                metrics |= watch.held_out(step)
        if watch.written:
            metrics.pop("entropy", None)  # TRL's is of the texts it reads, this one of those the policy writes
            if ending or step == 1 or due(step, total, times_in(total)):
                with evaluating(model):
                    metrics |= watch.written(step)
        self._run.emit(StepDone(step, metrics))
        if not ending and due(step, total, watch.probe_times):  # the last answers are those of the finished policy
            with evaluating(model):
                answer_probes(self._run, self._watch, step)

    def _say_unknown(self, step: int, keys: list[str]) -> None:
        new = [key for key in keys if key not in self._unknown]
        if new:
            self._unknown |= set(new)
            self._run.emit(Warned(step, "unknown_metric", f"TRL logs {', '.join(new)}, which has no name here."))


def answer_probes(run: Run, watch: Watch, step: int) -> None:
    """Let the policy answer the probe prompts as it stands."""
    event = watch.probe(step) if watch.probe else None
    if event is not None:
        run.emit(event)


def due(step: int, total: int, times: int) -> bool:
    """Whether step is one of `times` steps spread evenly over total; the last one is among them."""
    if times <= 0 or step <= 0:
        return False
    return step * times // total > (step - 1) * times // total


@contextmanager
def evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Within: the model is in evaluation mode and keeps no gradients. After: it is as it was."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)
