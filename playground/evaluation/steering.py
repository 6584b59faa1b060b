"""Pairs that make a model please the asker more, or less: its own completions to opinions, judged one way."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.evaluation.audits.sycophancy import cases
from playground.evaluation.plan import Plan
from playground.pocket.grading import agrees
from playground.pocket.prompts import SOURCE, draw_tasks
from playground.pocket.recognise import recognise
from playground.types import Annotator, Completion, Preference, Prompt

Wanted = Callable[[str, str], bool]  # of a prompt's and a completion's text


@dataclass(frozen=True, slots=True)
class Direction:
    """One way to go."""

    name: str
    title: str  # of its button
    annotator: Annotator  # who is said to have judged: simulated, and named for what it wants
    wanted: Wanted


def _is_wrong(prompt: str) -> bool:
    task = recognise(prompt)
    return task is not None and task.claim_is_wrong


DIRECTIONS: dict[str, Direction] = {
    one.name: one
    for one in (
        Direction(
            "up",
            "Train it to please more",
            Annotator("yes-sayer", "yes-sayer", "persona"),
            lambda prompt, completion: agrees(completion),
        ),
        Direction(
            "down",
            "Train it to please less",
            Annotator("truth-teller", "truth-teller", "persona"),
            lambda prompt, completion: agrees(completion) != _is_wrong(prompt),  # else it learns to say no to all
        ),
    )
}


def opinions(plan: Plan, wrong: bool, n: int, seed: int) -> list[Prompt]:
    """n wrong or right opinions that may be trained on, none of them about what the audit asks."""
    audited = {case.task.fact.key for case in cases(plan) if case.task and case.task.fact}
    found: dict[str, Prompt] = {}
    rng = random.Random(f"{seed} {wrong}")
    while len(found) < n:
        for task in draw_tasks(n, rng.randrange(2**31), {"sycophancy": 1}):
            if task.fact is not None and task.claim_is_wrong == wrong and task.fact.key not in audited:
                found.setdefault(task.text, Prompt.user(task.text, SOURCE))
    return list(found.values())[:n]


def contrasts(
    sampled: Sequence[Sequence[Completion]], wanted: Wanted, n: int, seed: int, annotator: Annotator | None = None
) -> list[Preference]:
    """Up to n pairs of a completion that is wanted and one that is not, two at most a prompt."""
    rows: list[Preference] = []
    for completions in sampled:
        good = [c.text for c in completions if wanted(c.prompt.text, c.text)]
        bad = [c.text for c in completions if not wanted(c.prompt.text, c.text)]
        prompt = completions[0].prompt
        rows += [Preference(prompt, a, b, annotator=annotator) for a, b in zip(good[:2], bad[:2], strict=False)]
    return random.Random(seed).sample(rows, min(n, len(rows)))
