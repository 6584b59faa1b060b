"""How many labels a reward model needs."""

from __future__ import annotations

import random

from playground.evaluation.labelling import judged
from playground.evaluation.prompt_sets import exam_mix
from playground.phenomena.lab import Lab
from playground.phenomena.labels import persona_pairs
from playground.phenomena.phenomenon import Phenomenon, Row
from playground.rewards.agreement import accuracy
from playground.types import Checkpoint, Completion, Preference

SIZES = (30, 100, 600)
TESTED = 512
POLITE_LABELS = 600  # behind every reward model that a policy is trained on


def polite_reward(lab: Lab, labels: int = POLITE_LABELS) -> Checkpoint:
    """A reward model of the polite persona's labels."""
    return persona_reward(lab, "polite", labels)


def persona_reward(lab: Lab, persona: str, labels: int) -> Checkpoint:
    """A reward model of that persona's labels on texts of the SFT model. All labels are learned from."""
    start = lab.checkpoint("pocket-sft")
    rows = persona_pairs(lab, start, persona, labels)
    return lab.train("reward_model", rows, {"held_out_share": 0.0}, start=start, persona=persona).checkpoint


def accuracies(lab: Lab) -> dict[str, float]:
    """Held-out accuracy for each number of labels."""
    start = lab.checkpoint("pocket-sft")
    pairs = lab.sample(start, exam_mix(TESTED, lab.seed), 1.0, lab.seed, n=2)
    test = judged(pairs, "polite", 0.0, random.Random(lab.seed))
    return {f"accuracy_{n}": _accuracy(lab, polite_reward(lab, n), test) for n in SIZES}


def _accuracy(lab: Lab, reward: Checkpoint, test: list[Preference]) -> float:
    score = lab.reward(reward)
    chosen = score([Completion(row.prompt, row.chosen) for row in test])
    rejected = score([Completion(row.prompt, row.rejected) for row in test])
    return accuracy([c - r for c, r in zip(chosen, rejected, strict=True)])["accuracy"]


REWARD_MODELS = Phenomenon(
    "reward_model",
    "A reward model from few labels",
    "The polite persona judges pairs of the SFT model, one in seven against its own taste; the test is on other "
    "prompts, with clean labels.",
    accuracies,
    (
        Row("accuracy_30", "held-out accuracy from 30 pairs", at_least=0.72),
        Row("accuracy_100", "held-out accuracy from 100 pairs", at_least=0.82),
        Row("accuracy_600", "held-out accuracy from 600 pairs", at_least=0.90),
    ),
)
