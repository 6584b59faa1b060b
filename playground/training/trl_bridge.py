"""TRL's trainers spoken to in one place: built over our rows, run to an end, a stop or a fault, and left clean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback, ProgressCallback

from playground.errors import NonFiniteLoss
from playground.events import Saved
from playground.models.loader import LoadedModel
from playground.runs.run import Run
from playground.training.precision import precision, suit_attention
from playground.training.tokens import row_length, say_dropped
from playground.training.trl_guard import guarded
from playground.training.trl_teller import Teller, Watch, answer_probes
from playground.types import Checkpoint, Json


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far training came. failure: a loss that was not finite, to be raised once the weights are saved."""

    step: int
    failure: NonFiniteLoss | None = None


def build_trainer(
    trainer_class: type, run: Run, loaded: LoadedModel, rows: Sequence[Json], watch: Watch, **arguments: Any
) -> Any:
    """TRL's trainer over tokenised rows, which stops on request, refuses a loss that is not finite, and says each step.

    arguments: what the trainer class takes beside train_dataset, processing_class and callbacks (args, ref_model, …).
    """
    for model in (loaded.model, arguments.get("ref_model")):
        if model is not None:
            suit_attention(model, precision(run), max(map(row_length, rows)))
    trainer = guarded(trainer_class)(
        train_dataset=Dataset.from_list(list(rows)),
        processing_class=loaded.tokenizer,
        callbacks=[Teller(run, loaded, watch)],
        **arguments,
    )
    for noise in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(noise)
    say_dropped(run, len(rows), len(trainer.train_dataset), "TRL left them out")
    return trainer


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
    if step:
        answer_probes(run, watch, step)
    return Outcome(step, failure)


def finish(run: Run, outcome: Outcome, checkpoint: Checkpoint) -> Checkpoint:
    """Say that the checkpoint lies there; only then raise what stopped the training, if anything did."""
    run.emit(Saved(outcome.step, checkpoint))
    if outcome.failure is not None:
        raise outcome.failure
    return checkpoint


def resume_folder(run: Run) -> str | None:
    """Where the state of a stopped run lies; None when there is none, so that training starts at step 1."""
    folders = [p.parent for p in run.folder.resume_path.glob("checkpoint-*/trainer_state.json")]  # written last
    latest = max(folders, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
    return str(latest) if latest else None


def release(model: torch.nn.Module) -> None:
    """Take off the forwards that trainers wrap around a model's own: a deepcopy would run the original's weights."""
    for module in model.modules():
        module.__dict__.pop("forward", None)
        module.__dict__.pop("_original_forward", None)
    model.zero_grad(set_to_none=True)
    model.eval()
