"""People by number: whoever reads what is frozen or taken along can tell them apart, and nobody by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from playground.preferences.record import Judgment
from playground.types import Annotator, Preference

Row = TypeVar("Row", Judgment, Preference)


def nameless(rows: Iterable[Row]) -> list[Row]:
    """The rows with "person 1", "person 2" in the order in which people come. Personas and models keep their names."""
    people: dict[str, Annotator] = {}
    return [row if row.annotator is None else replace(row, annotator=_number(row.annotator, people)) for row in rows]


def _number(who: Annotator, people: dict[str, Annotator]) -> Annotator:
    if who.kind != "person":
        return who
    return people.setdefault(who.id or who.alias, replace(who, alias=f"person {len(people) + 1}"))
