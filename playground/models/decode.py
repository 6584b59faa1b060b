"""Sampling token by token: one loop, over a decoder that knows the model. Draws from the full distribution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

import torch
from torch import Tensor

from playground.models.hf_decode import HFDecoder
from playground.models.lanes import Lanes
from playground.models.llama_decode import LlamaDecoder
from playground.models.llama_weights import supports
from playground.models.loader import context_length

COMPACT_BELOW = 0.75  # finished rows leave the batch once this share is still writing; copying caches costs time


class Decoder(Protocol):
    """A model with its key-value cache."""

    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Read the prompts; next-token logits (B, V)."""

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the batch; a row may be named more than once."""

    def step(self, tokens: Tensor) -> Tensor:
        """Read one more token a row, (B,); next-token logits (B, V)."""


def generate_ids(
    model: Any,
    prompt_ids: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    temperature: float,
    top_p: float = 1.0,
    end_ids: Sequence[int],
    pad_id: int,
    generator: torch.Generator,
    on_tokens: Callable[[list[list[int]]], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    autocast_dtype: torch.dtype | None = None,
    lanes: Lanes | None = None,
) -> list[list[int]]:
    """Completion ids for each prompt; a row that ended keeps its end id as its last.

    A row stops at an end id, at max_new_tokens, or where the model's context is full. Row r's draws come from r's
    own stream of uniform numbers, so they depend neither on when other rows end nor on which decoder runs.
    generator: a CPU generator. on_tokens: called after each token with all rows so far (do not change them); with
    several lanes, with those of one lane.
    """
    lanes = lanes or Lanes()
    uniform = draws(model, prompt_ids, max_new_tokens, generator)

    def write(part: list[int]) -> list[list[int]]:
        rows: list[list[int]] = [[] for _ in part]
        for rows in generate_steps(
            model,
            [prompt_ids[r] for r in part],
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_p=top_p,
            end_ids=end_ids,
            pad_id=pad_id,
            uniform=uniform[part],
            autocast_dtype=autocast_dtype,
        ):
            if on_tokens is not None:
                on_tokens(rows)
            if should_stop is not None and should_stop():
                break
        return rows

    parts = lanes.deal(range(len(prompt_ids)))
    written = dict(zip(chain(*parts), chain(*lanes.each(write, parts)), strict=True))
    return [written[r] for r in range(len(prompt_ids))]


def draws(model: Any, prompt_ids: Sequence[Sequence[int]], max_new_tokens: int, generator: torch.Generator) -> Tensor:
    """Each row's own stream of numbers in [0, 1): (B, T), float64, with T the most tokens that a row has room for."""
    longest = max((context_length(model) - len(p) for p in prompt_ids), default=0)
    shape = len(prompt_ids), max(0, min(max_new_tokens, longest))
    return torch.rand(shape, generator=generator, dtype=torch.float64)


def generate_steps(
    model: Any,
    prompt_ids: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    temperature: float,
    top_p: float = 1.0,
    end_ids: Sequence[int],
    pad_id: int,
    uniform: Tensor,
    autocast_dtype: torch.dtype | None = None,
    decoder: Decoder | None = None,
) -> Iterator[list[list[int]]]:
    """generate_ids one token at a time: yields all rows so far after each (the same lists, growing).

    uniform: (B, T) as `draws` gives it.
    """
    rows: list[list[int]] = [[] for _ in prompt_ids]
    room = [min(max_new_tokens, context_length(model) - len(p)) for p in prompt_ids]
    longest = max(room, default=0)
    if longest < 1:
        return
    decoder = decoder or pick_decoder(model, longest, pad_id, autocast_dtype)
    distinct = {prompt: i for i, prompt in enumerate(dict.fromkeys(map(tuple, prompt_ids)))}
    logits = decoder.start(list(distinct))
    if len(distinct) < len(rows):  # several completions of one prompt: it is read once
        shared = torch.tensor([distinct[tuple(p)] for p in prompt_ids], device=logits.device)
        decoder.select(shared)
        logits = logits[shared]
    ends, batch = frozenset(end_ids), [r for r in range(len(rows))]
    for t in range(longest):
        tokens = draw(logits, uniform[batch, t], temperature, top_p)
        writing = _append(rows, batch, tokens.tolist(), ends, room)
        yield rows
        if not writing:
            return
        if len(writing) <= COMPACT_BELOW * len(batch):
            kept = torch.tensor(writing, device=logits.device)
            decoder.select(kept)
            tokens, batch = tokens[kept], [batch[i] for i in writing]
        logits = decoder.step(tokens)


def pick_decoder(model: Any, max_new_tokens: int, pad_id: int, autocast_dtype: torch.dtype | None) -> Decoder:
    """The fast decoder where the model is a plain Llama (LoRA included), else the one for any causal model."""
    if supports(model):
        return LlamaDecoder(model, max_new_tokens, autocast_dtype)
    return HFDecoder(model, max_new_tokens, pad_id, autocast_dtype)


@torch.inference_mode()
def draw(logits: Tensor, uniform: Tensor, temperature: float, top_p: float) -> Tensor:
    """One token a row from softmax(logits / temperature) by the inverse of its distribution function; (B,).

    uniform: (B,) in [0, 1). Float64 sums keep a vocabulary of 150,000 exact to 1e-7.
    """
    if temperature == 0:
        return logits.argmax(-1)
    probs = torch.softmax(logits.float() / temperature, -1)
    if top_p < 1:
        probs = nucleus(probs, top_p)
    exact = torch.float32 if probs.device.type == "mps" else torch.float64
    total = probs.cumsum(-1, dtype=exact)
    point = uniform.to(total)[:, None] * total[:, -1:]
    return torch.searchsorted(total, point, right=True).squeeze(1).clamp_(max=logits.shape[-1] - 1)


def nucleus(probs: Tensor, top_p: float) -> Tensor:
    """The fewest likeliest tokens that together reach top_p keep their share, the rest get 0 (arXiv:1904.09751)."""
    ranked, order = probs.sort(-1, descending=True)
    before = ranked.cumsum(-1) - ranked
    return torch.zeros_like(probs).scatter(-1, order, ranked.masked_fill(before >= top_p, 0.0))


def _append(
    rows: list[list[int]], batch: list[int], tokens: list[int], ends: frozenset[int], room: list[int]
) -> list[int]:
    """Give each row that still writes its token; places in the batch of those that go on."""
    writing = []
    for place, (r, token) in enumerate(zip(batch, tokens, strict=True)):
        row = rows[r]
        if len(row) >= room[r] or (row and row[-1] in ends):  # ended earlier, still in the batch
            continue
        row.append(token)
        if token not in ends and len(row) < room[r]:
            writing.append(place)
    return writing
