"""Direct preference optimisation: from preferences to a policy, without a reward model in between."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from playground.events import Phase
from playground.registry import algorithm, dial
from playground.runs.run import Run
from playground.training import shared_dials
from playground.training.inputs import TrainInputs
from playground.training.watched import watching, written_metrics
from playground.types import Checkpoint, Json, Workload

LOSSES = ("sigmoid", "ipo", "hinge", "robust")


@dataclass(frozen=True, slots=True)
class DPOConfig:
    """The dials of direct preference optimisation."""

    beta: float = dial(
        0.1,
        "Beta",
        "How tightly the policy is held to where it started. Low: the preferences win and skills may go. "
        "High: little changes.",
        minimum=0.01,
        maximum=2.0,
        step=0.01,
        place="main",
    )
    loss: str = dial(
        "sigmoid",
        "Loss",
        "sigmoid is DPO itself. ipo aims at a fixed margin a token instead of ever wider ones. hinge stops at a margin "
        "of 1. robust reckons with labels that are wrong now and then.",
        choices=LOSSES,
    )
    label_smoothing: float = dial(
        0.0,
        "Share of wrong labels",
        "How many labels you expect to be flipped. Only the robust loss reads it.",
        minimum=0.0,
        maximum=0.45,
    )
    sft_coef: float = dial(
        0.0,
        "Weight of plain imitation",
        "Adds the usual likelihood loss on the chosen answers, which keeps them from becoming unlikely together with "
        "the rejected ones. 0 is off, 1 counts as much as the preferences.",
        minimum=0.0,
        maximum=10.0,
    )
    epochs: int = shared_dials.epochs(2, "pair", "More widens the margin and costs skills.")
    learning_rate: float = shared_dials.learning_rate(
        3e-4, ". Too high and the text breaks. Larger models need far less."
    )
    batch_size: int = shared_dials.batch_size("Pairs")
    rows_at_once: int = shared_dials.rows_at_once("Pairs")
    adapter: str = shared_dials.adapter()
    lora_rank: int = shared_dials.lora_rank()
    held_out_share: float = shared_dials.held_out_share(0.1, "prompts")
    max_length: int = shared_dials.max_length()
    seed: int = shared_dials.seed()

    def __post_init__(self) -> None:
        if self.label_smoothing and self.loss != "robust":  # TRL would ignore it without a word
            raise ValueError(
                f"Share of wrong labels is {self.label_smoothing}, which the {self.loss} loss does not read; "
                "choose the robust loss or set it to 0."
            )


def _workload(config: DPOConfig, rows: int, tokens: int) -> Workload:
    """A row has two completions; the reference scores each pair again whenever it is trained on."""
    train = rows * (1 - config.held_out_share) * 2 * tokens * config.epochs
    held_out = rows * config.held_out_share * 2 * tokens
    steps = int(rows * (1 - config.held_out_share) * config.epochs / config.batch_size)
    seen = watching(steps, tokens)
    score = train + 9 * held_out + seen.score_tokens
    return Workload(train_tokens=train, score_tokens=score, sample_tokens=seen.sample_tokens, fixed_s=1.5)


@algorithm(
    "dpo",
    title="DPO",
    needs="preferences",
    makes="policy",
    config=DPOConfig,
    formula=(
        r"\mathcal{L}(\theta) = -\log \sigma\Big(\beta \log\frac{\pi_\theta(y_w \mid x)}{\pi_{ref}(y_w \mid x)}"
        r" - \beta \log\frac{\pi_\theta(y_l \mid x)}{\pi_{ref}(y_l \mid x)}\Big)"
    ),
    about=(
        "Every chosen answer is made more likely relative to its rejected one, measured against a frozen copy of the "
        "start. There is no reward model, and nothing that the policy writes is learned from: it is the reward model "
        "itself. What it writes is only looked at now and then, for the curves."
    ),
    charts=(
        ("held_out_accuracy", "accuracy"),
        ("kl", "k3"),
        ("gold_reward",),
        ("held_out_margin", "margin"),
        ("held_out_loss", "loss"),
        ("chosen_reward", "rejected_reward"),
        ("chosen_logps", "rejected_logps"),
        ("entropy",),
        ("length",),
        ("stop_rate",),
    ),
    workload=_workload,
    presets={
        "Gentle": {"beta": 0.3, "epochs": 1},
        "Usual": {"beta": 0.1, "epochs": 2},
        "Pushed too far": {"beta": 0.02, "epochs": 6},
        "Noisy labels": {"loss": "robust", "label_smoothing": 0.1},
        "Keep the chosen likely": {"sft_coef": 1.0, "epochs": 4, "learning_rate": 6e-4},
        "Adapter on the pocket model": {"adapter": "lora", "learning_rate": 3e-3},
        "Larger model": {"adapter": "lora", "learning_rate": 2e-5, "rows_at_once": 2},
    },
)
def train_dpo(run: Run, inputs: TrainInputs, config: DPOConfig) -> Checkpoint:
    """Widen the policy's margin on every pair, held near the reference by beta (arXiv:2305.18290, eq. 7)."""
    from trl import DPOConfig as TRLConfig
    from trl import DPOTrainer

    from playground.training.pairs import worth_learning
    from playground.training.probes import prober
    from playground.training.split import split_by_prompt
    from playground.training.tokens import preference_tokens, usable
    from playground.training.trained_policy import frozen_copy, saved, trainable
    from playground.training.trl_bridge import build_trainer, finish, fit
    from playground.training.trl_settings import trl_settings
    from playground.training.trl_teller import Watch

    run.emit(Phase("preparing the pairs"))
    split = split_by_prompt(worth_learning(run, inputs.preferences), config.held_out_share, config.seed)
    reference = frozen_copy(inputs.start.model) if config.adapter == "full" else None  # lora: the adapter switched off
    loaded = trainable(inputs.start, config)
    knows_chat = loaded.checkpoint.knows_chat
    train, held_out = (
        usable(run, preference_tokens(loaded.tokenizer, rows, knows_chat), loaded.model, config.max_length)
        for rows in (split.train, split.held_out)
    )
    watch = Watch(
        probe=prober(loaded, inputs),
        held_out=_held_out(loaded, held_out, config) if held_out else None,
        written=written_metrics(run, loaded, reference, inputs, config.seed),
        train_count=len(train),
        held_out_count=len(held_out),
    )
    settings = trl_settings(TRLConfig, config, run, loaded, max_length=None, **_loss(config))
    trainer = build_trainer(
        DPOTrainer, run, loaded, train, watch, model=loaded.model, ref_model=reference, args=settings
    )
    if reference is None:
        trainer.model.delete_adapter("ref")  # TRL's copy of the adapter; switched off, ours is the reference exactly
    run.emit(Phase("training"))
    outcome = fit(trainer, run, watch, inputs.resume)
    run.emit(Phase("saving"))
    return finish(run, outcome, saved(run, loaded, "dpo", config.seed, knows_chat))


def _loss(config: DPOConfig) -> Json:
    """TRL's words for the loss: several types are summed with their weights."""
    terms = {config.loss: 1.0} | ({"sft": config.sft_coef} if config.sft_coef else {})
    return {
        "loss_type": list(terms),
        "loss_weights": list(terms.values()),
        "beta": config.beta,
        "label_smoothing": config.label_smoothing,
    }


def _held_out(loaded: Any, rows: Sequence[Json], config: DPOConfig) -> Callable[[int], dict[str, float]]:
    """Accuracy and margin on pairs that are not learned from; the reference is the policy as it stands now."""
    from playground.rewards.agreement import accuracy
    from playground.training.held_out import completion_sums

    def log_ratios() -> list[float]:
        chosen, rejected = (completion_sums(loaded, rows, name) for name in ("chosen_ids", "rejected_ids"))
        return [c - r for c, r in zip(chosen, rejected, strict=True)]

    reference = log_ratios()

    def measure(step: int) -> dict[str, float]:
        margins = [config.beta * (now - then) for now, then in zip(log_ratios(), reference, strict=True)]
        metrics = {
            "held_out_accuracy": accuracy(margins)["accuracy"],
            "held_out_margin": sum(margins) / len(margins),
        }
        if config.loss == "sigmoid" and not config.sft_coef:
            metrics["held_out_loss"] = sum(math.log1p(math.exp(-max(m, -50.0))) for m in margins) / len(margins)
        return metrics

    return measure
