"""A frozen set as it would have been: without somebody, without hasty choices, with ties, by majority.

Pure functions of the frozen rows. What they give is frozen in its turn and trained on like any other set.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from playground.errors import PlaygroundError
from playground.types import Preference

WhatIf = Literal["without one person", "without hasty choices", "with ties", "by majority"]
HASTY = 3  # times as fast as the room's usual choice


@dataclass(frozen=True, slots=True)
class Facts:
    """What the frozen rows do not say themselves."""

    ties: tuple[
        Preference, ...
    ] = ()  # choices of "equally good" up to the freeze; which text stands first says nothing
    decision_ms: Mapping[str, int] | None = None  # of each judgment that has one
    person: str = ""  # id of who is left out


def derive(rows: Sequence[Preference], what_if: WhatIf, facts: Facts) -> list[Preference]:
    """The other set. Raises: PlaygroundError where it is the same as what was frozen."""
    made = _DERIVATIONS[what_if](rows, facts)
    if made == list(rows):
        hint = "Try another one; what is frozen was trained on already."
        raise PlaygroundError(f"The set {what_if} is the same as the frozen one.", hint=hint)
    return made


def numbered(ties: Sequence[Preference], rows: Sequence[Preference]) -> tuple[Preference, ...]:
    """The ties with people under the numbers that the frozen rows give them, and new numbers for others."""
    known = {row.annotator.id: row.annotator for row in rows if row.annotator is not None}
    for tie in ties:
        known.setdefault(tie.annotator.id, replace(tie.annotator, alias=f"person {len(known) + 1}"))
    return tuple(replace(tie, annotator=known[tie.annotator.id]) for tie in ties)


def both_ways(ties: Sequence[Preference]) -> list[Preference]:
    """Each tie once each way: no reward model gains by telling the two texts apart."""
    turned = [replace(tie, chosen=tie.rejected, rejected=tie.chosen) for tie in ties]
    return [row for both in zip(ties, turned, strict=True) for row in both]


def _without_person(rows: Sequence[Preference], facts: Facts) -> list[Preference]:
    return [row for row in rows if row.annotator is None or row.annotator.id != facts.person]


def _without_hasty(rows: Sequence[Preference], facts: Facts) -> list[Preference]:
    """A choice whose time is not known stays."""
    took = facts.decision_ms or {}
    known = [took[row.id] for row in rows if row.id in took]
    if not known:
        return list(rows)
    hasty = statistics.median(known) / HASTY
    return [row for row in rows if took.get(row.id, hasty) >= hasty]


def _with_ties(rows: Sequence[Preference], facts: Facts) -> list[Preference]:
    known = {row.id for row in rows}
    return [*rows, *both_ways([tie for tie in facts.ties if tie.id not in known])]


def _by_majority(rows: Sequence[Preference], facts: Facts) -> list[Preference]:
    """One row for each pair, as most chose; none where they are even."""
    by_pair: dict[tuple[str, frozenset[str]], dict[str, list[Preference]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_pair[row.prompt.key, frozenset((row.chosen, row.rejected))][row.chosen].append(row)
    kept = []
    for sides in by_pair.values():
        most, *others = sorted(sides.values(), key=len, reverse=True)
        if not others or len(most) > len(others[0]):
            kept.append(most[0])
    return kept


_DERIVATIONS: dict[WhatIf, Callable[[Sequence[Preference], Facts], list[Preference]]] = {
    "without one person": _without_person,
    "without hasty choices": _without_hasty,
    "with ties": _with_ties,
    "by majority": _by_majority,
}
