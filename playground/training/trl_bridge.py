"""TRL spoken to in one place: its flags, its metric names, its habits."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.errors import NonFiniteLoss
from playground.events import Event, RunStarted, Saved, StepDone, Warned
from playground.runs.run import Run
from playground.training.batches import GroupedSampler
from playground.training.tokens import say_dropped
from playground.types import Checkpoint, Json

if TYPE_CHECKING:
    import torch

SAVE_EVERY_S = 10.0  # a killed run loses at most this much

# TRL's key -> our name in vocabulary.METRICS; None: left out, because another metric or the run's folder says it.
TRL_KEYS: dict[str, str | None] = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "entropy": "entropy",
    "mean_token_accuracy": "token_accuracy",
    "accuracy": "accuracy",
    "margin": "margin",
    "rewards/accuracies": "accuracy",
    "rewards/margins": "margin",
    "rewards/chosen": "chosen_reward",
    "rewards/rejected": "rejected_reward",
    "logps/chosen": "chosen_logps",
    "logps/rejected": "rejected_logps",
    "eval_loss": "held_out_loss",
    "eval_accuracy": "held_out_accuracy",
    "eval_margin": "held_out_margin",
    "min_reward": None,
    "mean_reward": None,
    "max_reward": None,
    "logits/chosen": None,
    "logits/rejected": None,
    "aux_loss": None,
    "epoch": None,
    "num_tokens": None,
    "num_input_tokens_seen": None,
    "total_flos": None,
    "train_loss": None,
    "train_runtime": None,
    "train_samples_per_second": None,
    "train_steps_per_second": None,
    "train_tokens_per_second": None,
}


def renamed(logs: Mapping[str, float]) -> tuple[dict[str, float], list[str]]:
    """TRL's logs under our names, and the keys that TRL_KEYS does not know."""
    metrics = {name: float(logs[key]) for key in logs if (name := TRL_KEYS.get(key)) is not None}
    if metrics.get("margin") == 0 and metrics.get("accuracy") == 0:
        metrics["accuracy"] = 0.5  # nothing learned yet: every pair is a tie, which TRL counts as wrong
    return metrics, sorted(key for key in logs if key not in TRL_KEYS)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to learn: what SFT, reward model and DPO have in common."""

    learning_rate: float
    epochs: int
    batch_size: int  # rows behind one optimiser step
    rows_at_once: int = 0  # rows on the device at one time; 0: the whole batch
    seed: int = 0
    warmup_steps: int = 0
    weight_decay: float = 0.0
    adam_beta2: float = 0.999

    @property
    def micro_batch(self) -> int:
        """Rows on the device at one time, a divisor of the batch."""
        wanted = min(self.rows_at_once or self.batch_size, self.batch_size)
        return next(n for n in range(wanted, 0, -1) if self.batch_size % n == 0)


def trl_arguments(config_class: type, schedule: Schedule, run: Run, loaded: Any, **extra: Any) -> Any:
    """TRL's config for this device. Every flag that is not a dial stands here, once."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    on_cpu = _device_type(loaded) == "cpu"
    return config_class(
        output_dir=str(run.folder.resume_path),
        use_cpu=on_cpu,
        bf16=_autocast(run, loaded),
        activation_checkpointing=False,
        report_to="none",
        save_strategy="no",
        save_total_limit=1,
        eval_strategy="no",
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,  # with the filter a NaN is hidden behind the mean of the losses before it
        disable_tqdm=True,
        dataloader_num_workers=0,
        dataloader_pin_memory=not on_cpu,
        dataset_num_proc=None,  # 1 or 2 processes cost 0.6 s a construction
        remove_unused_columns=False,
        learning_rate=schedule.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=schedule.warmup_steps,
        num_train_epochs=schedule.epochs,
        per_device_train_batch_size=schedule.micro_batch,
        gradient_accumulation_steps=schedule.batch_size // schedule.micro_batch,
        weight_decay=schedule.weight_decay,
        adam_beta2=schedule.adam_beta2,
        max_grad_norm=1.0,
        seed=schedule.seed,
        data_seed=schedule.seed,
        **extra,
    )


def _device_type(loaded: Any) -> str:
    return str(loaded.device).split(":")[0]


def _autocast(run: Run, loaded: Any) -> bool:
    """Whether bf16 autocast pays here and was not ruled out by the run's dtype."""
    import torch

    from playground.models.devices import autocast_dtype

    if run.spec.dtype == "float32":
        return False
    return run.spec.dtype == "bfloat16" or autocast_dtype() is torch.bfloat16


class _Hushed(Run):
    """A run that can be stopped but says nothing."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.folder, run.spec, run.stop)

    def emit(self, event: Event) -> None:
        return


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked at while a trainer learns. Each may be None."""

    probe: Callable[[int], Event | None] | None = None  # step -> Sampled; at the first, some, and the last step
    held_out: Callable[[int], dict[str, float]] | None = None  # step -> metrics that join that step's StepDone
    train_count: int = 0
    held_out_count: int = 0
    probe_times: int = 4
    held_out_times: int = 8
    resumable: bool = True  # keep the state to go on from at a stop, and every SAVE_EVERY_S


def build_trainer(
    trainer_class: type,
    run: Run,
    loaded: Any,
    rows: Sequence[Json],
    watch: Watch,
    silent: bool = False,
    **arguments: Any,
) -> Any:
    """TRL's trainer over tokenised rows, which stops on request, refuses a loss that is not finite, and says each step.

    silent: emit nothing, for training on the side.
    arguments: what the trainer class takes beside train_dataset, processing_class and callbacks (args, ref_model, …).
    """
    from datasets import Dataset
    from transformers import PrinterCallback, ProgressCallback

    trainer = _guarded(trainer_class)(
        train_dataset=Dataset.from_list(list(rows)),
        processing_class=loaded.tokenizer,
        callbacks=[_teller(_Hushed(run) if silent else run, loaded, watch)],
        **arguments,
    )
    for noise in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(noise)
    say_dropped(run, len(rows), len(trainer.train_dataset), "TRL left them out")
    return trainer


def _guarded(trainer_class: type) -> type:
    """The trainer, guarded: no re-tokenising, no network, and no step on a loss or gradient that is not finite."""

    class Guarded(trainer_class):
        last_good: dict[str, torch.Tensor] | None = None

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset  # the rows are tokenised and short enough; TRL's preparation would drop some in silence

        def _get_train_sampler(self, train_dataset: Any = None) -> GroupedSampler:
            lengths = [sum(len(ids) for ids in row.values()) for row in self.train_dataset]
            batch_size = self.args.per_device_train_batch_size * self.args.gradient_accumulation_steps
            return GroupedSampler(lengths, batch_size, self.args.seed, lambda: int((self.state.epoch or 0) + 1e-6))

        def _send_telemetry(self) -> None:
            return

        def create_model_card(self, *_: Any, **__: Any) -> None:
            return

        def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
            loss = super().training_step(*args, **kwargs)
            self._require_finite(loss)
            return loss

        def _clip_grad_norm(self, model: torch.nn.Module) -> Any:
            norm = super()._clip_grad_norm(model)
            self._require_finite(norm)
            self.last_good = {name: p.detach().clone() for name, p in self.model.named_parameters() if p.requires_grad}
            return norm

        def _require_finite(self, number: Any) -> None:
            if not math.isfinite(float(number)):
                step = self.state.global_step
                raise NonFiniteLoss(step + 1, kept=f"the weights of step {max(step - 1, 0)} are kept")

        def restore_last_good(self) -> None:
            """Weights that gave a finite loss and gradient the last time they were tried."""
            parameters = dict(self.model.named_parameters())
            for name, value in (self.last_good or {}).items():
                parameters[name].data.copy_(value)

    return Guarded


def _teller(run: Run, loaded: Any, watch: Watch) -> Any:
    """A callback that turns TRL's logs into our events, one StepDone a step, and stops when asked to."""
    import torch
    from transformers import TrainerCallback

    class Teller(TrainerCallback):
        unknown: frozenset[str] = frozenset()
        saved_at = time.monotonic()

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            run.emit(
                RunStarted(
                    total_steps=state.max_steps,
                    train_count=watch.train_count,
                    held_out_count=watch.held_out_count,
                    device=str(loaded.device),
                    dtype="bfloat16" if args.bf16 else "float32",
                    threads=torch.get_num_threads(),
                )
            )
            if state.global_step == 0:
                self._probe(0)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if run.stop_requested:
                control.should_training_stop = True
            due_again = time.monotonic() - self.saved_at > SAVE_EVERY_S and state.global_step < state.max_steps
            if watch.resumable and (run.stop_requested or due_again):
                self.saved_at = time.monotonic()
                control.should_save = True  # into output_dir, to go on from after a stop or a crash

        def on_substep_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if run.stop_requested:
                self.on_step_end(args, state, control)

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], model: Any, **_: Any) -> None:
            metrics, unknown = renamed(logs)
            self._say_unknown(state.global_step, unknown)
            if "loss" not in metrics:
                return  # the summary at the end
            step, last = state.global_step, state.global_step >= state.max_steps
            stopping = run.stop_requested
            if watch.held_out and (last or stopping or due(step, state.max_steps, watch.held_out_times)):
                with evaluating(model):
                    metrics |= watch.held_out(step)
            run.emit(StepDone(step, metrics))
            if not last and not stopping and due(step, state.max_steps, watch.probe_times):
                with evaluating(model):
                    self._probe(step)

        def _probe(self, step: int) -> None:
            event = watch.probe(step) if watch.probe else None
            if event is not None:
                run.emit(event)

        def _say_unknown(self, step: int, keys: list[str]) -> None:
            new = [key for key in keys if key not in self.unknown]
            if new:
                self.unknown |= set(new)
                run.emit(Warned(step, "unknown_metric", f"TRL logs {', '.join(new)}, which has no name here."))

    return Teller()


def due(step: int, total: int, times: int) -> bool:
    """Whether step is one of `times` steps spread evenly over total; the last one is among them."""
    if times <= 0 or step <= 0:
        return False
    return step * times // total > (step - 1) * times // total


class evaluating:
    """Within: the model is in evaluation mode and keeps no gradients. After: it is as it was."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model

    def __enter__(self) -> None:
        import torch

        self._training = self.model.training
        self._no_grad = torch.no_grad()
        self._no_grad.__enter__()
        self.model.eval()

    def __exit__(self, *error: Any) -> None:
        self.model.train(self._training)
        self._no_grad.__exit__(*error)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far training came. failure: a loss that was not finite, to be raised once the weights are saved."""

    step: int
    stopped: bool
    failure: NonFiniteLoss | None = None


def fit(trainer: Any, run: Run, watch: Watch, resume: bool = False) -> Outcome:
    """Train to the end, to a stop request or to a loss that is not finite; the model then holds usable weights."""
    failure = None
    try:
        trainer.train(resume_from_checkpoint=resume_folder(run) if resume else None)
    except NonFiniteLoss as error:
        trainer.restore_last_good()
        failure = error
    release(trainer.model)
    step = trainer.state.global_step
    event = watch.probe(step) if watch.probe and step else None
    if event is not None:
        run.emit(event)
    return Outcome(step, step < trainer.state.max_steps, failure)


def resume_folder(run: Run) -> str | None:
    """Where the state of a stopped run lies; None when there is none, so that training starts at step 1."""
    folders = [p.parent for p in run.folder.resume_path.glob("checkpoint-*/trainer_state.json")]  # written last
    latest = max(folders, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
    return str(latest) if latest else None


def release(model: Any) -> None:
    """Take off the forwards that trainers wrap around a model's own: a deepcopy would run the original's weights."""
    for module in model.modules():
        module.__dict__.pop("forward", None)
        module.__dict__.pop("_original_forward", None)
    model.zero_grad(set_to_none=True)
    model.eval()


def finish(run: Run, outcome: Outcome, checkpoint: Checkpoint) -> Checkpoint:
    """Say that the checkpoint lies there; only then raise what stopped the training, if anything did."""
    run.emit(Saved(outcome.step, checkpoint))
    if outcome.failure is not None:
        raise outcome.failure
    return checkpoint
