"""The whole build, stage by stage: tokenizer, base, SFT, figures. Each stage leaves what the next one reads."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from playground.pocket.build.finetune import FinetuneConfig, finetune
from playground.pocket.build.pretrain import PretrainConfig, pretrain
from playground.pocket.build.tokenizer import train_tokenizer
from playground.pocket.documents import documents
from playground.pocket.prompts import EVERYTHING, draw_task

TOKENIZER_SEED = 4242
MEASURED_SEEDS = (2, 3)  # fine-tuned besides the shipped one, to see how much a figure owes to luck


def build(folder: Path, work: Path, pretraining: PretrainConfig, finetuning: FinetuneConfig) -> None:
    """Make what is missing: base/ and sft/ in folder, SFT models of other seeds in work.

    An interrupted pretraining goes on from its state in work.
    """
    work.mkdir(parents=True, exist_ok=True)
    if not _made(folder / "base"):
        tokenizer = make_tokenizer()
        save(pretrain(tokenizer, pretraining, work), tokenizer, folder / "base")
        (work / "pretrain.pt").unlink(missing_ok=True)
    for seed, place in ((finetuning.seed, folder / "sft"), *_other_seeds(work)):
        if not _made(place):
            model, tokenizer = load(folder / "base")
            save(finetune(model, tokenizer, replace(finetuning, seed=seed)), tokenizer, place)


def tuned_folders(folder: Path, work: Path) -> list[Path]:
    """The SFT models that there are; the shipped one first."""
    return [place for place in (folder / "sft", *(place for _, place in _other_seeds(work))) if _made(place)]


def make_tokenizer() -> Any:
    """The tokenizer, trained on documents and on prompts about the world, so that both are short."""
    rng = random.Random(TOKENIZER_SEED)
    asked = {kind: weight for kind, weight in EVERYTHING.items() if kind != "outside"}
    prompts = [draw_task(rng, asked, rare=0.3).text for _ in range(20_000)]
    return train_tokenizer([*islice(documents(TOKENIZER_SEED), 60_000), *prompts])


def load(folder: Path) -> tuple[Any, Any]:
    """(model, tokenizer) from a folder, in float32."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(folder)


def copy_of(network: Any) -> Any:
    """Another network with the same weights."""
    return copy.deepcopy(network)


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model and tokenizer; bfloat16 halves the size. card.md measures what is written here."""
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _other_seeds(work: Path) -> Iterator[tuple[int, Path]]:
    return ((seed, work / f"sft-{seed}") for seed in MEASURED_SEEDS)


def _made(folder: Path) -> bool:
    return (folder / "model.safetensors").exists()
