"""Log-probabilities of rows that are not learned from. Rows are as tokens.py makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playground.types import Json

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel


def completion_sums(loaded: LoadedModel, rows: Sequence[Json], name: str, batch_size: int = 64) -> list[float]:
    """Summed log-probability (nats) of each row's `name` tokens after its prompt, under the policy as it stands."""
    import torch

    from playground.models.logps import completion_logps

    sums: list[float] = []
    for start in range(0, len(rows), batch_size):
        part = rows[start : start + batch_size]
        prompts, completions = [row["prompt_ids"] for row in part], [row[name] for row in part]
        with torch.no_grad():
            scores = completion_logps(loaded.model, prompts, completions, pad_id=loaded.tokenizer.pad_token_id)
        sums += scores.token_logps.sum(1).tolist()
    return sums


def token_loss(loaded: LoadedModel, rows: Sequence[Json], name: str = "completion_ids") -> float:
    """Mean negative log-probability of a completion token (nats)."""
    return -sum(completion_sums(loaded, rows, name)) / sum(len(row[name]) for row in rows)
