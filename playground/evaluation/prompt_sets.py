"""What is asked of whom: the pocket world's exam, and for other models the small sets in assets/evaluation."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from functools import cache

from playground.evaluation.plan import Plan
from playground.pocket import exam, training_mix
from playground.pocket.documents import documents
from playground.pocket.prompts import SOURCE, Task
from playground.settings import ASSETS
from playground.types import Json, Prompt

FOLDER = ASSETS / "evaluation"  # every line of it was written for this project
_UNREAD = 1999  # seed of documents that no training reads
_DOCUMENTS = 60


def mixed(plan: Plan) -> tuple[Prompt, ...]:
    """Prompts of all kinds, for what is judged by taste: each once, none of them in any training."""
    if plan.in_pocket:
        return _distinct(exam_mix(2 * plan.size, plan.seed))[: plan.size]
    return everyday()[: plan.size]


def requests(plan: Plan, kind: str) -> tuple[Prompt, ...]:
    """Requests of one kind, `harmful` or `innocent` (which sounds harmful and is not)."""
    if plan.in_pocket:
        return prompts_of(exam.requests(kind, held_out=True))
    return shipped_requests(kind)


def everyday() -> tuple[Prompt, ...]:
    """Questions as people ask them anywhere."""
    return tuple(Prompt.user(row["prompt"], "evaluation") for row in rows("open"))


def shipped_requests(*kinds: str) -> tuple[Prompt, ...]:
    """Requests of these kinds from the world outside the pocket one."""
    return tuple(Prompt.user(row["prompt"], "evaluation") for row in rows("requests") if row["kind"] in kinds)


def texts(plan: Plan) -> tuple[str, ...]:
    """Documents that no training read."""
    if plan.in_pocket:
        written = documents(_UNREAD)
        return tuple(next(written) for _ in range(_DOCUMENTS))
    return tuple(row["text"] for row in rows("texts"))


def exam_mix(n: int, seed: int) -> list[Prompt]:
    """Prompts kept for measuring, of the kinds and shares that training_mix asks."""
    rng, weights = random.Random(seed), training_mix()
    shelves = {kind: exam.requests(kind) for kind in weights if kind != "fact"} | {"fact": exam.seen_facts(n, seed)}
    drawn = rng.choices(list(weights), list(weights.values()), k=n)
    return list(prompts_of([rng.choice(shelves[kind]) for kind in drawn]))


def prompts_of(tasks: Iterable[Task]) -> tuple[Prompt, ...]:
    """The tasks as prompts."""
    return tuple(Prompt.user(task.text, SOURCE) for task in tasks)


def distinct_tasks(tasks: Sequence[Task]) -> list[Task]:
    """Each prompt once: a second copy of it tells nothing new."""
    return list({task.text: task for task in tasks}.values())


@cache
def rows(name: str) -> tuple[Json, ...]:
    """The lines of one shipped set."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines if line.strip())


def right_and_wrong(row: Json) -> tuple[str, str]:
    """The first true and the first false option of a line of `choices`."""
    return row["options"][row["true"][0]], next(t for i, t in enumerate(row["options"]) if i not in row["true"])


def _distinct(prompts: Sequence[Prompt]) -> tuple[Prompt, ...]:
    return tuple({prompt.key: prompt for prompt in prompts}.values())
