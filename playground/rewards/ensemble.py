"""Several reward networks as one that is only as pleased as the least pleased of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_outputs import SequenceClassifierOutput

from playground.rewards.network import RewardNetwork


class RewardEnsemble(nn.Module):
    """Each completion earns the least that a member gives: where they disagree there is little to gain.

    Worst-case optimisation in arXiv:2310.02743, section 3.
    """

    def __init__(self, members: Sequence[RewardNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def config(self) -> Any:
        """That of any member: all have one form."""
        return self.members[0].config

    @property
    def device(self) -> torch.device:
        """Where the members lie."""
        return self.members[0].device

    def forward(self, **batch: Tensor) -> SequenceClassifierOutput:
        """Rewards as logits (B, 1), as a single network gives them."""
        scores = torch.stack([member(**batch).logits for member in self.members])
        return SequenceClassifierOutput(logits=scores.amin(0))


def members_of(network: RewardNetwork | RewardEnsemble) -> list[RewardNetwork]:
    """The networks that score: itself, where it is no ensemble."""
    return list(network.members) if isinstance(network, RewardEnsemble) else [network]
