"""Stage two of the build: a Llama of 3.7 million parameters learns to continue the world's documents.

Muon turns the matrices, AdamW the rest (embedding and norms); warm-up, flat, then a linear fall.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from playground.pocket.documents import documents

Tokens = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """The recipe. minutes, where above 0, brings the fall of the learning rate forward so that the end fits in."""

    tokens: int = 12_000_000
    seed: int = 12345
    rows: int = 16  # windows a step
    window: int = 256  # tokens a window
    matrix_lr: float = 0.02  # Muon
    other_lr: float = 4e-3  # AdamW
    warm_up: int = 40  # steps
    flat: float = 0.35  # share of the run before the fall
    minutes: float = 0.0
    save_every: int = 200  # steps; 0: never

    @property
    def steps(self) -> int:
        """How many updates the tokens last for."""
        return self.tokens // (self.rows * self.window)


def new_model(tokenizer: Any) -> Any:
    """A fresh Llama for the tokenizer, in float32."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        intermediate_size=704,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        attn_implementation="eager",  # a tenth faster than sdpa at this size, measured on a CPU
    )
    model = LlamaForCausalLM(config)
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, tokenizer.bos_token_id]
    return model


def corpus(tokenizer: Any, seed: int, tokens: int) -> Tokens:
    """At least that many tokens of documents, each begun by <|endoftext|>, in one row."""
    stream, pieces, have = documents(seed), [], 0
    while have < tokens:
        batch = tokenizer(list(islice(stream, 5000))).input_ids
        flat = np.fromiter(chain.from_iterable((tokenizer.bos_token_id, *ids) for ids in batch), dtype=np.uint16)
        pieces.append(flat)
        have += len(flat)
    return np.concatenate(pieces)


def pretrain(tokenizer: Any, config: PretrainConfig, work: Path) -> Any:
    """Train from nothing, or from the state that an interrupted run left in work."""
    torch.manual_seed(config.seed)
    model = new_model(tokenizer).train()
    optimizers = _optimizers(model, config)
    step, seconds = _resume(work, model, optimizers)
    tokens = corpus(tokenizer, config.seed, config.tokens + config.window)
    batches, autocast = _batches(tokens, config, step), fastest_autocast(model)
    started, bar = time.monotonic() - seconds, tqdm(total=config.steps, initial=step, desc="pretrain", unit="step")
    for step, batch in enumerate(batches, step + 1):  # noqa: B020  (goes on counting from the resumed step)
        progress = _progress(step, time.monotonic() - started, config)
        if progress >= 1:
            break
        loss = _update(model, optimizers, batch, autocast, _scale(step, progress, config), config)
        bar.update()
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        if config.save_every and step % config.save_every == 0:
            _save_state(work, model, optimizers, step, time.monotonic() - started)
    bar.close()
    return model.eval()


def fastest_autocast(model: Any) -> AbstractContextManager[Any]:
    """bfloat16 autocast where it is faster on this machine than float32, by the best of four batches each."""
    tokens = torch.arange(16 * 256).view(16, 256) % model.config.vocab_size
    best = {True: float("inf"), False: float("inf")}
    for enabled in (True, False) * 4:
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            loss = model(input_ids=tokens, labels=tokens).loss
        loss.backward()
        best[enabled] = min(best[enabled], time.perf_counter() - start)
        model.zero_grad(set_to_none=True)
    tqdm.write(f"a batch of 4096 tokens: bfloat16 {best[True]:.2f} s, float32 {best[False]:.2f} s")
    return torch.autocast("cpu", dtype=torch.bfloat16) if best[True] < best[False] else nullcontext()


@torch.no_grad()
def held_out_loss(model: Any, tokenizer: Any, batches: int = 8) -> float:
    """Nats a token on documents from a seed that no training uses."""
    tokens = corpus(tokenizer, 999, batches * 16 * 256)
    windows = torch.from_numpy(tokens[: batches * 16 * 256].astype(np.int64)).view(batches, 16, 256)
    return float(np.mean([model(input_ids=rows, labels=rows).loss.item() for rows in windows]))


def _optimizers(model: Any, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    named = list(model.named_parameters())
    matrices = [p for name, p in named if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in named if p.ndim < 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=config.matrix_lr, weight_decay=0.01, momentum=0.95, nesterov=True),
        torch.optim.AdamW(others, lr=config.other_lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def _batches(tokens: Tokens, config: PretrainConfig, skip: int) -> Iterator[torch.Tensor]:
    """(rows, window) token ids without end: all windows in an order drawn by the seed, then again."""
    windows = tokens[: len(tokens) // config.window * config.window].reshape(-1, config.window)
    order = np.random.default_rng(config.seed).permutation(len(windows))
    at = skip * config.rows
    while True:
        chosen = order[np.arange(at, at + config.rows) % len(order)]
        yield torch.from_numpy(windows[chosen].astype(np.int64))
        at += config.rows


def _progress(step: int, seconds: float, config: PretrainConfig) -> float:
    spent = seconds / (60 * config.minutes) if config.minutes > 0 else 0.0
    return max((step - 1) / config.steps, spent)


def _scale(step: int, progress: float, config: PretrainConfig) -> float:
    fall = 1.0 if progress < config.flat else max(0.02, (1 - progress) / (1 - config.flat))
    return min(1.0, step / config.warm_up) * fall


def _update(
    model: Any,
    optimizers: list[torch.optim.Optimizer],
    batch: torch.Tensor,
    autocast: AbstractContextManager[Any],
    scale: float,
    config: PretrainConfig,
) -> float:
    with autocast:
        loss = model(input_ids=batch, labels=batch).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer, lr in zip(optimizers, (config.matrix_lr, config.other_lr), strict=True):
        optimizer.param_groups[0]["lr"] = lr * scale
        optimizer.step()
    model.zero_grad(set_to_none=True)
    return float(loss.item())


def _save_state(work: Path, model: Any, optimizers: list[torch.optim.Optimizer], step: int, seconds: float) -> None:
    state = {"model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers]}
    partial = work / "pretrain.partial"
    torch.save({**state, "step": step, "seconds": seconds}, partial)
    partial.replace(work / "pretrain.pt")


def _resume(work: Path, model: Any, optimizers: list[torch.optim.Optimizer]) -> tuple[int, float]:
    """Load what an interrupted run saved; returns its last step and the seconds it had taken."""
    path = work / "pretrain.pt"
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return int(state["step"]), float(state["seconds"])
