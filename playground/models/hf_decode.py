"""Decoding with any causal model of transformers, through its own forward and cache."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor


class HFDecoder:
    """Prompts are padded on the left; padding is masked and counts no position."""

    def __init__(self, model: Any, max_new_tokens: int, pad_id: int, autocast_dtype: torch.dtype | None) -> None:
        self.model = model
        self.max_new_tokens = max_new_tokens
        self.pad_id = pad_id
        self.device = next(model.parameters()).device
        # on a CPU every step would cast all weights anew, which takes what the short format saves
        self.autocast_dtype = None if self.device.type == "cpu" else autocast_dtype

    @torch.inference_mode()
    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Read the prompts; next-token logits (B, V)."""
        from transformers import DynamicCache

        width = max(map(len, prompts))
        rows = [[self.pad_id] * (width - len(p)) + list(p) for p in prompts]
        lengths = torch.tensor([len(p) for p in prompts], device=self.device)
        self.cache = DynamicCache(config=self.model.config)
        self.read = width
        self.position = lengths
        column = torch.arange(width + self.max_new_tokens, device=self.device)
        self.mask = (column >= width - lengths[:, None]).long() if min(map(len, prompts)) < width else None
        positions = (torch.arange(width, device=self.device) - (width - lengths[:, None])).clamp(min=0)
        return self._forward(torch.tensor(rows, device=self.device), positions)

    @torch.inference_mode()
    def select(self, rows: Tensor) -> None:
        """Go on with these rows."""
        self.cache.batch_select_indices(rows)
        self.position = self.position[rows]
        if self.mask is not None:
            self.mask = self.mask[rows]

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> Tensor:
        """Read one token a row; next-token logits (B, V)."""
        self.read += 1
        logits = self._forward(tokens[:, None], self.position[:, None])
        self.position = self.position + 1
        return logits

    def _forward(self, ids: Tensor, positions: Tensor) -> Tensor:
        with self._autocast():
            return self.model(
                input_ids=ids,
                attention_mask=None if self.mask is None else self.mask[:, : self.read],
                position_ids=positions,
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, self.autocast_dtype, enabled=self.autocast_dtype is not None)
