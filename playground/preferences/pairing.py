"""Which two of the sampled completions to compare, and on which side each stands."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from playground.errors import PlaygroundError
from playground.types import Completion, content_hash

BLOCK = 4  # pairs over which an annotator's sides come out even


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two completions on their sides, and how likely these two were to be chosen."""

    left: Completion
    right: Completion
    selection_probability: float

    @property
    def same_text(self) -> bool:
        """Whether there is nothing to choose between: every completion said the same."""
        return self.left.text == self.right.text


def choose_pair(completions: Sequence[Completion], *, workspace: str, annotator: str, shown: int) -> Pairing:
    """Two of the completions, with distinct texts where there are any, uniformly among such pairs.

    annotator: an id; shown: how many pairs this annotator was shown before. The same four arguments give the same pair.
    Over every four pairs in a row, the completion that stands first in the list is on the left twice.
    """
    if len(completions) < 2:
        raise PlaygroundError(f"{len(completions)} completions; a pair needs two.", hint="Sample more completions.")
    every = list(combinations(completions, 2))
    candidates = [pair for pair in every if pair[0].text != pair[1].text] or every
    first, second = random.Random(_seed(workspace, annotator, "pair", shown)).choice(candidates)
    if swapped(workspace, annotator, shown):
        first, second = second, first
    return Pairing(first, second, 1 / len(candidates))


def swapped(workspace: str, annotator: str, shown: int) -> bool:
    """Whether the pair after `shown` others changes sides: twice in each block of four, in random order."""
    block, place = divmod(shown, BLOCK)
    sides = [True, False] * (BLOCK // 2)
    random.Random(_seed(workspace, annotator, "sides", block)).shuffle(sides)
    return sides[place]


def _seed(*parts: object) -> int:
    return int(content_hash(list(parts))[:16], 16)
