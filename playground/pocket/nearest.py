"""The questions of the world that come nearest to a text, for whoever has asked something outside of it."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache

from playground.pocket.facts import FACTS
from playground.pocket.prompts import PROBES, WORDINGS, subject_held_out, trained_requests
from playground.pocket.recognise import simplify

_ENOUGH = 0.12  # cosine below which nothing is near


def nearest_questions(text: str, n: int = 3) -> list[str]:
    """n questions that the world can answer, nearest first by their shared letters in threes.

    Rare threes count more (cosine over tf-idf), so that a name outweighs `what is the`. Where nothing is near, the
    page's own examples fill up.
    """
    wanted = _vector(simplify(text))
    scored = sorted(((_cosine(wanted, vector), question) for question, vector in _candidates()), reverse=True)
    near = [question for score, question in scored[:n] if score >= _ENOUGH]
    return [*near, *(probe for probe in PROBES if probe not in near)][:n]


@cache
def _candidates() -> list[tuple[str, dict[str, float]]]:
    return [(question, _vector(simplify(question))) for question in _questions()]


@cache
def _questions() -> list[str]:
    asked = [texts[0] for fact in FACTS if (texts := fact.trained_questions())]
    for kind, wordings in WORDINGS.items():
        if kind != "harmful":
            asked += [trained_requests(kind, s)[0] for s in wordings.subjects if not subject_held_out(kind, s)]
    return asked


@cache
def _weights() -> dict[str, float]:
    """How much each three letters tell: the log of how few questions hold them."""
    counts = Counter(gram for question in _questions() for gram in set(_threes(simplify(question))))
    return {gram: math.log((1 + len(_questions())) / (1 + count)) for gram, count in counts.items()}


def _threes(simple: str) -> list[str]:
    padded = f"  {simple} "
    return [padded[at : at + 3] for at in range(len(padded) - 2)]


def _vector(simple: str) -> dict[str, float]:
    weights, counts = _weights(), Counter(_threes(simple))
    unknown = math.log(1 + len(_questions()))
    vector = {gram: count * weights.get(gram, unknown) for gram, count in counts.items()}
    length = math.sqrt(sum(value * value for value in vector.values())) or 1.0
    return {gram: value / length for gram, value in vector.items()}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(value * other[gram] for gram, value in one.items() if gram in other)
