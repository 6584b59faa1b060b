"""The policy before and after a trainer: full weights or an adapter to train, and the checkpoint to keep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from playground.runs.run import Run
from playground.types import Checkpoint

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel


class AdapterDials(Protocol):
    """What a config says about which weights to train."""

    adapter: str  # full or lora
    lora_rank: int
    seed: int


def trainable(start: LoadedModel, config: AdapterDials) -> LoadedModel:
    """The start with the weights that the config names free to change, and all others frozen."""
    import torch

    from playground.models.adapters import add_lora

    if hasattr(start.model, "peft_config"):  # what is saved names the start as its parent, so it goes on top of it
        start = replace(start, model=start.model.merge_and_unload())
    if config.adapter == "full":
        start.model.requires_grad_(True)
        return start
    torch.manual_seed(config.seed)  # an adapter's first weights are random
    return add_lora(start, config.lora_rank, 2 * config.lora_rank)


def saved(run: Run, loaded: LoadedModel, method: str, seed: int, knows_chat: bool) -> Checkpoint:
    """Write the policy into the run's folder."""
    from playground.models.loader import save_policy

    spec = run.spec
    with run.folder.new_checkpoint() as folder:
        checkpoint = save_policy(
            loaded,
            folder,
            id=spec.id,
            name=spec.name or method,
            parent=spec.start.id,
            method=method,
            run_id=spec.id,
            data_hash=spec.data_hash,
            seed=seed,
            knows_chat=knows_chat,
        )
    return replace(checkpoint, path=str(run.folder.checkpoint_path.resolve()))


def frozen_copy(model: Any) -> Any:
    """The model as it stands, for a reference: never reloaded by name, which would forget what was tuned in memory."""
    from playground.models.adapters import merged_copy

    return merged_copy(model)
