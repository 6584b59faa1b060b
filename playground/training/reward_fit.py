"""Fitting a reward network to pairs: the network, TRL's trainer for it, and the test on pairs it has not seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.events import Measured
from playground.rewards.agreement import accuracy, calibration
from playground.runs.run import Run
from playground.training.tokens import preference_tokens, usable
from playground.training.trl_bridge import build_trainer
from playground.training.trl_settings import trl_settings
from playground.training.trl_teller import Watch
from playground.types import Json, Preference

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel
    from playground.rewards.network import RewardNetwork
    from playground.training.algorithms.reward_model import RewardModelConfig

HEAD_RATE = 10  # the head starts at zero and takes steps that many times as large as the body's
SHOWN = 20  # disagreements listed


@dataclass(frozen=True, slots=True)
class Pairs:
    """Preferences with their tokens, row by row."""

    preferences: tuple[Preference, ...]
    tokens: tuple[Json, ...]


def usable_pairs(run: Run, start: LoadedModel, preferences: Sequence[Preference], max_length: int) -> Pairs:
    """The preferences that fit, tokenised; the run says how many do not."""
    tokens = preference_tokens(start.tokenizer, preferences)
    kept = usable(run, tokens, start.model, max_length)
    fits = {id(row) for row in kept}
    rows = [preference for preference, row in zip(preferences, tokens, strict=True) if id(row) in fits]
    return Pairs(tuple(rows), tuple(kept))


def reward_trainer(
    run: Run,
    policy: LoadedModel,
    network: RewardNetwork,
    rows: Sequence[Json],
    watch: Watch,
    config: RewardModelConfig,
) -> Any:
    """TRL's RewardTrainer over tokenised pairs, with a head that learns faster than the body."""
    from trl import RewardConfig, RewardTrainer

    own = {"max_length": None, "center_rewards_coefficient": config.centre_coef or None}
    return build_trainer(
        RewardTrainer,
        run,
        policy,
        rows,
        watch,
        model=network,
        args=trl_settings(RewardConfig, config, run, policy, **own),
        data_collator=_PairCollator(policy.tokenizer.pad_token_id),
        optimizers=(_optimizer(network, config.learning_rate), None),
    )


def _optimizer(network: RewardNetwork, learning_rate: float) -> Any:
    import torch

    body = [p for p in network.body.parameters() if p.requires_grad]
    groups = [
        {"params": body, "lr": learning_rate},
        {"params": list(network.head.parameters()), "lr": HEAD_RATE * learning_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=0.01, fused=True)


@dataclass(frozen=True, slots=True)
class _PairCollator:
    """As TRL's, chosen above rejected, plus the mask that says which tokens are the completion's."""

    pad_id: int

    def __call__(self, rows: list[Json]) -> Json:
        from playground.rewards.network import collate

        prompts = [row["prompt_ids"] for row in rows]
        return collate(prompts * 2, [r["chosen_ids"] for r in rows] + [r["rejected_ids"] for r in rows], self.pad_id)


def pair_scores(network: RewardNetwork, rows: Sequence[Json], pad_id: int) -> tuple[list[float], list[float]]:
    """The scores of chosen and of rejected, in the order of the rows."""
    from playground.rewards.learned import score_tokens

    prompts = [row["prompt_ids"] for row in rows]
    chosen, rejected = [row["chosen_ids"] for row in rows], [row["rejected_ids"] for row in rows]
    scores = score_tokens(network, prompts * 2, chosen + rejected, pad_id)
    return scores[: len(rows)], scores[len(rows) :]


@dataclass(frozen=True, slots=True)
class PairTest:
    """Held-out pairs put to the network while it learns, and in full at the end."""

    run: Run
    network: RewardNetwork
    pad_id: int
    pairs: Pairs

    def measure(self, step: int) -> dict[str, float]:
        """Metrics for the step's curve; the two lists of scores go out beside them."""
        chosen, rejected = self._scores(step)
        margins = [c - r for c, r in zip(chosen, rejected, strict=True)]
        return {
            "held_out_accuracy": accuracy(margins)["accuracy"],
            "held_out_loss": sum(map(bradley_terry, margins)) / len(margins),
            "held_out_margin": sum(margins) / len(margins),
        }

    def report(self, step: int) -> Json | None:
        """What the finished network gets right, how sure it is, and where it and the annotator disagree.

        Returns its accuracy with the 95 % interval, None where no pair is held out.
        """
        if not self.pairs.tokens:
            return None
        chosen, rejected = self._scores(step)
        margins = [c - r for c, r in zip(chosen, rejected, strict=True)]
        tested = accuracy(margins)
        self.run.emit(Measured(step, "accuracy", tested))
        self.run.emit(Measured(step, "calibration", {"bins": calibration(margins)}))
        self.run.emit(Measured(step, "disagreements", {"pairs": self._disagreements(chosen, rejected)}))
        return tested

    def _scores(self, step: int) -> tuple[list[float], list[float]]:
        chosen, rejected = pair_scores(self.network, self.pairs.tokens, self.pad_id)
        self.run.emit(Measured(step, "scores", {"chosen": chosen, "rejected": rejected}))
        return chosen, rejected

    def _disagreements(self, chosen: Sequence[float], rejected: Sequence[float]) -> list[Json]:
        """The pairs it gets wrong with both scores, the surest mistakes first."""
        rows = zip(self.pairs.preferences, chosen, rejected, strict=True)
        wrong = sorted((row for row in rows if row[1] < row[2]), key=lambda row: row[1] - row[2])
        return [
            {
                "prompt": pair.prompt.text,
                "chosen": pair.chosen,
                "rejected": pair.rejected,
                "chosen_score": above,
                "rejected_score": below,
            }
            for pair, above, below in wrong[:SHOWN]
        ]


def bradley_terry(margin: float) -> float:
    """-log sigmoid(margin), in nats (Bradley and Terry 1952)."""
    return math.log1p(math.exp(-abs(margin))) + max(-margin, 0.0)
