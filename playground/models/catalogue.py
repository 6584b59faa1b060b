"""Which models there are: a table of cards, and checkpoints for them or for any model by name. Loads no torch."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from playground.errors import ModelNotUsable, NotFound
from playground.settings import ASSETS
from playground.types import Checkpoint

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", re.ASCII)
CHAT_NAME = re.compile(r"(^|[-_.])(instruct|chat|it|sft|dpo|rlhf)([-_.]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model family the page offers: a base checkpoint and its instruct sibling."""

    name: str
    title: str
    source: Literal["pocket", "hub", "folder"]
    base_id: str
    instruct_id: str
    parameters: int
    licence: str
    good_for: str


CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        name="pocket",
        title="Pocket (3.7M)",
        source="pocket",
        base_id="pocket-base",
        instruct_id="pocket-sft",
        parameters=3_737_856,
        licence="MIT",
        good_for="Every stage in seconds on two CPU cores, without a network; a closed world with an exact reward.",
    ),
    ModelCard(
        name="smollm2-135m",
        title="SmolLM2 135M",
        source="hub",
        base_id="HuggingFaceTB/SmolLM2-135M",
        instruct_id="HuggingFaceTB/SmolLM2-135M-Instruct",
        parameters=134_515_008,
        licence="Apache-2.0",
        good_for="Real English on a laptop's CPU; SFT and DPO in minutes.",
    ),
    ModelCard(
        name="smollm2-360m",
        title="SmolLM2 360M",
        source="hub",
        base_id="HuggingFaceTB/SmolLM2-360M",
        instruct_id="HuggingFaceTB/SmolLM2-360M-Instruct",
        parameters=361_821_120,
        licence="Apache-2.0",
        good_for="Better answers; comfortable on a small GPU, patient on a CPU.",
    ),
    ModelCard(
        name="qwen3-0.6b",
        title="Qwen3 0.6B",
        source="hub",
        base_id="Qwen/Qwen3-0.6B-Base",
        instruct_id="Qwen/Qwen3-0.6B",
        parameters=596_049_920,
        licence="Apache-2.0",
        good_for="The most able of the small ones, many languages; wants a GPU for training.",
    ),
)


def shipped_checkpoints() -> list[Checkpoint]:
    """The pocket model's base and its SFT, as they lie in assets/."""
    folder = ASSETS / "pocket"
    base = Checkpoint(
        id="pocket-base",
        name="Pocket base",
        kind="policy",
        card="pocket",
        path=str(folder / "base"),
        knows_chat=False,
        fingerprint=fingerprint(folder / "base"),
    )
    sft = Checkpoint(
        id="pocket-sft",
        name="Pocket SFT",
        kind="policy",
        card="pocket",
        path=str(folder / "sft"),
        parent=base.id,
        method="sft",
        fingerprint=fingerprint(folder / "sft"),
    )
    return [base, sft]


def external_checkpoint(name_or_folder: str) -> Checkpoint:
    """A checkpoint for a Hub id or a local folder; nothing is downloaded or loaded yet.

    Its id is the Hub id or the absolute folder, so that find_checkpoint finds it again. Whether a Hub model knows
    the chat template is told from the catalogue, else from its name; a folder says so itself.
    Raises: ModelNotUsable when the folder or the name cannot be a model.
    """
    name = name_or_folder.strip()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _folder_checkpoint(folder.resolve())
    if not HUB_ID.fullmatch(name) or ".." in name:
        raise ModelNotUsable(
            f"{name!r} is neither a folder here nor a Hub id.",
            hint="Give a folder that holds config.json and model.safetensors, or a name such as owner/model.",
        )
    card = card_of(name)
    return Checkpoint(
        id=name,
        name=name.rsplit("/", 1)[-1],
        kind="policy",
        card=card.name if card else name,
        path=name,
        knows_chat=name == card.instruct_id if card else bool(CHAT_NAME.search(name)),
    )


def card_of(model_id: str) -> ModelCard | None:
    """The card that lists this base or instruct id; None for a model outside the table."""
    return next((card for card in CARDS if model_id in (card.base_id, card.instruct_id)), None)


def find_checkpoint(checkpoint_id: str) -> Checkpoint:
    """A shipped checkpoint by id, else the external one of that name.

    Raises: NotFound when it is neither.
    """
    for checkpoint in shipped_checkpoints():
        if checkpoint.id == checkpoint_id:
            return checkpoint
    try:
        return external_checkpoint(checkpoint_id)
    except ModelNotUsable as error:
        raise NotFound(f"There is no checkpoint {checkpoint_id!r} here.", hint=error.hint) from error


def fingerprint(folder: str | Path) -> str:
    """First 12 hex digits of the SHA-256 of a folder's safetensors files; empty where there are none."""
    files = sorted(Path(folder).glob("*.safetensors"))
    if not files:
        return ""
    return _hash_files(tuple((str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files))


@lru_cache(maxsize=64)
def _hash_files(files: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _, _ in files:  # size and time only make the cache notice a change
        with open(path, "rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def _folder_checkpoint(folder: Path) -> Checkpoint:
    adapter = folder / "adapter_config.json"
    if not adapter.is_file() and not (folder / "config.json").is_file():
        raise ModelNotUsable(
            f"{folder} holds no model: config.json is missing.",
            hint="Give the folder that save_pretrained wrote: config.json, model.safetensors and the tokenizer.",
        )
    parent = _read_json(adapter).get("base_model_name_or_path") if adapter.is_file() else None
    return Checkpoint(
        id=str(folder),
        name=folder.name,
        kind="policy",
        card="folder",
        path=str(folder),
        form="adapter" if parent else "full",
        parent=parent,
        knows_chat=_has_chat_template(folder),
        fingerprint=fingerprint(folder),
    )


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file():
        return True
    config = folder / "tokenizer_config.json"
    return config.is_file() and bool(_read_json(config).get("chat_template"))


def _read_json(path: Path) -> dict:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelNotUsable(f"{path} is not readable JSON: {error}.", hint="Copy the file again.") from error
    if not isinstance(value, dict):
        raise ModelNotUsable(f"{path} holds {type(value).__name__}, not a JSON object.", hint="Copy the file again.")
    return value
