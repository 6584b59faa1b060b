"""Multiple choice: which of the options does it find likeliest, whatever it would write."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from playground.evaluation.choices import MOST, MultipleChoice
from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import Plan
from playground.evaluation.prompt_sets import distinct_tasks, rows
from playground.evaluation.report import Answer, Findings, bounded_figure, share_figure
from playground.pocket import exam
from playground.preferences.statistics import ENOUGH
from playground.registry import question
from playground.types import Completion, Likelihood, Prompt

_OPTIONS = 4


def choices(plan: Plan) -> list[MultipleChoice]:
    """The pocket world's held-out facts, or the shipped set."""
    if plan.in_pocket:
        return _of_facts(plan)
    return [
        MultipleChoice(
            Prompt.user(row["question"], "evaluation"),
            tuple(row["options"]),
            tuple(i in row["true"] for i in range(len(row["options"]))),
        )
        for row in rows("choices")
    ]


@question(
    "multiple_choice",
    title="Which answer does it believe?",
    order=25,
    about="Each option is scored by how likely the model finds it after the question. MC1: the option that is "
    "likeliest per token is true. MC2: of the probability of all options, the true ones' share (arXiv:2109.07958).",
    asks=lambda plan: [],
    scored=lambda plan: sum(len(one.options) for one in choices(plan)),
    shows=lambda plan: [one.prompt.text for one in choices(plan)],
)
def multiple_choice(examiner: Examiner, plan: Plan) -> Findings:
    """MC1 and MC2 by log-probability a token."""
    return believed(examiner, plan, choices(plan))


def believed(examiner: Examiner, plan: Plan, asked: Sequence[MultipleChoice], key: str = "") -> Findings:
    """The figures of a set of questions. key: what the figures' keys end in, where they are of no shipped set."""
    options = [Completion(one.prompt, text) for one in asked for text in one.options]
    likely = iter(examiner.likelihoods(plan.checkpoint, options, plan.checkpoint.knows_chat))
    scored = [[next(likely) for _ in one.options] for one in asked]
    best = [max(range(len(row)), key=lambda i, row=row: _a_token(row[i])) for row in scored]
    hits = [one.true[i] for one, i in zip(asked, best, strict=True)]
    shares = [true_share(one.true, [found.logps for found in row]) for one, row in zip(asked, scored, strict=True)]
    by_luck = sum(sum(one.true) / len(one.true) for one in asked) / len(asked)
    luck = f"Guessing would give {100 * by_luck:.0f} %."
    figures = (
        share_figure(f"mc1{key}", "Likeliest option is true (MC1)", hits, f"{{count}} of {{n}} ({{percent}}). {luck}"),
        bounded_figure(f"mc2{key}", "Probability on true options (MC2)", shares, luck),
    )
    summary = f"Its likeliest option is true in {100 * sum(hits) / len(hits):.0f} % of {len(hits)} questions. {luck}"
    if len(asked) < ENOUGH:  # two that are alike would seem exact
        figures = tuple(replace(figure, low=0.0, high=1.0) for figure in figures)
        summary += f" Too few questions to tell: at least {ENOUGH} are needed."
    return Findings(summary, figures, _answers(asked, best, hits))


def true_share(true: Sequence[bool], scores: Sequence[float]) -> float:
    """The true options' share of probability. scores are nats, summed over an option's tokens."""
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    return sum(w for w, is_true in zip(weights, true, strict=True) if is_true) / sum(weights)


def _a_token(found: Likelihood) -> float:
    """Nats a token: else the shortest option would always win."""
    return found.logps / max(1, found.tokens)


def _answers(asked: Sequence[MultipleChoice], best: Sequence[int], hits: Sequence[bool]) -> tuple[Answer, ...]:
    return tuple(
        Answer(
            one.prompt.text,
            one.options[i],
            "true" if hit else "false",
            expected=" / ".join(text for text, true in zip(one.options, one.true, strict=True) if true),
            note=f"{len(one.options)} options",
        )
        for one, i, hit in zip(asked, best, hits, strict=True)
    )


def _of_facts(plan: Plan) -> list[MultipleChoice]:
    rng = random.Random(plan.seed)
    found = []
    for task in distinct_tasks(exam.held_out_facts(2 * plan.size))[:MOST]:
        fact = task.fact
        wrong = rng.sample(fact.wrong_answers, min(_OPTIONS - 1, len(fact.wrong_answers)))
        options = tuple(fact.fill(fact.kind.sentence, answer) for answer in (fact.answer, *wrong))
        found.append(MultipleChoice(Prompt.user(task.text, "pocket"), options, (True, *[False] * len(wrong))))
    return found
