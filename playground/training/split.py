"""Train and held-out rows, apart by prompt: a pair seen in training must not come back in the test reworded."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from playground.types import Example, Preference

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Split(Generic[Row]):
    """Rows to learn from and rows to be tested on, each in the order given."""

    train: tuple[Row, ...]
    held_out: tuple[Row, ...]


def split_by_prompt(preferences: Sequence[Preference], held_out_share: float, seed: int) -> Split[Preference]:
    """All pairs of a prompt, and all pairs of a ranking, land on one side.

    The order of the rows does not matter, and a prompt mostly keeps its side when rows are added.
    With one prompt only, or a share of 0, nothing is held out.
    """
    return _split(preferences, _groups(preferences), held_out_share, seed)


def split_examples(examples: Sequence[Example], held_out_share: float, seed: int) -> Split[Example]:
    """All demonstrations of a prompt land on one side; as split_by_prompt otherwise."""
    return _split(examples, [example.prompt.key for example in examples], held_out_share, seed)


def _groups(preferences: Sequence[Preference]) -> list[str]:
    """One name a row; rows that share a prompt or a ranking, also through others, share the name."""
    parent: dict[Hashable, Hashable] = {}

    def root(key: Hashable) -> Hashable:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for row in preferences:
        if row.ranking is not None:
            parent[root(("ranking", row.ranking))] = root(("prompt", row.prompt.key))
    members: dict[Hashable, list[str]] = defaultdict(list)
    for row in preferences:
        members[root(("prompt", row.prompt.key))].append(row.prompt.key)
    names = {key: min(keys) for key, keys in members.items()}
    return [names[root(("prompt", row.prompt.key))] for row in preferences]


def _split(rows: Sequence[Row], groups: Sequence[str], share: float, seed: int) -> Split[Row]:
    held = _held_out_groups(groups, share, seed)
    train = tuple(row for row, group in zip(rows, groups, strict=True) if group not in held)
    return Split(train, tuple(row for row, group in zip(rows, groups, strict=True) if group in held))


def _held_out_groups(groups: Sequence[str], share: float, seed: int) -> set[str]:
    """Groups in an order drawn by seed, taken while each brings the count nearer to the share of all rows."""
    sizes = {group: 0 for group in groups}
    for group in groups:
        sizes[group] += 1
    if share <= 0 or len(sizes) < 2:
        return set()
    target, count, held = share * len(groups), 0, set()
    for group in _shuffled(sizes, seed):
        nearer = abs(count + sizes[group] - target) < abs(target - count)
        if nearer and len(held) < len(sizes) - 1:
            held.add(group)
            count += sizes[group]
    return held or {min(_shuffled(sizes, seed), key=sizes.__getitem__)}


def _shuffled(names: Iterable[str], seed: int) -> list[str]:
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
