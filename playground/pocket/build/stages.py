"""The whole build, stage by stage: tokenizer, base, SFT. Each stage leaves a folder that the next one reads."""

from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from playground.pocket.build.finetune import FinetuneConfig, finetune
from playground.pocket.build.pretrain import PretrainConfig, pretrain
from playground.pocket.build.tokenizer import train_tokenizer
from playground.pocket.demonstrations import demonstrations
from playground.pocket.documents import documents

TOKENIZER_SEED = 4242


def build(folder: Path, work: Path, pretraining: PretrainConfig, finetuning: FinetuneConfig) -> None:
    """Make what is missing in folder: base/ and sft/. An interrupted pretraining goes on from its state in work."""
    work.mkdir(parents=True, exist_ok=True)
    base, sft = folder / "base", folder / "sft"
    if not (base / "model.safetensors").exists():
        tokenizer = make_tokenizer()
        save(pretrain(tokenizer, pretraining, work), tokenizer, base)
        shutil.rmtree(work)
    if not (sft / "model.safetensors").exists():
        model, tokenizer = load(base)
        save(finetune(model, tokenizer, finetuning), tokenizer, sft)


def make_tokenizer() -> Any:
    """The tokenizer, trained on documents and chat texts alike so that both are short."""
    chats = [text for e in demonstrations(20_000, TOKENIZER_SEED) for text in (e.prompt.text, e.completion)]
    return train_tokenizer([*islice(documents(TOKENIZER_SEED), 60_000), *chats])


def load(folder: Path) -> tuple[Any, Any]:
    """(model, tokenizer) from a folder, in float32."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(folder)


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model and tokenizer; bfloat16 halves the size. card.md measures what is written here."""
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
