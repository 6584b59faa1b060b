"""The reward model: a network that learns to score completions the way an annotator compares them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from playground.events import Phase
from playground.registry import algorithm, dial
from playground.runs.run import Run
from playground.training import shared_dials
from playground.training.inputs import TrainInputs
from playground.types import Checkpoint, Preference, Workload

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel
    from playground.rewards.ensemble import RewardEnsemble
    from playground.rewards.network import RewardNetwork


CURVE = (10, 30, 100)  # pairs


@dataclass(frozen=True, slots=True)
class RewardModelConfig:
    """The dials of the reward model."""

    labels: int = dial(
        2000,
        "Preferences",
        "How many to learn from, at most. Ten teach little, a hundred a simple taste, a thousand a finer one.",
        minimum=4,
        maximum=20000,
        step=10,
        place="main",
    )
    epochs: int = shared_dials.epochs(4, "pair", "Too many and the pairs are memorised: the held-out loss rises.")
    learning_rate: float = shared_dials.learning_rate(
        4e-4, "; the head that makes the score takes ten times as large ones. Larger models need less."
    )
    batch_size: int = shared_dials.batch_size("Pairs", 8)
    rows_at_once: int = shared_dials.rows_at_once("Pairs")
    centre_coef: float = dial(
        1e-3,
        "Pull towards zero",
        "Only differences between scores are learned; this keeps the scores themselves near 0. More shrinks them.",
        minimum=0.0,
        maximum=1.0,
    )
    held_out_share: float = shared_dials.held_out_share(0.2, "prompts")
    learning_curve: bool = dial(
        True,
        "Learning curve",
        "Once the reward model is finished, train others on 10, 30 and 100 of the pairs and show how accuracy grows "
        "with labels.",
    )
    members: int = dial(
        1,
        "Ensemble",
        "So many reward models learn, each from its own draw of the pairs, and a completion earns what the least "
        "pleased of them gives: where they disagree, little is to be gained. It takes as many times as long.",
        minimum=1,
        maximum=5,
        step=1,
    )
    adapter: str = shared_dials.adapter()
    lora_rank: int = shared_dials.lora_rank()
    max_length: int = shared_dials.max_length()
    seed: int = shared_dials.seed()


def _workload(config: RewardModelConfig, rows: int, tokens: int) -> Workload:
    """A row has two completions. For the learning curve others are trained on a part of the rows."""
    count = min(rows, config.labels)
    train, held_out = count * (1 - config.held_out_share), count * config.held_out_share
    others = [size for size in CURVE if size < train] if config.learning_curve else []
    others += [train] * (config.members - 1)
    return Workload(
        train_tokens=(train + sum(others)) * 2 * tokens * config.epochs,
        score_tokens=(9 + len(others)) * held_out * 2 * tokens,
        fixed_s=1.5 + 0.5 * len(others),
    )


@algorithm(
    "reward_model",
    title="Reward model",
    needs="preferences",
    makes="reward",
    config=RewardModelConfig,
    formula=r"\mathcal{L}(\phi) = -\log \sigma\big(r_\phi(x, y_w) - r_\phi(x, y_l)\big)",
    about=(
        "A copy of the policy gets one number as its output and learns to give chosen answers the higher one. "
        "It then stands in for the annotator, who could not score every answer in training."
    ),
    charts=(
        ("held_out_accuracy", "accuracy"),
        ("held_out_loss", "loss"),
        ("held_out_margin", "margin"),
        ("grad_norm",),
        ("learning_rate",),
    ),
    workload=_workload,
    presets={
        "Usual": {"epochs": 4},
        "Memorised": {"epochs": 20},
        "Larger model": {"adapter": "lora", "learning_rate": 1e-4, "rows_at_once": 4, "learning_curve": False},
    },
)
def train_reward_model(run: Run, inputs: TrainInputs, config: RewardModelConfig) -> Checkpoint:
    """Bradley-Terry: the chosen completion's score above the rejected one's (arXiv:2203.02155, eq. 1)."""
    from playground.models.adapters import untouched
    from playground.rewards.ensemble import RewardEnsemble
    from playground.rewards.network import scoring_network
    from playground.training.learning_curve import learning_curve
    from playground.training.pairs import worth_learning
    from playground.training.reward_fit import PairTest, reward_trainer, usable_pairs
    from playground.training.reward_members import other_members, require_whole, resampled
    from playground.training.split import split_by_prompt
    from playground.training.trained_policy import trainable
    from playground.training.trl_bridge import finish, fit
    from playground.training.trl_teller import Watch

    require_whole(config)
    run.emit(Phase("preparing the pairs"))
    start = inputs.start
    split = split_by_prompt(_drawn(worth_learning(run, inputs.preferences), config), config.held_out_share, config.seed)
    train, held_out = (usable_pairs(run, start, rows, config.max_length) for rows in (split.train, split.held_out))
    spare = untouched(start, config.adapter) if config.learning_curve or config.members > 1 else None
    policy = trainable(start, config)
    network = scoring_network(policy.model).to(policy.device)
    test = PairTest(run, network, policy.tokenizer.pad_token_id, held_out)
    watch = Watch(
        held_out=test.measure if held_out.tokens else None,
        train_count=len(train.tokens),
        held_out_count=len(held_out.tokens),
    )
    rows = resampled(train.tokens, config.seed, 0) if config.members > 1 else train.tokens
    trainer = reward_trainer(run, policy, network, rows, watch, config)
    run.emit(Phase("training"))
    outcome = fit(trainer, run, watch, inputs.resume)
    if config.members > 1 and outcome.failure is None:
        others = other_members(run, spare, train.tokens, config)
        network = RewardEnsemble([network, *others]) if others else network
    tested = replace(test, network=network).report(outcome.step)
    run.emit(Phase("saving"))
    checkpoint = finish(run, outcome, _saved(run, policy, network, config))
    if config.learning_curve and tested is not None:
        learning_curve(run, spare, train, held_out, config, outcome.step, tested)
    return checkpoint


def _saved(
    run: Run, policy: LoadedModel, network: RewardNetwork | RewardEnsemble, config: RewardModelConfig
) -> Checkpoint:
    from playground.rewards.learned import save_reward

    spec = run.spec
    with run.folder.new_checkpoint() as folder:
        checkpoint = save_reward(
            network,
            policy,
            folder,
            id=spec.id,
            name=spec.name or "reward model",
            parent=spec.start,
            run_id=spec.id,
            data_hash=spec.data_hash,
            seed=config.seed,
        )
    return replace(checkpoint, path=str(run.folder.checkpoint_path.resolve()))


def _drawn(preferences: list[Preference], config: RewardModelConfig) -> list[Preference]:
    """As many as the dial says, drawn by seed."""
    if len(preferences) <= config.labels:
        return preferences
    order = random.Random(config.seed).sample(range(len(preferences)), config.labels)
    return [preferences[i] for i in sorted(order)]
