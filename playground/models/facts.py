"""What a model is, read from its config and its list of files before any weight is touched. Loads no torch."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playground.errors import ModelNotUsable
from playground.models.memory import Need, Shape, in_words, need

WRITERS = ("ForCausalLM", "LMHeadModel")  # how architectures that write text are called
SEEING = ("vision_config", "audio_config", "image_token_id", "image_token_index")
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
BESIDE_WEIGHTS = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
)
CHAT_NAME = re.compile(r"(^|[-_.])(instruct|chat|it|sft|dpo|rlhf)([-_.]|$)", re.IGNORECASE)
_ONE_FILE = "model.safetensors"
_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that belongs to a model."""

    name: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model before it is fetched."""

    id: str  # Hub id, or the folder or GGUF file of one's own
    source: Literal["hub", "package", "folder", "gguf"]
    parameters: int
    shape: Shape
    files: tuple[ModelFile, ...] = ()  # what a download brings
    licence: str = ""
    revision: str = ""
    knows_chat: bool = False
    note: str = ""  # what should be known about these weights

    @property
    def download(self) -> int:
        """Bytes to download."""
        return sum(file.size for file in self.files)

    @property
    def need(self) -> Need:
        """Memory to write with it, and to train a LoRA on it."""
        return need(self.parameters, self.shape)


def shape_of(name: str, config: dict[str, Any]) -> Shape:
    """A causal language model's shape by its config.json.

    Raises: ModelNotUsable for everything else: encoders, models that see or hear, classifiers, quantised weights.
    """
    if any(config.get(key) is not None for key in SEEING):
        raise ModelNotUsable(f"{name} also reads images or sound, so it cannot be used here.", hint=_TEXT_ONLY)
    if config.get("is_encoder_decoder"):
        raise ModelNotUsable(f"{name} is an encoder with a decoder, as T5 is: it rewrites a text.", hint=_TEXT_ONLY)
    architectures = [str(a) for a in config.get("architectures") or []]
    if architectures and not any(a.endswith(WRITERS) for a in architectures):
        raise ModelNotUsable(f"{name} is a {architectures[0]}, which does not write text.", hint=_TEXT_ONLY)
    if config.get("quantization_config"):
        raise ModelNotUsable(
            f"{name} holds quantised weights, which cannot be trained.", hint="Take the model it was made from."
        )
    found = {part: _first(config, names) for part, names in _SIZES.items()}
    missing = [part for part, value in found.items() if value is None]
    if missing:
        raise ModelNotUsable(
            f"The config of {name} does not say its {missing[0]}, so it is no language model known here.",
            hint=_TEXT_ONLY,
        )
    heads = _first(config, ("num_attention_heads", "n_head")) or 1
    size = config.get("head_dim") or found["hidden size"] // heads
    width = (config.get("num_key_value_heads") or heads) * size
    return Shape(found["number of layers"], found["hidden size"], found["vocabulary"], width)


def weight_files(name: str, files: Sequence[ModelFile]) -> list[ModelFile]:
    """The safetensors files of a model, its index among them.

    Raises: ModelNotUsable when there are only pickles, only GGUF files, or no weights at all.
    """
    by_name = {file.name: file for file in files}
    if _ONE_FILE in by_name:
        return [by_name[_ONE_FILE]]
    shards = [file for file in files if _SHARD.fullmatch(file.name)]
    index = by_name.get("model.safetensors.index.json")
    if shards and index:
        return [index, *shards]
    if any(n.endswith(PICKLES) for n in by_name):
        raise ModelNotUsable(
            f"{name} keeps its weights in pickles, which can run any program when they are opened; "
            "only safetensors are loaded.",
            hint="Look for a copy in safetensors, or convert it on a machine you trust.",
        )
    if any(n.endswith(".gguf") for n in by_name):
        raise ModelNotUsable(
            f"{name} holds GGUF files only.", hint="Download one of them and give its path, or take a safetensors copy."
        )
    raise ModelNotUsable(f"{name} holds no model.safetensors.", hint="Choose a model saved as safetensors.")


def count_parameters(path: Path) -> int:
    """The numbers in a safetensors file by its header, which must fit the file's size.

    Raises: ModelNotUsable when the file is damaged or cut short.
    """
    damaged = ModelNotUsable(
        f"{path.name} in {path.parent} is damaged or cut short.", hint="Copy or download the file again."
    )
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else size
        if length > size - 8:
            raise damaged
        try:
            header = json.loads(stream.read(length))
            tensors = [entry for key, entry in header.items() if key != "__metadata__"]
            end = max((entry["data_offsets"][1] for entry in tensors), default=0)
            count = sum(math.prod(entry["shape"]) for entry in tensors)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise damaged from None
    if not tensors or 8 + length + end != size:
        raise damaged
    return count


def require_memory(facts: ModelFacts, free: int) -> None:
    """Raises: ModelNotUsable when writing with the model needs more memory than there is."""
    if facts.need.sample > free:
        raise ModelNotUsable(
            f"{facts.id} has {spoken_count(facts.parameters)} weights and needs about "
            f"{in_words(facts.need.sample)} of memory to write; this machine has {in_words(free)} free.",
            hint="Nothing was downloaded. Choose a smaller model, or a larger machine.",
        )


def spoken_count(parameters: int) -> str:
    """3.7M, 135M, 1.5B."""
    if parameters >= 999.5e6:
        return f"{parameters / 1e9:.1f}B"
    return f"{parameters / 1e6:.{0 if parameters >= 1e7 else 1}f}M"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises: ModelNotUsable."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelNotUsable(f"{path} is not readable JSON: {error}.", hint="Copy the file again.") from error
    if not isinstance(value, dict):
        raise ModelNotUsable(f"{path} holds {type(value).__name__}, not a JSON object.", hint="Copy the file again.")
    return value


_TEXT_ONLY = "Choose a causal language model, one that continues text, such as SmolLM2 or Qwen3."
_SIZES = {
    "number of layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "hidden size": ("hidden_size", "n_embd", "d_model"),
    "vocabulary": ("vocab_size",),
}


def _first(config: dict[str, Any], names: tuple[str, ...]) -> int | None:
    return next((config[n] for n in names if isinstance(config.get(n), int)), None)
