"""A fast decoder for plain Llamas: the numbers of transformers' forward from fewer and larger operations.

The cache is allocated once; the weights are fused copies that live as long as one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from playground.models.llama_weights import LlamaWeights, turn


class LlamaDecoder:
    """Prompts are padded on the left; padding is masked and counts no position."""

    @torch.inference_mode()
    def __init__(self, model: Any, max_new_tokens: int, autocast_dtype: torch.dtype | None) -> None:
        self.weights = LlamaWeights(model, autocast_dtype)
        self.layers = [self.weights.layer(i) for i in range(self.weights.depth)]
        self.head = model.get_output_embeddings().weight.to(self.weights.dtype)
        # on a CPU attention over a cache is three times quicker in float32, and the cache is small beside the weights
        self.cache_dtype = torch.float32 if self.head.device.type == "cpu" else self.weights.dtype
        self.max_new_tokens = max_new_tokens

    @torch.inference_mode()
    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Read the prompts; next-token logits (B, V)."""
        w, batch, width = self.weights, len(prompts), max(map(len, prompts))
        device = w.embed.device
        rows = torch.tensor([[0] * (width - len(p)) + list(p) for p in prompts], device=device)
        padding = torch.tensor([width - len(p) for p in prompts], device=device)
        total = width + self.max_new_tokens
        self.turns = w.turns(total)
        shape = (w.depth, batch, w.kv_heads, total, w.head_dim)
        self.keys = torch.empty(shape, dtype=self.cache_dtype, device=device)
        self.values = torch.empty_like(self.keys)
        self.read, self.position = 0, width - padding
        column = torch.arange(total, device=device)
        self.hidden_columns = None
        if min(map(len, prompts)) < width:
            self.hidden_columns = (column < padding[:, None])[:, None, None]
        positions = (column[:width] - padding[:, None]).clamp(min=0)
        return self._forward(rows, positions, self._prefill_mask(width))

    @torch.inference_mode()
    def select(self, rows: Tensor) -> None:
        """Go on with these rows."""
        keys, values = (old.new_empty(len(old), len(rows), *old.shape[2:]) for old in (self.keys, self.values))
        keys[..., : self.read, :] = self.keys[:, rows, :, : self.read]
        values[..., : self.read, :] = self.values[:, rows, :, : self.read]
        self.keys, self.values = keys, values
        self.position = self.position[rows]
        if self.hidden_columns is not None:
            self.hidden_columns = self.hidden_columns[rows]
            self.mask = self.mask[rows]

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> Tensor:
        """Read one token a row; next-token logits (B, V)."""
        mask = None if self.hidden_columns is None else self.mask[..., : self.read + 1]
        logits = self._forward(tokens[:, None], self.position[:, None], mask)
        self.position = self.position + 1
        return logits

    def _prefill_mask(self, width: int) -> Tensor | None:
        """(B, 1, P, P) additive; None where no row is padded. Keeps the mask of later steps, (B, 1, 1, total)."""
        if self.hidden_columns is None:
            return None
        lowest = torch.finfo(self.cache_dtype).min  # not -inf: a padding row that sees nothing would become NaN
        self.mask = torch.zeros_like(self.hidden_columns, dtype=self.cache_dtype)
        self.mask.masked_fill_(self.hidden_columns, lowest)
        later = torch.ones(width, width, dtype=torch.bool, device=self.mask.device).triu(1)
        return self.mask[..., :width].masked_fill(later, lowest)

    def _forward(self, ids: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        w, (batch, length) = self.weights, ids.shape
        begin, end = self.read, self.read + length
        self.read = end
        turns = self.turns[positions].view(batch * length, 1, -1)
        h = F.embedding(ids.reshape(-1), w.embed)  # (B*T, H): the residual stream, float32 under autocast too
        for i, layer in enumerate(self.layers):
            qkv = F.linear(self._norm(h, layer.before_attention), layer.qkv).view(batch * length, -1, w.head_dim)
            turned = turn(qkv[:, : w.heads + w.kv_heads], turns).to(self.cache_dtype)
            query, key = turned.view(batch, length, -1, w.head_dim).split([w.heads, w.kv_heads], 2)
            self.keys[i, :, :, begin:end] = key.transpose(1, 2)
            value = qkv[:, w.heads + w.kv_heads :].view(batch, length, -1, w.head_dim)
            self.values[i, :, :, begin:end] = value.transpose(1, 2)
            mixed = self._attend(query, self.keys[i, :, :, :end], self.values[i, :, :, :end], mask)
            h = h + F.linear(mixed.reshape(batch * length, -1).to(w.dtype), layer.out)
            gate, up = F.linear(self._norm(h, layer.before_mlp), layer.gate_up).chunk(2, -1)
            h = h + F.linear(F.silu(gate) * up, layer.down)
        last = h.view(batch, length, -1)[:, -1]
        return F.linear(self._norm(last, w.before_head), self.head)

    def _norm(self, h: Tensor, gain: Tensor) -> Tensor:
        """RMSNorm (arXiv:1910.07467), in the residual stream's precision."""
        return F.rms_norm(h, gain.shape, gain, self.weights.eps).to(self.weights.dtype)

    def _attend(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        """Attention of (B, T, heads, D) over a cache (B, kv_heads, L, D); gives (B, T, heads, D)."""
        w, (batch, length) = self.weights, query.shape[:2]
        if length == 1:  # heads that share a key stand as several queries of it
            query = query.view(batch, w.kv_heads, -1, w.head_dim)
            mixed = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
            return mixed.view(batch, 1, w.heads, w.head_dim)
        mixed = F.scaled_dot_product_attention(
            query.transpose(1, 2),
            keys,
            values,
            attn_mask=mask,
            is_causal=mask is None,
            enable_gqa=w.heads != w.kv_heads,
        )
        return mixed.transpose(1, 2)
