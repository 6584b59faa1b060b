"""Which models there are: one table of cards, and the checkpoints that come with the playground. Loads no torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from playground.errors import NotFound
from playground.models.memory import Need, Shape, need
from playground.models.package import SMOLLM2_INSTRUCT, Package
from playground.settings import ASSETS
from playground.types import Checkpoint


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model family the page offers: a base checkpoint and its instruct sibling."""

    name: str
    title: str
    source: Literal["pocket", "hub"]
    base_id: str
    instruct_id: str
    parameters: int
    shape: Shape
    licence: str
    template: str  # how its chat turns are written
    good_for: str
    gated: bool = False  # its owner wants a licence accepted first
    package: Package | None = None  # where the instruct model also comes from, without the Hub

    @property
    def need(self) -> Need:
        """Memory to write with it, and to train a LoRA on it."""
        return need(self.parameters, self.shape)


CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        name="pocket",
        title="Pocket (3.7M)",
        source="pocket",
        base_id="pocket-base",
        instruct_id="pocket-sft",
        parameters=3_737_856,
        shape=Shape(layers=4, hidden=256, vocabulary=2048, kv_width=256),
        licence="MIT",
        template="its own",
        good_for="Every stage in seconds on two CPU cores, without a network; a closed world with an exact reward.",
    ),
    ModelCard(
        name="smollm2-135m",
        title="SmolLM2 135M",
        source="hub",
        base_id="HuggingFaceTB/SmolLM2-135M",
        instruct_id="HuggingFaceTB/SmolLM2-135M-Instruct",
        parameters=134_515_008,
        shape=Shape(layers=30, hidden=576, vocabulary=49_152, kv_width=192),
        licence="Apache-2.0",
        template="ChatML",
        good_for="Real English on a laptop's CPU; SFT and DPO in minutes.",
        package=SMOLLM2_INSTRUCT,
    ),
    ModelCard(
        name="gemma-3-270m",
        title="Gemma 3 270M",
        source="hub",
        base_id="google/gemma-3-270m",
        instruct_id="google/gemma-3-270m-it",
        parameters=268_098_176,
        shape=Shape(layers=18, hidden=640, vocabulary=262_144, kv_width=256),
        licence="Gemma",
        template="Gemma",
        good_for="Small inside, with a vocabulary of 262,144 tokens for many languages.",
        gated=True,
    ),
    ModelCard(
        name="smollm2-360m",
        title="SmolLM2 360M",
        source="hub",
        base_id="HuggingFaceTB/SmolLM2-360M",
        instruct_id="HuggingFaceTB/SmolLM2-360M-Instruct",
        parameters=361_821_120,
        shape=Shape(layers=32, hidden=960, vocabulary=49_152, kv_width=320),
        licence="Apache-2.0",
        template="ChatML",
        good_for="Better answers; comfortable on a small GPU, patient on a CPU.",
    ),
    ModelCard(
        name="qwen2.5-0.5b",
        title="Qwen2.5 0.5B",
        source="hub",
        base_id="Qwen/Qwen2.5-0.5B",
        instruct_id="Qwen/Qwen2.5-0.5B-Instruct",
        parameters=494_032_768,
        shape=Shape(layers=24, hidden=896, vocabulary=151_936, kv_width=128),
        licence="Apache-2.0",
        template="ChatML",
        good_for="What much published work on small models was done with, so results can be held beside others'.",
    ),
    ModelCard(
        name="qwen3-0.6b",
        title="Qwen3 0.6B",
        source="hub",
        base_id="Qwen/Qwen3-0.6B-Base",
        instruct_id="Qwen/Qwen3-0.6B",
        parameters=596_049_920,
        shape=Shape(layers=28, hidden=1024, vocabulary=151_936, kv_width=1024),
        licence="Apache-2.0",
        template="ChatML, its thinking part left empty",
        good_for="The most able of the small ones, many languages; wants a GPU for training.",
    ),
    ModelCard(
        name="olmo-2-1b",
        title="OLMo 2 1B",
        source="hub",
        base_id="allenai/OLMo-2-0425-1B",
        instruct_id="allenai/OLMo-2-0425-1B-Instruct",
        parameters=1_484_916_736,
        shape=Shape(layers=16, hidden=2048, vocabulary=100_352, kv_width=2048),
        licence="Apache-2.0",
        template="OLMo",
        good_for="Every stage is published: type allenai/OLMo-2-0425-1B-SFT or -DPO to compare them. Wants a GPU.",
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


def card_of(model_id: str) -> ModelCard | None:
    """The card that lists this base or instruct id; None for a model outside the table."""
    return next((card for card in CARDS if model_id in (card.base_id, card.instruct_id)), None)


def find_checkpoint(checkpoint_id: str) -> Checkpoint:
    """A shipped checkpoint by id. Raises: NotFound."""
    for checkpoint in shipped_checkpoints():
        if checkpoint.id == checkpoint_id:
            return checkpoint
    raise NotFound(f"There is no checkpoint {checkpoint_id!r} here.", hint="Fetch it first, under Models.")


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
