"""Pairs to learn from and to be tested on, sampled and judged as the app does it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from playground.evaluation.steering import Wanted
from playground.evaluation.steering import contrasts as contrasts_of
from playground.phenomena.lab import Lab
from playground.pocket import label_mix, persona_choice, prompt_set
from playground.types import Annotator, Checkpoint, Completion, Preference, Prompt

NOISE = 0.7  # Bradley-Terry temperature of a simulated annotator, in reward units


def persona_pairs(
    lab: Lab, start: Checkpoint, persona: str, n: int, *, kinds: dict[str, float] | None = None
) -> list[Preference]:
    """n noisy judgments of a persona on two different completions of a prompt each; the first m are those of n = m."""
    rows: list[Preference] = []
    rng = random.Random(f"{persona} {lab.seed}")
    while len(rows) < n:
        prompts = prompt_set(64, rng.randrange(2**31), kinds or label_mix(persona))
        rows += judged(lab.sample(start, prompts, 1.0, rng.randrange(2**31), n=2), persona, NOISE, rng)
    return rows[:n]


def judged(pairs: Sequence[Sequence[Completion]], persona: str, noise: float, rng: random.Random) -> list[Preference]:
    """The persona's choices; pairs without one are left out."""
    rows = []
    for left, right in pairs:
        choice = persona_choice(persona, left.prompt.text, left.text, right.text, noise, rng)
        if choice in ("left", "right"):
            chosen, rejected = (left, right) if choice == "left" else (right, left)
            who = Annotator(persona, persona, "persona")
            rows.append(Preference(left.prompt, chosen.text, rejected.text, annotator=who))
    return rows


def contrasts(lab: Lab, start: Checkpoint, prompts: Sequence[Prompt], wanted: Wanted, n: int) -> list[Preference]:
    """Up to n pairs of a completion that is wanted and one that is not, two at most a prompt."""
    return contrasts_of(lab.sample(start, prompts, 1.0, lab.seed, n=8), wanted, n, lab.seed)
