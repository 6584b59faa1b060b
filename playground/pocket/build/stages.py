"""The whole build, stage by stage: tokenizer, base, SFT, figures. Each stage leaves what the next one reads."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, count, islice, takewhile
from pathlib import Path
from typing import Any

import torch

from playground.pocket.build.finetune import FinetuneConfig, finetune
from playground.pocket.build.pretrain import PretrainConfig, pretrain
from playground.pocket.build.tokenizer import train_tokenizer
from playground.pocket.documents import documents
from playground.pocket.prompts import EVERYTHING, draw_task

TOKENIZER_SEED = 4242
AVERAGED = 3  # an SFT model is the mean of so many
APART = 100  # between the seeds of one model's parts


def build(folder: Path, work: Path, pretraining: PretrainConfig, finetuning: FinetuneConfig, models: int = 1) -> None:
    """Make what is missing: base/ and sft/ in folder, and in work the parts of sft/ and the SFT models besides it.

    models: how many SFT models of different seeds there should be; those besides the shipped one are only measured, to
    see how much a figure owes to luck. An interrupted pretraining goes on from its state in work.
    """
    work.mkdir(parents=True, exist_ok=True)
    if not _made(folder / "base"):
        tokenizer = make_tokenizer()
        save(pretrain(tokenizer, pretraining, work), tokenizer, folder / "base")
        (work / "pretrain.pt").unlink(missing_ok=True)
    for seed, place in zip(range(finetuning.seed, finetuning.seed + models), _tuned(folder, work), strict=False):
        if not _made(place):
            seeds = range(seed, seed + AVERAGED * APART, APART)
            parts = [load(_part(folder, work, replace(finetuning, seed=part))) for part in seeds]
            save(mean_of([model for model, _ in parts]), parts[0][1], place)


def tuned_folders(folder: Path, work: Path) -> list[Path]:
    """The SFT models that there are; the shipped one first."""
    return list(takewhile(_made, _tuned(folder, work)))


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


def mean_of(models: Sequence[Any]) -> Any:
    """The first model with the mean of all their weights.

    Models fine-tuned from one start lie so close that their mean is a model too, and it knows more than each of
    them (arXiv:2203.05482).
    """
    weights = [model.state_dict() for model in models]
    models[0].load_state_dict({name: torch.stack([w[name] for w in weights]).mean(0) for name in weights[0]})
    return models[0]


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model and tokenizer; bfloat16 halves the size. card.md measures what is written here."""
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _part(folder: Path, work: Path, config: FinetuneConfig) -> Path:
    place = work / f"part-{config.seed}"
    if not _made(place):
        model, tokenizer = load(folder / "base")
        save(finetune(model, tokenizer, config), tokenizer, place)
    return place


def _tuned(folder: Path, work: Path) -> Iterator[Path]:
    return chain([folder / "sft"], (work / f"sft-{seed}" for seed in count(2)))


def _made(folder: Path) -> bool:
    return (folder / "model.safetensors").exists()
