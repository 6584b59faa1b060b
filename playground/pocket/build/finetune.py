"""Stage three of the build: supervised fine-tuning on the demonstrations, loss on the completion's tokens only."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F
from tqdm import tqdm

from playground.pocket.build.pretrain import fastest_autocast
from playground.pocket.demonstrations import MIXED, Crowd, demonstrations
from playground.pocket.documents import statements
from playground.types import Example

Row = tuple[list[int], list[int]]  # the prompt's tokens, the completion's


@dataclass(frozen=True, slots=True)
class FinetuneConfig:
    """The recipe: one pass over fresh demonstrations with AdamW, warm-up and a linear fall.

    Muon was no better here: it learned faster and forgot more of what pretraining had taught.
    """

    examples: int = 64_000
    rehearsed: int = 12_000  # documents among them, that state facts: without them held-out facts fade
    seed: int = 1
    rows: int = 64  # examples a step
    lr: float = 1e-3
    warm_up: int = 20  # steps


def finetune(
    model: Any,
    tokenizer: Any,
    config: FinetuneConfig,
    autocast: AbstractContextManager[Any] | None = None,
    crowd: Crowd = MIXED,
) -> Any:
    """Train the model in place on demonstrations of this crowd; in the faster precision where none is given."""
    torch.manual_seed(config.seed)
    rows = [_row(tokenizer, example) for example in demonstrations(config.examples, config.seed, crowd)]
    rows += [_document(tokenizer, text) for text in islice(statements(config.seed), config.rehearsed)]
    random.Random(config.seed).shuffle(rows)
    batches = _batches(rows, config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    autocast = autocast or fastest_autocast(model)
    model.train()
    bar = tqdm(batches, desc="fine-tune", unit="step")
    for step, batch in enumerate(bar):
        scale = min(1.0, (step + 1) / config.warm_up) * max(0.02, 1 - step / len(batches))
        optimizer.param_groups[0]["lr"] = config.lr * scale
        tokens, mask = padded(batch, tokenizer.pad_token_id)
        with autocast:
            loss = _loss(model, tokens, mask)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    return model.eval()


def padded(batch: list[Row], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded tokens and a mask that is True on completion tokens, both (B, T).

    A causal model needs no attention mask for padding on the right: nothing real ever looks at it.
    """
    width = max(len(prompt) + len(completion) for prompt, completion in batch)
    tokens = torch.full((len(batch), width), pad, dtype=torch.long)
    mask = torch.zeros((len(batch), width), dtype=torch.bool)
    for i, (prompt, completion) in enumerate(batch):
        end = len(prompt) + len(completion)
        tokens[i, :end] = torch.tensor(prompt + completion)
        mask[i, len(prompt) : end] = True
    return tokens, mask


def _loss(model: Any, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Nats a completion token; words are weighed nowhere else."""
    learned = mask[:, 1:]
    states = model.base_model(input_ids=tokens).last_hidden_state[:, :-1][learned]
    return F.cross_entropy(model.lm_head(states).float(), tokens[:, 1:][learned])


def _row(tokenizer: Any, example: Example) -> Row:
    messages = [{"role": m.role, "content": m.content} for m in example.prompt.messages]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return tokenizer(text).input_ids, tokenizer(example.completion + tokenizer.eos_token).input_ids


def _document(tokenizer: Any, text: str) -> Row:
    ids = tokenizer(tokenizer.bos_token + text + tokenizer.bos_token).input_ids
    return ids[:1], ids[1:]


def _batches(rows: list[Row], config: FinetuneConfig) -> list[list[Row]]:
    """Batches of rows of like length, in random order."""
    rng, stretch = random.Random(config.seed), config.rows * 16
    batches: list[list[Row]] = []
    for start in range(0, len(rows), stretch):
        alike = sorted(rows[start : start + stretch], key=lambda row: len(row[0]) + len(row[1]))
        batches += [alike[i : i + config.rows] for i in range(0, len(alike), config.rows)]
    rng.shuffle(batches)
    return batches
