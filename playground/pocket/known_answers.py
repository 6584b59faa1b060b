"""Pairs whose better completion is known: they show whether an annotator reads what is there."""

from __future__ import annotations

from playground.pocket.prompts import SOURCE, draw_tasks
from playground.types import Completion, Prompt


def known_answers(n: int, seed: int) -> list[tuple[Completion, Completion]]:
    """(better, worse): the right answer to a question, and the answer to a question of another kind."""
    facts = [(task.text, task.fact) for task in draw_tasks(n, seed, {"fact": 1}) if task.fact is not None]
    found = []
    for number, (text, fact) in enumerate(facts):
        others = (other for _, other in facts[number + 1 :] + facts[:number] if other.kind is not fact.kind)
        if (other := next(others, None)) is not None:
            asked = Prompt.user(text, SOURCE)
            found.append((Completion(asked, fact.sentence), Completion(asked, other.sentence)))
    return found
