"""Multiple choice by a visitor's own questions, or by a published set."""

from __future__ import annotations

from dataclasses import replace

from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import Plan
from playground.evaluation.questions.multiple_choice import believed
from playground.evaluation.report import Findings
from playground.registry import question


def _unfit(plan: Plan) -> str:
    return "" if plan.own else "Upload multiple-choice questions, or name a set on the Hub, below."


@question(
    "own_choices",
    title="Which answer does it believe, of your questions?",
    order=26,
    about="MC1 and MC2 by questions that you bring as a file, or by a published set of the Hub.",
    asks=lambda plan: [],
    scored=lambda plan: sum(len(one.options) for one in plan.own.asked) if plan.own else 0,
    shows=lambda plan: [one.prompt.text for one in plan.own.asked] if plan.own else [],
    on_request=True,
    unfit=_unfit,
)
def own_choices(examiner: Examiner, plan: Plan) -> Findings:
    """MC1 and MC2 of the file, with the rows that could not be used."""
    assert plan.own is not None
    found = believed(examiner, plan, plan.own.asked, f"-{plan.own.key}")
    return replace(found, summary=f"{plan.own.name}: {found.summary}", warnings=plan.own.left_out)
