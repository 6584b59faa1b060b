"""Pairs that a simulated annotator judges: two completions of one model to each prompt, with its noise."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from playground.pocket import label_mix, persona_choice, prompt_set
from playground.types import Annotator, Choice, Completion, Preference, Prompt

NOISE = 0.7  # Bradley-Terry temperature of a simulated annotator, in reward units
AT_ONCE = 64  # prompts
Sample = Callable[[Sequence[Prompt], int], list[list[Completion]]]  # (prompts, seed) -> two completions each
Choose = Callable[[str, str, str, random.Random], Choice]  # (prompt, left, right, rng), all texts


def persona_pairs(
    sample: Sample, persona: str, n: int, seed: int, kinds: dict[str, float] | None = None
) -> list[Preference]:
    """n noisy judgments of a persona; the first m are those of n = m."""
    rng = random.Random(f"{persona} {seed}")
    rows: list[Preference] = []
    for part in fresh_pairs(sample, kinds or label_mix(persona), rng):
        rows += judged(part, persona, NOISE, rng)
        if len(rows) >= n:
            return rows[:n]
    return rows


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


def fresh_pairs(sample: Sample, kinds: dict[str, float], rng: random.Random) -> Iterator[list[list[Completion]]]:
    """Pairs to prompts of those kinds, a part at a time, without end."""
    while True:
        yield sample(prompt_set(AT_ONCE, rng.randrange(2**31), kinds), rng.randrange(2**31))
