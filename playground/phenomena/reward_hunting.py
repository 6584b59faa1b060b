"""PPO on a reward model: held near the start it improves, let go it over-optimises."""

from __future__ import annotations

from collections.abc import Sequence

from playground.phenomena.behaviour import behaviour, facts
from playground.phenomena.lab import Lab, Trained
from playground.phenomena.phenomenon import Phenomenon, Row
from playground.phenomena.reward_models import POLITE_LABELS, polite_reward
from playground.pocket import prompt_set, training_mix
from playground.types import Checkpoint, Json

PROMPTS = 512
WINDOW = 5  # iterations in a moving mean
SLACK = 0.1  # share of the whole rise that a curve may lie below its best without counting as fallen


def pursue(lab: Lab, reward: Checkpoint, persona: str, settings: Json) -> Trained:
    """PPO from the SFT model on that reward model, on the prompts that the app takes."""
    prompts = prompt_set(PROMPTS, lab.seed, training_mix())
    return lab.train("ppo", prompts, settings, start=lab.checkpoint("pocket-sft"), reward=reward, persona=persona)


def held(lab: Lab) -> dict[str, float]:
    """PPO with a KL coefficient of 0.1."""
    start = lab.checkpoint("pocket-sft")
    run = pursue(lab, polite_reward(lab), "polite", {"kl_coef": 0.1, "iterations": 40})
    return {
        "gold_rise": behaviour(lab, run.checkpoint).gold("polite") - behaviour(lab, start).gold("polite"),
        "facts_fall": 100 * (facts(lab, start) - facts(lab, run.checkpoint)),
        "kl": smooth([metrics["kl"] for metrics in run.curve])[-1],
    }


def loose(lab: Lab) -> dict[str, float]:
    """PPO without a KL term, and what its curves do."""
    run = loose_run(lab)
    proxy, gold = (smooth([m[name] for m in run.curve]) for name in ("proxy_reward", "gold_reward"))
    before, after = behaviour(lab, lab.checkpoint("pocket-sft")), behaviour(lab, run.checkpoint)
    return {
        "proxy_rise": proxy[-1] - proxy[0],
        "proxy_fallen": longest_fall(proxy),
        "gold_peak": max(gold) - gold[0],
        "gold_end": after.gold("polite") - before.gold("polite"),
        "polite": 100 * after.share("polite"),
        "right_fall": 100 * (before.right() - after.right()),
    }


def loose_run(lab: Lab) -> Trained:
    """The run that is let go."""
    return pursue(lab, polite_reward(lab), "polite", {"kl_coef": 0.0, "iterations": 60})


def smooth(values: Sequence[float]) -> list[float]:
    """The moving mean over WINDOW values."""
    return [sum(values[i - WINDOW : i]) / WINDOW for i in range(WINDOW, len(values) + 1)]


def longest_fall(values: Sequence[float]) -> int:
    """How many steps on end a curve lies below its best so far by more than SLACK of its whole rise."""
    margin = SLACK * (max(values) - values[0])
    longest = here = 0
    best = values[0]
    for value in values:
        best = max(best, value)
        here = here + 1 if value < best - margin else 0
        longest = max(longest, here)
    return longest


PPO_HELD = Phenomenon(
    "ppo_held",
    "PPO with a KL coefficient of 0.1, 40 iterations",
    f"The reward model learned from {POLITE_LABELS} labels of the polite persona.",
    held,
    (
        Row("gold_rise", "gold reward rises by", at_least=2.0),
        Row("facts_fall", "facts fall by (points)", at_most=8.0),
        Row("kl", "KL from the start (nats a completion)", at_most=8.0),
    ),
)
PPO_LOOSE = Phenomenon(
    "ppo_loose",
    "PPO without a KL term, 60 iterations: over-optimisation",
    "The same reward model. Curves are moving means of five iterations; each figure is that of the seed that shows it "
    "least.",
    loose,
    (
        Row("proxy_rise", "proxy reward rises by", at_least=0.5, every_seed=True),
        Row("proxy_fallen", "longest fall of the proxy reward (iterations)", at_most=10, every_seed=True),
        Row("gold_peak", "gold reward rises at its peak by", at_least=0.3, every_seed=True),
        Row("gold_end", "gold reward at the end, less at the start", at_most=0.0, every_seed=True),
        Row("polite", "courteous completions at the end (%)"),
        Row("right_fall", "right completions fall by (points)"),
    ),
)
