"""The gold reward of one completion, taken apart for a reader: what a simulated annotator really wants of it."""

from __future__ import annotations

from dataclasses import dataclass

from playground.pocket import COMPONENTS, PERSONAS, gold_components


@dataclass(frozen=True, slots=True)
class GoldPart:
    """One part that is not zero."""

    title: str
    about: str
    value: float  # reward units


@dataclass(frozen=True, slots=True)
class Gold:
    """The exact reward and its parts; the parts add up to it."""

    annotator: str  # the persona's title
    total: float
    parts: tuple[GoldPart, ...]


def gold_of(prompt: str, completion: str, persona: str) -> Gold:
    """What that persona's gold reward of the completion is made of, the weightiest part first."""
    values = gold_components(prompt, completion, persona)
    parts = [GoldPart(COMPONENTS[name].title, COMPONENTS[name].about, value) for name, value in values.items() if value]
    parts.sort(key=lambda part: abs(part.value), reverse=True)
    return Gold(PERSONAS[persona].title, sum(values.values()), tuple(parts))
