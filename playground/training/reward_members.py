"""The other reward models of an ensemble: each learns from a draw of the same pairs, some of them several times."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from playground.events import Phase
from playground.runs.run import Hushed, Run
from playground.training.algorithms.reward_model import RewardModelConfig
from playground.training.reward_fit import merge_adapter, reward_trainer, scoring_network
from playground.training.trained_policy import trainable
from playground.training.trl_bridge import release
from playground.training.trl_teller import Watch
from playground.types import Json

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel
    from playground.rewards.network import RewardNetwork


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
    from playground.models.loader import copy_model

    policy = trainable(replace(start, model=copy_model(start.model)), config)
    network = scoring_network(policy)
    reward_trainer(Hushed(run), policy, network, rows, Watch(resumable=False), config).train()
    release(network)
    merge_adapter(policy, network)
    return network.eval()
