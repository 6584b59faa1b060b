"""A plain Llama read without padding: the numbers of transformers' forward, with gradients, in about half the time.

The tokens of all rows stand in one line, so that norms, projections and gates meet no padding; only attention spreads
them out into a grid of rows. The last block's gates compute only what was asked for.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from playground.models.llama_weights import LayerWeights, LlamaWeights, body_of, is_adapted, supports, turn

SHORT = 128  # tokens a row; on a CPU plain attention is quicker up to here, past it the memory is felt
LARGEST_MERGED = 20_000_000  # parameters; above, merging LoRA at each reading costs more than padding does


def packs(model: Any) -> bool:
    """Whether states_at computes what the model does, and pays."""
    return supports(model) and (not is_adapted(model) or body_of(model).num_parameters() <= LARGEST_MERGED)


def states_at(model: Any, input_ids: Tensor, reads: Tensor, wanted: Tensor, depth: int | None = None) -> Tensor:
    """The body's states where `wanted` is True, row by row: (N, H). After all blocks and the closing norm, or after
    `depth` blocks: what transformers calls hidden_states[depth].

    Shapes: all (B, L); reads is True on a row's tokens, which stand together, wanted on some of these.
    Computes in autocast's dtype where autocast is on, as the model's own forward would.
    """
    device = input_ids.device.type
    short = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None
    weights = LlamaWeights(model, short)
    row, column = reads.nonzero(as_tuple=True)
    position = (reads.cumsum(1) - 1)[row, column]
    grid = _Grid(reads, row, position)
    kept = wanted[row, column].nonzero().squeeze(1)
    turns = weights.turns(grid.width)[position].unsqueeze(1)
    with torch.autocast(device, enabled=False):
        h = F.embedding(input_ids[row, column], weights.embed, weights.body.embed_tokens.padding_idx)
        last = weights.depth if depth is None else depth
        for i in range(last):
            layer = weights.layer(i)
            mixed = _attention(weights, layer, h, turns, grid)
            if i == last - 1:
                mixed, h = mixed.index_select(0, kept), h.index_select(0, kept)
            h = h + F.linear(mixed, layer.out)
            gate, up = F.linear(_norm(weights, h, layer.before_mlp), layer.gate_up).chunk(2, -1)
            h = h + F.linear(F.silu(gate) * up, layer.down)
        return _norm(weights, h, weights.before_head) if last == weights.depth else h


class _Grid:
    """Where each token of the line stands in the grid of rows (B, T), padded on the right."""

    def __init__(self, reads: Tensor, row: Tensor, position: Tensor) -> None:
        self.height, self.width = len(reads), int(reads.sum(1).max())
        self.place = row * self.width + position
        self.full = len(row) == self.height * self.width

    def spread(self, line: Tensor) -> Tensor:
        """(N, ...) -> (B, T, ...). Padding holds zeros."""
        if not self.full:
            empty = line.new_zeros(self.height * self.width, *line.shape[1:])
            line = empty.index_copy(0, self.place, line)
        return line.unflatten(0, (self.height, self.width))

    def gather(self, grid: Tensor) -> Tensor:
        """(B, T, C) -> (N, C)."""
        line = grid.flatten(0, 1)
        return line if self.full else line.index_select(0, self.place)


def _attention(weights: LlamaWeights, layer: LayerWeights, h: Tensor, turns: Tensor, grid: _Grid) -> Tensor:
    """(N, H) -> (N, heads * D). Padding stands at the end of a row, where no query of its own looks."""
    w = weights
    qkv = F.linear(_norm(w, h, layer.before_attention), layer.qkv).unflatten(-1, (-1, w.head_dim))
    turned, value = qkv.split([w.heads + w.kv_heads, w.kv_heads], 1)
    query, key = turn(turned, turns).to(w.dtype).split([w.heads, w.kv_heads], 1)
    query, key, value = (grid.spread(x).transpose(1, 2) for x in (query, key, value))
    return grid.gather(_attend(query, key, value).transpose(1, 2).flatten(2))


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Causal attention of (B, heads, T, D) on (B, kv_heads, T, D)."""
    shared = query.shape[1] // key.shape[1]
    length = query.shape[2]
    if query.device.type != "cpu" or length > SHORT:
        return F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=shared > 1)
    if shared > 1:
        key, value = (x.repeat_interleave(shared, 1) for x in (key, value))
    later = torch.full((length, length), float("-inf"), dtype=query.dtype).triu(1)
    query, flat_key, flat_value = (x.flatten(0, 1) for x in (query, key, value))
    scores = torch.baddbmm(later, query, flat_key.transpose(1, 2), alpha=query.shape[-1] ** -0.5)
    return torch.bmm(scores.softmax(-1), flat_value).unflatten(0, (-1, key.shape[1]))


def _norm(weights: LlamaWeights, h: Tensor, gain: Tensor) -> Tensor:
    return _RMSNorm.apply(h.float(), gain.float(), weights.eps).to(weights.dtype)


class _RMSNorm(torch.autograd.Function):
    """y = gain * h / sqrt(mean(h^2) + eps) (arXiv:1910.07467), its gradient in fewer passes over memory."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, gain: Tensor, eps: float) -> Tensor:
        scale = torch.rsqrt(h.square().mean(-1, keepdim=True).add_(eps))
        ctx.save_for_backward(h, gain, scale)
        return (h * scale).mul_(gain)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        h, gain, scale = ctx.saved_tensors
        unit = h * scale
        along = grad * unit
        share = (along @ gain).unsqueeze(-1) / h.shape[-1]
        return (grad * gain).addcmul_(unit, share, value=-1).mul_(scale), along.sum(0), None
