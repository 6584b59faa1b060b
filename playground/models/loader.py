"""From a checkpoint to a model in memory, and back. Only safetensors; never remote code, never pickles."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from torch import nn

from playground.errors import ModelNotUsable, PlaygroundError
from playground.models.catalogue import find_checkpoint, fingerprint
from playground.models.devices import pick_device
from playground.models.templates import settle_template
from playground.types import Checkpoint

END_NAMES = ("<|end|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>", "</s>")
PAD_NAMES = ("<|pad|>", "<pad>", "[PAD]", "<|padding|>", "<|finetune_right_pad_id|>")
LOAD_ERRORS = (OSError, ValueError, KeyError, RuntimeError, SafetensorError)


@dataclass
class LoadedModel:
    """A causal language model with its tokenizer. `model` is a PeftModel where the checkpoint is an adapter."""

    model: Any
    tokenizer: Any
    checkpoint: Checkpoint
    device: str
    dtype: torch.dtype

    @property
    def context(self) -> int:
        """How many tokens the model reads at most: prompt and completion together."""
        return context_length(self.model)


def load(
    checkpoint: Checkpoint,
    *,
    device: str | None = None,
    dtype: torch.dtype | str | None = None,
    trainable: bool = False,
    resolve: Callable[[str], Checkpoint] = find_checkpoint,
) -> LoadedModel:
    """Load a checkpoint, in eval mode, dropout off, float32 unless dtype says otherwise.

    trainable: full weights, or the adapter's, require gradients; else nothing does.
    resolve: finds an adapter's parent by id; an adapter on an adapter is merged into the backbone first.
    Raises: ModelNotUsable when it is missing, corrupt, not causal or has no tokenizer.
    """
    device = device or pick_device()
    dtype = _as_dtype(dtype)
    if checkpoint.form == "adapter":
        model, tokenizer = _load_adapter(checkpoint, device, dtype, trainable, resolve)
    else:
        model, tokenizer = _load_full(checkpoint, device, dtype), _load_tokenizer(checkpoint)
        model.requires_grad_(trainable)
    _turn_dropout_off(model)
    model.eval()
    settle_template(tokenizer)
    _settle_pad(model, tokenizer)
    return LoadedModel(model, tokenizer, checkpoint, device, dtype)


def save_policy(
    loaded: LoadedModel,
    folder: str | Path,
    *,
    id: str,
    name: str,
    parent: str | None,
    method: str,
    run_id: str | None,
    data_hash: str,
    seed: int,
    knows_chat: bool = True,
) -> Checkpoint:
    """Write the model (or its active adapter) and the tokenizer; return the checkpoint that names them."""
    form = save_weights(loaded, folder)
    return Checkpoint(
        id=id,
        name=name,
        kind="policy",
        card=loaded.checkpoint.card,
        path=str(Path(folder).resolve()),
        form=form,
        parent=parent,
        method=method,
        knows_chat=knows_chat,
        run_id=run_id,
        data_hash=data_hash,
        seed=seed,
        fingerprint=fingerprint(folder),
        created_at=time.time(),
    )


def save_weights(loaded: LoadedModel, folder: str | Path) -> Literal["full", "adapter"]:
    """Write weights and tokenizer as safetensors; says whether these are full weights or an adapter's."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    loaded.tokenizer.save_pretrained(folder)
    if hasattr(loaded.model, "peft_config"):
        _save_adapter(loaded.model, folder)
        return "adapter"
    loaded.model.save_pretrained(folder)
    return "full"


def copy_model(model: nn.Module, sharing: bool = False) -> nn.Module:
    """A deep copy that runs its own weights; sharing: the very weights of the original, in modules of its own.

    TRL's trainers put a wrapped `forward` bound to the original into the model's __dict__; a plain deepcopy keeps
    calling the original through it.
    """
    twin = copy.deepcopy(model, {id(p): p for p in model.parameters()} if sharing else None)
    for module in twin.modules():
        module.__dict__.pop("forward", None)
    return twin


def context_length(model: nn.Module) -> int:
    """How many positions the model was built for."""
    config = model.config.get_text_config()
    for field in ("max_position_embeddings", "n_positions", "max_seq_len"):
        if isinstance(getattr(config, field, None), int):
            return getattr(config, field)
    return 2048


def _as_dtype(dtype: torch.dtype | str | None) -> torch.dtype:
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype in (None, "auto"):
        return torch.float32
    named = getattr(torch, dtype, None)
    if not isinstance(named, torch.dtype):
        raise ModelNotUsable(f"dtype {dtype!r} is unknown.", hint="Use float32 or bfloat16.")
    return named


def _load_full(checkpoint: Checkpoint, device: str, dtype: torch.dtype) -> nn.Module:
    from transformers import AutoConfig, AutoModelForCausalLM

    _check_folder(checkpoint, "*.safetensors")
    options = {"trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(checkpoint.path, **options)
        model, report = AutoModelForCausalLM.from_pretrained(
            checkpoint.path, config=config, dtype=dtype, use_safetensors=True, output_loading_info=True, **options
        )
    except LOAD_ERRORS as error:
        raise _not_usable(checkpoint, error) from error
    missing = sorted(report["missing_keys"])
    if missing:
        raise ModelNotUsable(
            f"{checkpoint.name} lacks {len(missing)} weights of a causal language model, among them {missing[0]}.",
            hint="Choose a model that was saved as a causal language model, not a classifier or an encoder.",
        )
    model.to(device)
    _check_causal(model, checkpoint)
    return model


def _load_adapter(
    checkpoint: Checkpoint,
    device: str,
    dtype: torch.dtype,
    trainable: bool,
    resolve: Callable[[str], Checkpoint],
) -> tuple[nn.Module, Any]:
    from peft import PeftModel

    _check_folder(checkpoint, "adapter_model.safetensors")
    if checkpoint.parent is None:
        raise ModelNotUsable(f"{checkpoint.name} is an adapter without a parent.", hint="Name the model it belongs to.")
    parent = load(resolve(checkpoint.parent), device=device, dtype=dtype, resolve=resolve)
    backbone = parent.model.merge_and_unload() if hasattr(parent.model, "peft_config") else parent.model
    backbone.requires_grad_(False)
    try:
        model = PeftModel.from_pretrained(backbone, checkpoint.path, is_trainable=trainable)
    except LOAD_ERRORS as error:
        raise _not_usable(checkpoint, error) from error
    own = (Path(checkpoint.path) / "tokenizer_config.json").is_file()
    return model, _load_tokenizer(checkpoint) if own else parent.tokenizer


def _load_tokenizer(checkpoint: Checkpoint) -> Any:
    from transformers import AutoTokenizer

    folder = Path(checkpoint.path)
    names = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")
    if folder.is_dir() and not any((folder / name).is_file() for name in names):
        raise ModelNotUsable(f"{checkpoint.name} has no tokenizer in {folder}.", hint="Copy tokenizer.json beside it.")
    try:
        return AutoTokenizer.from_pretrained(checkpoint.path, trust_remote_code=False)
    except LOAD_ERRORS as error:
        raise _not_usable(checkpoint, error, "tokenizer") from error


def _check_folder(checkpoint: Checkpoint, needed: str) -> None:
    """The checkpoint must lie there, with safetensors. Nothing is ever downloaded from here."""
    folder = Path(checkpoint.path)
    if not folder.is_dir():
        raise ModelNotUsable(f"The folder of {checkpoint.name} is gone: {folder}.", hint="Train or fetch it again.")
    if not list(folder.glob(needed)):
        raise ModelNotUsable(
            f"{folder} holds no {needed}.", hint="Only safetensors are loaded: save the model with save_pretrained."
        )


def _check_causal(model: nn.Module, checkpoint: Checkpoint) -> None:
    """Change the last token of three: a causal model's earlier logits stay as they were, an encoder's do not."""
    ids = torch.tensor([[1, 2, 3], [1, 2, 4]], device=model.device) % model.config.get_text_config().vocab_size
    with torch.no_grad():
        logits = model.eval()(input_ids=ids).logits[:, :2].float()
    if (logits[0] - logits[1]).abs().max() > 1e-4 * logits.abs().max():
        raise ModelNotUsable(
            f"{checkpoint.name} looks at later tokens, so it cannot write text.",
            hint="Choose a causal language model (a decoder), not an encoder such as BERT.",
        )


def _not_usable(checkpoint: Checkpoint, error: Exception, part: str = "model") -> PlaygroundError:
    if isinstance(error, PlaygroundError):
        return error
    if "ignore_mismatched_sizes" in str(error):
        return ModelNotUsable(
            f"The weights of {checkpoint.name} have other sizes than its config says.",
            hint="Copy config.json and the weights from one and the same place.",
        )
    lines = str(error).strip().splitlines() or [type(error).__name__]
    if isinstance(error, SafetensorError):
        hint = "The file of weights is damaged or cut short: copy or download it again."
    else:
        hint = "Give a folder written by save_pretrained, with config.json, safetensors and the tokenizer."
    return ModelNotUsable(f"The {part} of {checkpoint.name} cannot be loaded: {lines[0]}", hint=hint)


def _turn_dropout_off(model: nn.Module) -> None:
    """Policy and reference must give the same log-probs each time they are asked."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for name in ("attention_dropout", "dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


def _settle_pad(model: nn.Module, tokenizer: Any) -> None:
    """Give the tokenizer a pad token that no text uses, without adding one: the vocabulary stays as it is.

    Raises: ModelNotUsable where there is none. The end of text cannot serve: padding would count as an end.
    """
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
        found = next(_spare_tokens(tokenizer), None)
        if found is None:
            raise ModelNotUsable(
                "The tokenizer has no token for padding, and none to spare for it.",
                hint="Add one to its special tokens and save model and tokenizer again.",
            )
        tokenizer.pad_token = found
    tokenizer.padding_side = "left"
    model.config.pad_token_id = tokenizer.pad_token_id
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id


def _spare_tokens(tokenizer: Any) -> Iterator[str]:
    """Tokens of the vocabulary that stand in no text, the most fitting first."""
    vocabulary, template = tokenizer.get_vocab(), str(tokenizer.chat_template or "")
    special = [t.content for t in getattr(tokenizer, "added_tokens_decoder", {}).values() if t.special]
    ends = {tokenizer.eos_token, tokenizer.bos_token, *END_NAMES}
    for token in (*PAD_NAMES, tokenizer.unk_token, *special):
        if token in vocabulary and token not in ends and token not in template:
            yield token
    if "<0xFF>" in vocabulary:
        yield "<0xFF>"  # a byte that stands in no UTF-8 text
    if {"Ġ", "ÿ"} <= set(vocabulary):
        yield "ÿ"  # the same byte as GPT-2 and its kin write it


def _save_adapter(model: nn.Module, folder: Path) -> None:
    """The active adapter, at the folder's top whatever its name (peft puts all but 'default' in subfolders)."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    name = model.active_adapter
    weights = get_peft_model_state_dict(model, adapter_name=name)
    save_file(
        {key: value.detach().cpu().contiguous() for key, value in weights.items()},
        folder / "adapter_model.safetensors",
        metadata={"format": "pt"},
    )
    model.peft_config[name].save_pretrained(folder)
