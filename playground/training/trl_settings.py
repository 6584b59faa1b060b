"""TRL's settings: our dials under its names, and every flag that is not a dial."""

from __future__ import annotations

import os
from typing import Any, Protocol

from playground.models.loader import LoadedModel
from playground.runs.run import Run
from playground.training.precision import precision


class LearningDials(Protocol):
    """How long and how fast to learn: what the configs of SFT, reward model and DPO have in common."""

    learning_rate: float
    epochs: int
    batch_size: int  # rows behind one optimiser step
    rows_at_once: int  # rows on the device at one time; 0: the whole batch
    seed: int


def micro_batch(config: LearningDials) -> int:
    """Rows on the device at one time, a divisor of the batch."""
    wanted = min(config.rows_at_once or config.batch_size, config.batch_size)
    return next(n for n in range(wanted, 0, -1) if config.batch_size % n == 0)


def trl_settings(settings_class: type, config: LearningDials, run: Run, loaded: LoadedModel, **own: Any) -> Any:
    """TRL's settings for this config on this device. own: what only one trainer has, or sets otherwise."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    given = {"output_dir": str(run.folder.resume_path), **_learning(config), **_device(run, loaded)}
    return settings_class(**given, **_QUIET, **own)


# no report, no evaluation and no saving but ours; each step is logged.
_QUIET = {
    "report_to": "none",
    "save_strategy": "no",
    "save_total_limit": 1,
    "eval_strategy": "no",
    "logging_strategy": "steps",
    "logging_steps": 1,
    "logging_nan_inf_filter": False,  # with the filter a NaN is hidden behind the mean of the losses before it
    "disable_tqdm": True,
    "dataloader_num_workers": 0,
    "dataset_num_proc": None,  # 1 or 2 processes cost 0.6 s a construction
    "remove_unused_columns": False,
}


def _learning(config: LearningDials) -> dict[str, Any]:
    rows = micro_batch(config)
    return {
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": "linear",
        "num_train_epochs": config.epochs,
        "per_device_train_batch_size": rows,
        "gradient_accumulation_steps": config.batch_size // rows,
        "max_grad_norm": 1.0,
        "seed": config.seed,
        "data_seed": config.seed,
    }


def _device(run: Run, loaded: LoadedModel) -> dict[str, Any]:
    on_cpu = loaded.device.startswith("cpu")
    return {
        "use_cpu": on_cpu,
        "dataloader_pin_memory": not on_cpu,
        "activation_checkpointing": False,
        "bf16": precision(run) is not None,
    }
