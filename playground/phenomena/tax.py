"""The alignment tax: what a policy forgets while it learns to please, and how mixing in demonstrations pays it back."""

from __future__ import annotations

from playground.phenomena.behaviour import behaviour, facts, sums
from playground.phenomena.lab import Lab
from playground.phenomena.labels import persona_pairs
from playground.phenomena.phenomenon import Phenomenon, Row
from playground.phenomena.reward_hunting import loose_run, pursue
from playground.phenomena.reward_models import polite_reward
from playground.types import Checkpoint, Json

PAIRS = 100
FAR = {"held_out_share": 0.0, "epochs": 6, "beta": 0.05}
PTX = {"kl_coef": 0.0, "iterations": 60, "ptx_coef": 1.0}


def tax(lab: Lab) -> dict[str, float]:
    """What facts and sums fall by, plain and mixed."""
    policies = {
        "dpo": _dpo(lab, FAR),
        "dpo_mixed": _dpo(lab, {**FAR, "sft_coef": 1.0}),
        "ppo": loose_run(lab).checkpoint,
        "ppo_mixed": pursue(lab, polite_reward(lab), "polite", PTX).checkpoint,
    }
    start = lab.checkpoint("pocket-sft")
    before = facts(lab, start), sums(lab, start), behaviour(lab, start).gold("polite")
    values = {}
    for name, policy in policies.items():
        values[f"{name}_facts"] = 100 * (before[0] - facts(lab, policy))
        values[f"{name}_sums"] = 100 * (before[1] - sums(lab, policy))
        values[f"{name}_gold"] = behaviour(lab, policy).gold("polite") - before[2]
    return values


def _dpo(lab: Lab, settings: Json) -> Checkpoint:
    start = lab.checkpoint("pocket-sft")
    rows = persona_pairs(lab, start, "polite", PAIRS)
    return lab.train("dpo", rows, settings, start=start, persona="polite").checkpoint


_RUNS = {
    "dpo": "DPO pushed far",
    "dpo_mixed": "DPO with imitation",
    "ppo": "PPO without KL",
    "ppo_mixed": "PPO with demonstrations",
}
TAX = Phenomenon(
    "tax",
    "The alignment tax, with and without mixing",
    "DPO pushed far (100 polite pairs, beta 0.05, 6 epochs) without and with plain imitation of the chosen texts; PPO "
    "without a KL term, 60 iterations, without and with demonstrations in every update (ptx, weight 1).",
    tax,
    tuple(
        Row(f"{run}_{what}", f"{title}: {words}")
        for run, title in _RUNS.items()
        for what, words in (
            ("facts", "facts fall by (points)"),
            ("sums", "sums fall by (points)"),
            ("gold", "gold reward changes by"),
        )
    ),
)
