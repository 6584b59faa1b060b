"""How accuracy grows with labels: the reward model trained again on fewer, tested on the same held-out pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.events import Measured, Phase
from playground.rewards.agreement import accuracy
from playground.runs.run import Hushed, Run
from playground.training.algorithms.reward_model import CURVE, RewardModelConfig
from playground.training.reward_fit import Pairs, pair_scores, reward_trainer
from playground.training.trained_policy import trainable
from playground.training.trl_bridge import release
from playground.training.trl_teller import Watch
from playground.types import Json

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel


def learning_curve(
    run: Run,
    start: LoadedModel,
    train: Pairs,
    held_out: Pairs,
    config: RewardModelConfig,
    step: int,
    finished: Json,
) -> None:
    """Measured "learning_curve": one point a size, each with its accuracy and 95 % interval. Ends early on a stop.

    finished: the accuracy of the network that learned from all of them, which is the last point.
    """
    points: list[Json] = []
    for size in [size for size in CURVE if size < len(train.tokens)]:
        if run.stop_requested:
            return
        run.emit(Phase(f"the reward model is finished; for the learning curve another one learns from {size} pairs"))
        point = _point(run, start, train, held_out, config, size)
        if run.stop_requested:  # it did not see all of them
            return
        points.append({"pairs": size, **point})
        whole = {"pairs": len(train.tokens), **finished}
        run.emit(Measured(step, "learning_curve", {"points": [*points, whole]}))


def _point(run: Run, start: LoadedModel, train: Pairs, held_out: Pairs, config: RewardModelConfig, size: int) -> Json:
    from playground.models.adapters import untouched
    from playground.rewards.network import scoring_network

    policy = trainable(untouched(start, config.adapter), config)
    network = scoring_network(policy.model).to(policy.device)
    watch = Watch(resumable=False)
    trainer = reward_trainer(Hushed(run), policy, network, train.tokens[:size], watch, config)
    trainer.train()
    release(network)
    chosen, rejected = pair_scores(network, held_out.tokens, policy.tokenizer.pad_token_id)
    return accuracy([c - r for c, r in zip(chosen, rejected, strict=True)])
