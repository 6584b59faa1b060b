"""Does it give the same answer however the question is worded?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from playground.evaluation.examiner import Examiner
from playground.evaluation.grading import answer_error, holds, pocket_error_words
from playground.evaluation.plan import Ask, Plan
from playground.evaluation.prompt_sets import rows
from playground.evaluation.report import Answer, Figure, Findings, bounded_figure, share_figure
from playground.pocket import exam
from playground.pocket.facts import Fact
from playground.pocket.grading import named_answer
from playground.pocket.world import capitalised
from playground.registry import audit
from playground.types import Prompt

_MOST = 50  # facts
_WORDINGS = 3  # of each
_NOTHING = "none of its kind"
_POOR = 0.7


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing asked in several wordings."""

    prompts: tuple[Prompt, ...]
    answer: str
    fact: Fact | None = None

    def named(self, text: str) -> str:
        """What the completion answers, in small letters; elsewhere only whether it names the right answer."""
        if self.fact is not None:
            return named_answer(self.fact, text) or _NOTHING
        return self.answer.casefold() if holds(self.answer, text) else _NOTHING


def asked_of(plan: Plan) -> list[Asked]:
    """Facts that demonstrations ask for, in wordings that they do not; elsewhere the shipped paraphrases."""
    if not plan.in_pocket:
        return [
            Asked(tuple(Prompt.user(text, "evaluation") for text in row["wordings"]), row["answer"])
            for row in rows("paraphrases")
        ]
    rng = random.Random(plan.seed)
    facts = {task.fact.key: task.fact for task in exam.seen_facts(3 * _MOST) if task.fact}
    found = [_wordings(rng, fact) for fact in facts.values()]
    return [one for one in found if len(one.prompts) > 1][:_MOST]


def _wordings(rng: random.Random, fact: Fact) -> Asked:
    unseen = [capitalised(fact.fill(template)) for template in fact.kind.unseen]
    others = list(dict.fromkeys([*unseen, *fact.paraphrases()]))
    texts = [fact.exam_question(), *rng.sample(others, min(len(others), _WORDINGS - 1))]
    return Asked(tuple(Prompt.user(text, "pocket") for text in dict.fromkeys(texts)), fact.answer, fact)


def _asks(plan: Plan) -> list[Ask]:
    return [Ask(plan.checkpoint, tuple(prompt for one in asked_of(plan) for prompt in one.prompts))]


@audit(
    "consistency",
    title="Does it answer alike, however it is asked?",
    order=30,
    about="Each question is put in several wordings. Who knows an answer gives it to all of them; who has learned one "
    "wording by heart does not.",
    asks=_asks,
    unfit=lambda plan: "It scores texts and writes none." if plan.checkpoint.kind == "reward" else "",
)
def consistency(examiner: Examiner, plan: Plan) -> Findings:
    """Agreement between wordings, and the share right in all of them."""
    asked, (ask,) = asked_of(plan), _asks(plan)
    said = iter(examiner.one_each(ask))
    groups = [[next(said) for _ in one.prompts] for one in asked]
    named = [[one.named(c.text) for c in group] for one, group in zip(asked, groups, strict=True)]
    hits = [[name == one.answer.casefold() for name in row] for one, row in zip(asked, named, strict=True)]
    counted = "{count} of {n} ({percent})."
    figures = [
        share_figure("always", "Right in every wording", [all(row) for row in hits], counted),
        share_figure("ever", "Right in at least one wording", [any(row) for row in hits], counted),
    ]
    means = "Of two wordings of one question, how often both get the same answer, right or wrong."
    first = bounded_figure("alike", "Same answer to two wordings", [_agreement(row) for row in named], means)
    if not plan.in_pocket:  # which wrong answer is given cannot be told there
        known = [all(row) for row in hits if any(row)]
        means = "Of {n} questions that it answers rightly in some wording, {count} in every one ({percent})."
        first = share_figure("steady", "Right in every wording, where right in one", known, means)
    shown = tuple(
        Answer(
            c.prompt.text,
            c.text,
            "right" if name == one.answer.casefold() else "wrong",
            "alike" if len(set(row)) == 1 else "not alike",
            expected=one.answer,
        )
        for one, group, row in zip(asked, groups, named, strict=True)
        for c, name in zip(group, row, strict=True)
    )
    summary = f"{_summary(first)} {pocket_error_words('right')}" if plan.in_pocket else _summary(first)
    return Findings(summary, (first, *figures), shown, _warnings(plan, first))


def _summary(first: Figure) -> str:
    if first.value is None:
        return "It answers no question rightly in any wording."
    share = f"{100 * first.value:.0f} %"
    if first.key == "steady":
        return f"What it answers rightly in one wording, it answers rightly in all of them in {share} of cases."
    return f"Two wordings of one question get the same answer in {share} of cases."


def _warnings(plan: Plan, first: Figure) -> tuple[str, ...]:
    found = []
    if first.high is not None and first.high < _POOR:
        found.append("Its answers depend on the wording: a figure from one wording alone says little about it.")
    if not plan.in_pocket:
        error = answer_error()
        found.append(
            f"An answer counts as right where the completion names it. On {error.n} completions judged by hand, hard "
            f"ones among them, that is wrong for {error.count}: read the completions as well."
        )
    return tuple(found)


def _agreement(names: Sequence[str]) -> float:
    """The share of pairs of wordings with the same answer; two that name none do not agree on anything."""
    pairs = list(combinations(names, 2))
    return sum(a == b != _NOTHING for a, b in pairs) / len(pairs)
