"""A PPO run's state on disk: written so that a stopped run goes on as if it had never stopped."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from playground.training.ppo_rollouts import Batch, Learner, Progress
from playground.training.rollouts import Rollouts

_FILE = "ppo.pt"


def save_state(learner: Learner, progress: Progress, folder: Path) -> None:
    """Replace the state in the folder in one step: weights in training, optimiser, generator, progress."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{_FILE}.part"
    torch.save(
        {
            "policy": _trained(learner),
            "value_head": learner.value_head.state_dict(),
            "optimiser": learner.optimiser.state_dict(),
            "generator": learner.generator.get_state(),
            "progress": _plain(progress),
        },
        temporary,
    )
    os.replace(temporary, folder / _FILE)


def has_state(folder: Path) -> bool:
    """Whether a run was left here to go on from."""
    return (folder / _FILE).exists()


def load_state(learner: Learner, folder: Path) -> Progress | None:
    """Put the stored state into the learner; None where the folder holds none. Only plain data is ever unpickled."""
    if not has_state(folder):
        return None
    state = torch.load(folder / _FILE, map_location="cpu", weights_only=True)
    with torch.no_grad():
        for name, parameter in _trained(learner).items():
            parameter.copy_(state["policy"][name])
    learner.value_head.load_state_dict(state["value_head"])
    learner.optimiser.load_state_dict(state["optimiser"])
    learner.generator.set_state(state["generator"])
    return _progress(state["progress"], learner.device)


def _trained(learner: Learner) -> dict[str, torch.Tensor]:
    return {name: parameter for name, parameter in learner.policy.named_parameters() if parameter.requires_grad}


def _plain(value: Any) -> Any:
    """Our dataclasses as dicts, tensors and numbers as they are; `seen` is read anew."""
    if isinstance(value, Progress | Batch | Rollouts):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name != "seen"}
    return value


def _progress(row: dict[str, Any], device: torch.device) -> Progress:
    if row["batch"] is not None:
        batch = {k: v.to(device) if isinstance(v, torch.Tensor) else v for k, v in row["batch"].items()}
        row["batch"] = Batch(**batch | {"rollouts": Rollouts(**batch["rollouts"])})
    return Progress(**row)
