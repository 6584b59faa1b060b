"""TRL's metric names and ours."""

from __future__ import annotations

from collections.abc import Mapping

# TRL's key -> our name in vocabulary.METRICS; None: left out, because another metric or the run's folder says it.
TRL_KEYS: dict[str, str | None] = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "entropy": "entropy",
    "mean_token_accuracy": "token_accuracy",
    "accuracy": "accuracy",
    "margin": "margin",
    "rewards/accuracies": "accuracy",
    "rewards/margins": "margin",
    "rewards/chosen": "chosen_reward",
    "rewards/rejected": "rejected_reward",
    "logps/chosen": "chosen_logps",
    "logps/rejected": "rejected_logps",
    "eval_loss": "held_out_loss",
    "eval_accuracy": "held_out_accuracy",
    "eval_margin": "held_out_margin",
    "min_reward": None,
    "mean_reward": None,
    "max_reward": None,
    "logits/chosen": None,
    "logits/rejected": None,
    "aux_loss": None,
    "epoch": None,
    "num_tokens": None,
    "num_input_tokens_seen": None,
    "total_flos": None,
    "train_loss": None,
    "train_runtime": None,
    "train_samples_per_second": None,
    "train_steps_per_second": None,
    "train_tokens_per_second": None,
}


def renamed(logs: Mapping[str, float]) -> tuple[dict[str, float], list[str]]:
    """TRL's logs under our names, and the keys that TRL_KEYS does not know."""
    metrics = {name: float(logs[key]) for key in logs if (name := TRL_KEYS.get(key)) is not None}
    if metrics.get("margin") == 0 and metrics.get("accuracy") == 0:
        metrics["accuracy"] = 0.5  # nothing learned yet: every pair is a tie, which TRL counts as wrong
    return metrics, sorted(key for key in logs if key not in TRL_KEYS)
