"""The other reward models of an ensemble: each learns from a draw of the same pairs, some of them several times."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from playground.errors import ModelNotUsable
from playground.events import Phase
from playground.runs.run import Hushed, Run
from playground.training.algorithms.reward_model import RewardModelConfig
from playground.training.reward_fit import reward_trainer
from playground.training.trained_policy import trainable
from playground.training.trl_bridge import release
from playground.training.trl_teller import Watch
from playground.types import Json

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel
    from playground.rewards.network import RewardNetwork


def require_whole(config: RewardModelConfig) -> None:
    """Raises ModelNotUsable for an ensemble of adapters: its members are saved whole."""
    if config.members > 1 and config.adapter != "full":
        hint = "Set Weights to train to full, or Ensemble to 1."
        raise ModelNotUsable("An ensemble of adapters cannot be kept.", hint=hint)


def resampled(rows: Sequence[Json], seed: int, member: int) -> list[Json]:
    """As many rows, drawn with repeats: members that saw the same rows in another order err alike."""
    return random.Random(f"{seed} {member}").choices(rows, k=len(rows))


def other_members(run: Run, start: LoadedModel, rows: Sequence[Json], config: RewardModelConfig) -> list[RewardNetwork]:
    """All members but the first; none of them where the run is to stop before they are done.

    So a run that was stopped while they learned can be made again: its weights are the first member's.
    """
    found = []
    for member in range(1, config.members):
        if run.stop_requested or run.stop_at is not None:
            return []
        run.emit(Phase(f"training reward model {member + 1} of {config.members}"))
        found.append(_member(run, start, resampled(rows, config.seed, member), config))
    return [] if run.stop_requested else found


def _member(run: Run, start: LoadedModel, rows: Sequence[Json], config: RewardModelConfig) -> RewardNetwork:
    from playground.models.adapters import untouched
    from playground.rewards.network import scoring_network

    policy = trainable(untouched(start, config.adapter), config)
    network = scoring_network(policy.model).to(policy.device)
    reward_trainer(Hushed(run), policy, network, rows, Watch(resumable=False), config).train()
    release(network)
    return network.eval()
