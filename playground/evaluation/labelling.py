"""Pairs that a simulated annotator judges: two completions of one model to each prompt, with its noise."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from playground.errors import PlaygroundError
from playground.pocket import label_mix, persona_choice, prompt_set
from playground.types import Annotator, Choice, Completion, Preference, Prompt

NOISE = 0.7  # Bradley-Terry temperature of a simulated annotator, in reward units
AT_ONCE = 64  # prompts
PATIENCE = 5  # parts of as many pairs without a single choice
Sample = Callable[[Sequence[Prompt], int], list[list[Completion]]]  # (prompts, seed) -> two completions each
Choose = Callable[[str, str, str, random.Random], Choice]  # (prompt, left, right, rng), all texts
Judge = Callable[[Sequence[Sequence[Completion]]], list[Preference]]


def persona_pairs(
    sample: Sample, persona: str, n: int, seed: int, kinds: dict[str, float] | None = None
) -> list[Preference]:
    """n noisy judgments of a persona; the first m are those of n = m."""
    rng = random.Random(f"{persona} {seed}")
    return fresh_choices(sample, kinds or label_mix(persona), rng, lambda part: judged(part, persona, NOISE, rng), n)


def judged(pairs: Sequence[Sequence[Completion]], persona: str, noise: float, rng: random.Random) -> list[Preference]:
    """The persona's choices; pairs without one are left out."""

    def choose(prompt: str, left: str, right: str, rng: random.Random) -> Choice:
        return persona_choice(persona, prompt, left, right, noise, rng)

    return chosen_by(Annotator(persona, persona, "persona"), choose, pairs, rng)


def chosen_by(
    who: Annotator, choose: Choose, pairs: Sequence[Sequence[Completion]], rng: random.Random
) -> list[Preference]:
    """That annotator's choices; pairs without one are left out."""
    rows = []
    for left, right in pairs:
        choice = choose(left.prompt.text, left.text, right.text, rng)
        if choice in ("left", "right"):
            chosen, rejected = (left, right) if choice == "left" else (right, left)
            rows.append(Preference(left.prompt, chosen.text, rejected.text, annotator=who))
    return rows


def fresh_choices(
    sample: Sample, kinds: dict[str, float], rng: random.Random, judge: Judge, n: int
) -> list[Preference]:
    """n choices between answers to prompts of those kinds. Raises PlaygroundError where nothing is preferred."""
    rows: list[Preference] = []
    in_vain = 0
    while len(rows) < n:
        found = judge(sample(prompt_set(AT_ONCE, rng.randrange(2**31), kinds), rng.randrange(2**31)))
        in_vain = 0 if found else in_vain + 1
        if in_vain == PATIENCE:
            raise PlaygroundError(
                f"Of {PATIENCE * AT_ONCE} pairs in a row the simulated annotator finds both completions equally good.",
                hint="A model that answers everything alike cannot be judged: choose another one.",
            )
        rows += found
    return rows[:n]
