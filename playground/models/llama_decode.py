"""A fast decoder for plain Llamas: fewer, larger operations than transformers' forward. The same numbers come out.

Queries, keys and values are one product, gate and up another; the cache is allocated once; LoRA is merged into
copies of the weights that live as long as one call.
"""

from __future__ import annotations

from typing import Any

import torch

FUSE_BELOW_BYTES = 64 * 2**20  # larger models are used by reference: copying them costs more than it saves


def supports(model: Any) -> bool:
    """Whether this decoder computes exactly what the model's own forward does."""
    return False


class LlamaDecoder:
    """To come."""

    def __init__(self, model: Any, max_new_tokens: int, autocast_dtype: torch.dtype | None) -> None:
        raise NotImplementedError
