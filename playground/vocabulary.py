"""Metrics as data: every number a run may log, with the words the page shows beside its curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """One number over time."""

    name: str
    title: str
    unit: str
    good: Literal["up", "down", "steady", "none"]
    healthy: str
    sick: str


_ALL = (
    Metric("loss", "Loss", "nats", "down", "Falls fast, then slowly.", "Rises, jumps, or becomes not a number."),
    Metric(
        "held_out_loss",
        "Loss on held-out rows",
        "nats",
        "down",
        "Falls with the training loss.",
        "Rises while the training loss falls: the rows are being memorised.",
    ),
    Metric("token_accuracy", "Next-token accuracy", "share", "up", "Climbs and levels off.", "Stays flat."),
    Metric(
        "accuracy",
        "Pairs ranked as the annotator did",
        "share",
        "up",
        "Climbs from 0.5.",
        "1.0 within a few steps: the pairs are too easy or leak the answer.",
    ),
    Metric(
        "held_out_accuracy",
        "Held-out pairs ranked as the annotator did",
        "share",
        "up",
        "Climbs, a little under the training accuracy.",
        "Stays at 0.5 while the training accuracy climbs.",
    ),
    Metric("margin", "Margin, chosen minus rejected", "reward", "up", "Widens slowly.", "Grows without end."),
    Metric("held_out_margin", "Held-out margin", "reward", "up", "Widens more slowly than in training.", "Shrinks."),
    Metric("chosen_reward", "Reward of chosen", "reward", "up", "Rises or holds.", "Falls with that of rejected."),
    Metric("rejected_reward", "Reward of rejected", "reward", "down", "Falls.", "Rises with that of chosen."),
    Metric(
        "chosen_logps",
        "Log-probability of chosen",
        "nats",
        "steady",
        "Holds or rises.",
        "Falls with that of rejected: both become unlikely, and something unseen takes their place.",
    ),
    Metric("rejected_logps", "Log-probability of rejected", "nats", "down", "Falls.", "Falls by hundreds of nats."),
    Metric(
        "proxy_reward",
        "Reward by the reward model",
        "std",
        "up",
        "Rises and levels off.",
        "Rises while the texts get worse: the reward model is being exploited.",
    ),
    Metric(
        "gold_reward",
        "Gold reward, what the persona really wants",
        "reward",
        "up",
        "Rises with the proxy.",
        "Falls while the proxy rises: over-optimisation.",
    ),
    Metric(
        "kl",
        "KL from the reference (k1)",
        "nats",
        "steady",
        "Grows, then settles under about 10.",
        "Grows without end, or turns negative: sampling and scoring disagree.",
    ),
    Metric("k3", "KL from the reference (k3)", "nats", "steady", "Tracks k1, less noisy.", "Far from k1."),
    Metric("kl_coef", "KL coefficient", "per nat", "none", "Constant, or adapts slowly.", "Runs to an extreme."),
    Metric(
        "entropy",
        "Entropy of the next token",
        "nats",
        "steady",
        "Falls slowly.",
        "Falls to almost 0: one answer for everything.",
    ),
    Metric("length", "Completion length", "tokens", "none", "Moves a little.", "Runs to the limit: length pays."),
    Metric("stop_rate", "Completions that end by themselves", "share", "up", "Near 1.", "Falls: no end of text."),
    Metric(
        "clip_fraction",
        "Updates that were clipped",
        "share",
        "none",
        "Between 0.02 and 0.3.",
        "Near 0: learning rate too low. Above 0.4: too high.",
    ),
    Metric("value_loss", "Value loss", "reward²", "down", "Falls as the value head learns.", "Grows."),
    Metric(
        "explained_variance",
        "Explained variance of the value head",
        "share",
        "up",
        "Climbs towards 1.",
        "Negative: the value head is worse than a constant.",
    ),
    Metric("update_kl", "KL of one update", "nats", "steady", "Small, under 0.05.", "Jumps: the step is too large."),
    Metric("policy_loss", "Policy loss", "", "none", "Hovers about 0.", "Large swings."),
    Metric("missing_end_penalty", "Penalty for missing ends", "reward", "none", "Near 0.", "Grows: no end of text."),
    Metric("ptx_loss", "Loss on demonstrations (ptx)", "nats", "down", "Holds.", "Rises: skills are being forgotten."),
    Metric("learning_rate", "Learning rate", "", "none", "Follows its schedule.", "-"),
    Metric("grad_norm", "Gradient norm", "", "steady", "Stays in one range.", "Spikes."),
)

METRICS: dict[str, Metric] = {m.name: m for m in _ALL}
