"""Pairs to learn from and to be tested on, sampled and judged as the app does it."""

from __future__ import annotations

from collections.abc import Sequence

from playground.evaluation.labelling import persona_pairs as pairs_of
from playground.evaluation.steering import Wanted
from playground.evaluation.steering import contrasts as contrasts_of
from playground.phenomena.lab import Lab
from playground.types import Checkpoint, Completion, Preference, Prompt


def persona_pairs(
    lab: Lab, start: Checkpoint, persona: str, n: int, *, kinds: dict[str, float] | None = None
) -> list[Preference]:
    """n noisy judgments of a persona on two different completions of a prompt each; the first m are those of n = m."""

    def sample(prompts: Sequence[Prompt], seed: int) -> list[list[Completion]]:
        return lab.sample(start, prompts, 1.0, seed, n=2)

    return pairs_of(sample, persona, n, lab.seed, kinds)


def contrasts(lab: Lab, start: Checkpoint, prompts: Sequence[Prompt], wanted: Wanted, n: int) -> list[Preference]:
    """Up to n pairs of a completion that is wanted and one that is not, two at most a prompt."""
    return contrasts_of(lab.sample(start, prompts, 1.0, lab.seed, n=8), wanted, n, lab.seed)
