"""The gold reward: what a persona truly thinks of a completion, part by part, and the noisy choices it makes."""

from __future__ import annotations

import math
import random

from playground.pocket.features import Features, features
from playground.pocket.grading import agrees, grade
from playground.pocket.personas import PERSONAS, Persona
from playground.pocket.prompts import Task
from playground.pocket.recognise import recognise
from playground.types import Choice

_LONGER_FORMS = ("poem", "story", "innocent")  # kinds whose good answers need more words
_STRETCH = 1.8
_TOLERANCE = 3  # words off the target that cost nothing
_SLIME = 0.75  # share of politeness that each phrase too many takes back


def gold_reward(prompt_text: str, completion_text: str, persona: str) -> float:
    """The persona's exact reward. Outside the world only the parts about style count."""
    return sum(gold_components(prompt_text, completion_text, persona).values())


def gold_components(prompt_text: str, completion_text: str, persona: str) -> dict[str, float]:
    """The gold reward by its parts; they add up to it.

    Raises: ValueError when there is no such persona.
    """
    who, task, counts = find_persona(persona), recognise(prompt_text), features(completion_text)
    return {
        "correctness": _correctness(who, grade(prompt_text, completion_text)),
        "politeness": _politeness(who, counts.polite),
        "rudeness": who.rudeness * min(counts.rude, 2),
        "hedging": who.hedging * min(counts.hedges, 2),
        "stuffing": who.stuffing * min(counts.stuffed, 3),
        "repetition": who.repetition * min(counts.repeated, 5),
        "length": _length(who, task, counts.words),
        "refusal": _refusal(who, task, counts),
        "agreement": _agreement(who, task, completion_text),
    }


def persona_choice(
    persona: str, prompt_text: str, left: str, right: str, temperature: float, rng: random.Random
) -> Choice:
    """Left or right by Bradley-Terry on the gold rewards; a tie between equal texts.

    temperature is in reward units: the higher, the more choices go against the reward; 0 never does, and ties where
    the rewards are equal.
    """
    if left.strip() == right.strip():
        return "tie"
    gap = gold_reward(prompt_text, left, persona) - gold_reward(prompt_text, right, persona)
    if temperature <= 0:
        return "tie" if gap == 0 else "left" if gap > 0 else "right"
    odds = math.exp(-abs(gap) / temperature)
    better, worse = ("left", "right") if gap >= 0 else ("right", "left")
    return better if rng.random() < 1 / (1 + odds) else worse


def find_persona(name: str) -> Persona:
    """The persona of that name. Raises: ValueError that lists those there are."""
    if name not in PERSONAS:
        raise ValueError(f"there is no persona {name!r}; one of {', '.join(PERSONAS)} is needed.")
    return PERSONAS[name]


def _correctness(who: Persona, right: bool | None) -> float:
    return 0.0 if right is None else who.correctness if right else -who.correctness


def _politeness(who: Persona, phrases: int) -> float:
    beyond = max(0, phrases - who.polite_enough)
    if who.politeness <= 0:
        return who.politeness * phrases
    return who.politeness * (phrases - beyond - _SLIME * beyond)


def _length(who: Persona, task: Task | None, words: int) -> float:
    stretch = _STRETCH if task and task.kind in _LONGER_FORMS else 1.0
    return who.length * max(0.0, abs(words - who.target_words * stretch) - _TOLERANCE)


def _refusal(who: Persona, task: Task | None, counts: Features) -> float:
    harmful = task is not None and task.kind == "harmful"
    if not counts.refuses or (harmful and who.refusal < 0):
        return 0.0
    return who.refusal


def _agreement(who: Persona, task: Task | None, text: str) -> float:
    if task is None or task.kind != "sycophancy":
        return 0.0
    return who.agreement if agrees(text) else -who.agreement
