"""What a model might have learned from instead: fewer labels, nobody's of one annotator, or those given since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from playground.types import Preference

FEWEST = 8  # labels that are worth a run
_ANNOTATORS = 6  # who are offered one by one: those with the most labels
_NEWEST = 10


@dataclass(frozen=True, slots=True)
class LabelChange:
    """Another set to learn from."""

    key: str  # names it among the changes of one set
    title: str  # "without the 10 newest"
    rows: tuple[Preference, ...]


def label_changes(rows: Sequence[Preference], now: Sequence[Preference] = ()) -> list[LabelChange]:
    """The changes that make sense for these rows, the oldest first. now: the set as it stands today."""
    found = [
        LabelChange(
            f"annotator-{id}",
            f"without {_who(rows, id)}, who gave {count} of the {len(rows)} labels",
            _without(rows, id),
        )
        for id, count in _annotators(rows)
    ]
    found.append(LabelChange("newest", f"without the {_NEWEST} newest labels", tuple(rows[:-_NEWEST])))
    found.append(
        LabelChange("half", f"with the first half of the labels ({len(rows) // 2})", tuple(rows[: len(rows) // 2]))
    )
    known = {row.id for row in rows}
    added = [row for row in now if row.id not in known]
    if added and known <= {row.id for row in now}:
        found.append(LabelChange("added", f"with the {len(added)} labels given since", (*rows, *added)))
    return [one for one in found if FEWEST <= len(one.rows) != len(rows)]


def _annotators(rows: Sequence[Preference]) -> list[tuple[str, int]]:
    """Those who gave some of the labels and not all."""
    counts = Counter(row.annotator.id for row in rows if row.annotator)
    return [(id, count) for id, count in counts.most_common(_ANNOTATORS) if count < len(rows)]


def _who(rows: Sequence[Preference], id: str) -> str:
    one = next(row.annotator for row in rows if row.annotator and row.annotator.id == id)
    return f"the persona {one.alias} (simulated)" if one.kind == "persona" else one.alias


def _without(rows: Sequence[Preference], id: str) -> tuple[Preference, ...]:
    return tuple(row for row in rows if row.annotator is None or row.annotator.id != id)
