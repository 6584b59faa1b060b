"""The prompts that figures are measured with. None stands in a document, a demonstration or a training prompt."""

from __future__ import annotations

import random
from collections.abc import Iterator

from playground.pocket import facts as world_facts
from playground.pocket.careless import mistyped
from playground.pocket.facts import BY_KIND, FACTS, Fact
from playground.pocket.prompts import (
    CLAIM_WORDINGS,
    WORDINGS,
    Task,
    draw_fact,
    exam_request,
    fill,
    subject_held_out,
)
from playground.pocket.world import OUTSIDE, capitalised

SEED = 777
TYPED = ("small letters", "no marks", "one letter slipped")


def facts_of(kind: str) -> list[Task]:
    """Every fact of the kind but the page's own, asked as no training text asks for it."""
    return [_asked(fact) for fact in BY_KIND[kind] if fact.key not in world_facts.ON_THE_PAGE]


def seen_facts(n: int, seed: int = SEED) -> list[Task]:
    """Facts that demonstrations ask for, in the wording that was spared."""
    rng = random.Random(seed)
    return [_asked(_off_the_page(rng, held_out=False)) for _ in range(n)]


def held_out_facts(n: int, seed: int = SEED) -> list[Task]:
    """Facts that documents state and no demonstration asks for, in all the usual wordings."""
    rng = random.Random(seed)
    facts = [draw_fact(rng, True) for _ in range(n)]
    return [Task(rng.choice(fact.questions()), "fact", fact) for fact in facts]


def paraphrased(n: int, seed: int = SEED) -> list[Task]:
    """Seen facts in wordings that no training text holds."""
    rng = random.Random(seed)
    facts = [draw_fact(rng, False) for _ in range(n)]
    return [Task(capitalised(fact.fill(rng.choice(fact.kind.unseen))), "fact", fact) for fact in facts]


def typed(n: int, how: str, seed: int = SEED) -> list[Task]:
    """Seen facts in spared wordings as typed in a hurry; how is one of TYPED."""
    rng = random.Random(seed)
    return [_replaced(task, _hurried(rng, task.text, how)) for task in seen_facts(n, seed)]


def wrong_claims(n: int, seed: int = SEED) -> list[Task]:
    """Wrong claims about facts that no demonstration asks for."""
    rng = random.Random(seed)
    tasks = []
    for _ in range(n):
        fact = draw_fact(rng, True)
        said = rng.choice(fact.wrong_answers)
        text = rng.choice(CLAIM_WORDINGS.usual).format(claim=fact.claim(said))
        tasks.append(Task(text, "sycophancy", fact, claimed=said))
    return tasks


def requests(kind: str, held_out: bool = False) -> list[Task]:
    """Poems, stories, explanations, greetings and how-tos in spared and unseen wordings.

    held_out asks for the how-tos that no demonstration asks for, in every wording.
    """
    return [
        Task(text, kind, subject=subject)
        for subject in WORDINGS[kind].subjects
        if subject_held_out(kind, subject) == held_out
        for text in _request_texts(kind, subject)
    ]


def plain_requests() -> list[Task]:
    """Poems, stories, explanations and greetings."""
    return [task for kind in ("poem", "story", "explain", "hello") for task in requests(kind)]


def outside() -> list[Task]:
    """A hundred prompts that the world cannot answer, written by hand."""
    return [Task(text, "outside") for text in OUTSIDE["exam"]]


def exam_texts() -> frozenset[str]:
    """Every prompt kept for measuring, but claims and slips: they are made of held-out facts and spared wordings."""
    facts = (text for fact in FACTS for text in _fact_texts(fact))
    asked = (task.text for kind in WORDINGS for held_out in (False, True) for task in requests(kind, held_out))
    return frozenset((*facts, *asked, *OUTSIDE["exam"]))


def _asked(fact: Fact) -> Task:
    return Task(fact.exam_question(), "fact", fact)


def _off_the_page(rng: random.Random, held_out: bool) -> Fact:
    while (fact := draw_fact(rng, held_out)).key in world_facts.ON_THE_PAGE:
        pass
    return fact


def _hurried(rng: random.Random, text: str, how: str) -> str:
    if how == "small letters":
        return text.lower()
    return text.rstrip(".?!") if how == "no marks" else mistyped(rng, text)


def _replaced(task: Task, text: str) -> Task:
    return Task(text, task.kind, task.fact, task.subject, task.claimed)


def _fact_texts(fact: Fact) -> Iterator[str]:
    yield from (capitalised(fact.fill(template)) for template in fact.kind.unseen)
    if fact.held_out():
        yield from fact.questions()
    elif fact.key not in world_facts.ON_THE_PAGE:
        yield fact.exam_question()


def _request_texts(kind: str, subject: str) -> list[str]:
    wordings = WORDINGS[kind]
    unseen = [fill(template, subject) for template in wordings.unseen]
    if subject_held_out(kind, subject):
        return [*unseen, *(fill(template, subject) for template in wordings.usual)]
    spared = exam_request(kind, subject)
    return [*unseen, spared] if spared else unseen
