"""The number format that a run computes in, and the attention that suits it."""

from __future__ import annotations

from typing import Any

import torch

from playground.models.devices import autocast_dtype
from playground.models.llama_packed import SHORT
from playground.runs.run import Run


def precision(run: Run) -> torch.dtype | None:
    """The run's own choice of number format, else what is faster here. None is float32."""
    if run.spec.dtype == "float32":
        return None
    return torch.bfloat16 if run.spec.dtype == "bfloat16" else autocast_dtype()


def suit_attention(model: Any, dtype: torch.dtype | None, longest: int) -> None:
    """Plain attention for short rows in bfloat16 on a CPU: there the fused one's backward is half as slow again."""
    if dtype is torch.bfloat16 and model.device.type == "cpu" and longest <= SHORT:
        model.set_attn_implementation("eager")
