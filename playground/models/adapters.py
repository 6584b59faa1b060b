"""LoRA on a backbone: add it, switch it off to see the reference, merge it in a copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from playground.errors import ModelNotUsable
from playground.models.loader import LoadedModel, copy_model


def add_lora(loaded: LoadedModel, rank: int, alpha: float, targets: Sequence[str] | None = None) -> LoadedModel:
    """The same backbone, frozen, under a fresh LoRA that starts as the identity (arXiv:2106.09685).

    alpha / rank scales what the adapter adds. targets: names of the linear layers; None: all but the head.
    Raises: ModelNotUsable when no layer has such a name, or an adapter is there already.
    """
    from peft import LoraConfig, get_peft_model

    if hasattr(loaded.model, "peft_config"):
        raise ModelNotUsable("The model carries an adapter already.", hint="Merge it (merged_copy) before adding one.")
    modules = list(targets) if targets else "all-linear"
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=modules, lora_dropout=0.0, task_type="CAUSAL_LM")
    try:
        model = get_peft_model(loaded.model, config)
    except ValueError as error:
        raise ModelNotUsable(f"LoRA found no layer to adapt: {error}", hint="Leave the targets empty.") from error
    return replace(loaded, model=model.eval())


def adapter_beside(loaded: LoadedModel, folder: str | Path) -> Any:
    """The adapter that lies in the folder, frozen, on a twin of the model that shares the model's weights.

    Raises: ModelNotUsable when the model carries an adapter itself.
    """
    from peft import PeftModel

    if hasattr(loaded.model, "peft_config"):
        raise ModelNotUsable("The model carries an adapter already.", hint="Merge it (merged_copy) before adding one.")
    return PeftModel.from_pretrained(copy_model(loaded.model, sharing=True), folder).eval()


def untouched(loaded: LoadedModel, adapter: str) -> LoadedModel:
    """The model once more, for another training. Under LoRA the weights stay as they are and are shared."""
    sharing = adapter == "lora" and not hasattr(loaded.model, "peft_config")
    return replace(loaded, model=copy_model(loaded.model, sharing))


@contextmanager
def reference_off(model: Any) -> Iterator[Any]:
    """Within: the backbone without its adapter, bitwise the reference. After: everything as it was.

    peft's own disable_adapter turns gradients of the active adapter on when it ends, also where they were off.
    Raises: ModelNotUsable when the model has no adapter: a fully trained policy's reference is a copy made before.
    """
    if not hasattr(model, "peft_config"):
        raise ModelNotUsable("This model has no adapter to switch off.", hint="Keep a copy of the start as reference.")
    wanted = {name: p.requires_grad for name, p in model.named_parameters()}
    try:
        with model.disable_adapter():
            yield model
    finally:
        for name, p in model.named_parameters():
            p.requires_grad_(wanted[name])


def merged_copy(model: Any) -> nn.Module:
    """A frozen stand-alone copy, the adapter merged in; the original's weights do not drift."""
    twin = copy_model(model)
    if hasattr(twin, "peft_config"):
        twin = twin.merge_and_unload()
    return twin.eval().requires_grad_(False)
