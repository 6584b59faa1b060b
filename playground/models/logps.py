"""Log-probs of completions given their prompts, with gradients: what every trainer and every chart of KL stands on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from playground.errors import ShapeError
from playground.models.llama_packed import packs, states_at


class CompletionLogps(NamedTuple):
    """Scores of B completions, T wide; all are 0 where mask is False."""

    token_logps: Tensor  # (B, T) float32, nats
    mask: Tensor  # (B, T) bool, True on completion tokens, which come first
    hidden: Tensor | None  # (B, T, H): hidden[:, t] is the state BEFORE action t
    entropy: Tensor | None  # (B, T) float32, nats, no gradient: of the distribution action t was drawn from


def completion_logps(
    model: Any,
    prompt_ids: Sequence[Sequence[int]],
    completion_ids: Sequence[Sequence[int]],
    *,
    pad_id: int,
    temperature: float = 1.0,
    return_hidden: bool = False,
    return_entropy: bool = False,
) -> CompletionLogps:
    """Log-probs of each completion's tokens given its prompt and the tokens before.

    Each row stands at position 0 with padding after its end only: a causal model cannot see it, so no attention
    mask is needed and the fast causal kernel is used.
    Raises: ShapeError when there are not as many prompts as completions, none at all, or a prompt is empty.
    """
    if len(prompt_ids) != len(completion_ids):
        raise ShapeError(f"{len(prompt_ids)} prompts but {len(completion_ids)} completions.")
    if not prompt_ids:
        raise ShapeError("There is no completion to score.")
    device = next(model.parameters()).device
    rows = [[*p, *c] for p, c in zip(prompt_ids, completion_ids, strict=True)]
    width = max(map(len, rows))
    ids = torch.tensor([row + [pad_id] * (width - len(row)) for row in rows], device=device)
    column = torch.arange(width, device=device)
    starts = torch.tensor([len(p) for p in prompt_ids], device=device)[:, None]
    ends = torch.tensor([len(row) for row in rows], device=device)[:, None]
    mask = (column >= starts) & (column < ends)
    return token_logps(
        model, ids, mask, temperature=temperature, return_hidden=return_hidden, return_entropy=return_entropy
    )


def token_logps(
    model: Any,
    input_ids: Tensor,
    mask: Tensor,
    *,
    attention_mask: Tensor | None = None,
    temperature: float = 1.0,
    return_hidden: bool = False,
    return_entropy: bool = False,
) -> CompletionLogps:
    """Log-probs of the tokens where mask is True, packed to the left: (B, L) in, (B, T) out.

    attention_mask: (B, L), needed only where padding stands before a row's text.
    Only the states that predict a masked token pass through the head, so no (B, L, V) tensor is made. A plain Llama is
    read without padding, any other model by its own forward.
    Raises: ShapeError when the shapes differ or a row's first token is masked (nothing predicts it).
    """
    if input_ids.shape != mask.shape:
        raise ShapeError(f"input_ids are {tuple(input_ids.shape)}, mask is {tuple(mask.shape)}; they must agree.")
    if temperature <= 0:
        raise ShapeError(
            f"The temperature is {temperature}; scoring needs one above 0.", hint="Score greedy text at 1."
        )
    if mask.shape[1] == 0 or mask[:, 0].any():
        raise ShapeError("A prompt is empty: its completion's first token has nothing before it.")
    row, column = mask.nonzero(as_tuple=True)
    before = torch.zeros_like(mask)  # True on each token that predicts a masked one
    before[:, :-1] = mask[:, 1:]
    read = _packed if packs(model) else _through_forward
    logits, states = read(model, input_ids, attention_mask, before)
    logits = logits.float()
    if temperature != 1.0:
        logits = logits / temperature
    actions = input_ids[row, column]
    # cross_entropy is one fused log-softmax and gather; its negative is the log-prob
    logps = -torch.nn.functional.cross_entropy(logits, actions, reduction="none")
    target = mask.sum(1)
    packed = torch.arange(int(target.max()), device=mask.device) < target[:, None]

    def spread(values: Tensor) -> Tensor:
        full = values.new_zeros(*packed.shape, *values.shape[1:])
        return full.masked_scatter(packed.view(*packed.shape, *[1] * (values.dim() - 1)), values)

    return CompletionLogps(
        spread(logps),
        packed,
        spread(states) if return_hidden else None,
        spread(torch.special.entr(logits.detach().softmax(-1)).sum(-1)) if return_entropy else None,
    )


def _packed(model: Any, input_ids: Tensor, attention_mask: Tensor | None, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (N, V) and states (N, H) where wanted (B, L) is True; nothing after a row's last one is read."""
    reads = wanted.flip(1).cumsum(1).flip(1) > 0
    if attention_mask is not None:
        reads &= attention_mask.bool()
    states = states_at(model, input_ids, reads, wanted)
    return torch.nn.functional.linear(states, model.get_output_embeddings().weight.to(states.dtype)), states


def _through_forward(
    model: Any, input_ids: Tensor, attention_mask: Tensor | None, wanted: Tensor
) -> tuple[Tensor, Tensor]:
    """The same from any model's own forward, by narrowing what enters its head.

    That keeps whatever the forward does to its logits (Gemma's soft cap, Granite's scale).
    """
    kept: list[Tensor] = []

    def narrow(_: Any, args: tuple[Tensor, ...]) -> tuple[Tensor]:
        kept.append(args[0][wanted])
        return (kept[0][None],)

    positions = None
    if attention_mask is not None:
        positions = (attention_mask.long().cumsum(1) - 1).clamp(min=0)
    handle = model.get_output_embeddings().register_forward_pre_hook(narrow)
    try:
        logits = model(
            input_ids=input_ids, attention_mask=attention_mask, position_ids=positions, use_cache=False
        ).logits
    finally:
        handle.remove()
    return logits[0], kept[0]
