"""What it still knows: facts, sums and words asked closed book, and graded exactly."""

from __future__ import annotations

from collections.abc import Sequence

from playground.evaluation.examiner import Examiner
from playground.evaluation.grading import pocket_error_words
from playground.evaluation.plan import Ask, Plan
from playground.evaluation.prompt_sets import distinct_tasks, prompts_of
from playground.evaluation.report import Answer, Findings, share_figure
from playground.pocket import exam
from playground.pocket.grading import grade_task
from playground.pocket.prompts import Task
from playground.registry import question

_SETS = {
    "seen": ("Facts that fine-tuning asked for", "in the one wording that was spared"),
    "held_out": ("Facts that no fine-tuning asked for", "known from documents alone"),
    "sum": ("Sums from 0 to 10", "asked anew"),
    "french": ("Translations into French", "asked anew"),
    "opposite": ("Opposites", "asked anew"),
}


def fact_sets(plan: Plan) -> dict[str, list[Task]]:
    """The tasks of each set, each prompt once."""
    drawn = {"seen": exam.seen_facts(2 * plan.size), "held_out": exam.held_out_facts(2 * plan.size)}
    whole = {kind: exam.facts_of(kind) for kind in ("sum", "french", "opposite")}
    return {name: distinct_tasks(tasks)[: plan.size] for name, tasks in (drawn | whole).items()}


def _asks(plan: Plan) -> list[Ask]:
    return [Ask(plan.checkpoint, prompts_of([task for tasks in fact_sets(plan).values() for task in tasks]))]


def _unfit(plan: Plan) -> str:
    return "" if plan.in_pocket else "Only the pocket world's facts can be graded exactly; see multiple choice."


@question(
    "facts",
    title="What does it still know?",
    order=20,
    about="Facts, sums and words, asked closed book: the prompt does not help, and exactly one answer is right. It "
    "answers with what it finds likeliest. Training to please often forgets some of it: the alignment tax.",
    asks=_asks,
    unfit=_unfit,
)
def facts(examiner: Examiner, plan: Plan) -> Findings:
    """Share right in each set."""
    figures, answers = [], []
    said = iter(examiner.one_each(_asks(plan)[0]))
    for name, tasks in fact_sets(plan).items():
        title, how = _SETS[name]
        texts = [next(said).text for _ in tasks]
        hits = [grade_task(task, text) for task, text in zip(tasks, texts, strict=True)]
        words = f"{{count}} of {{n}} are right ({{percent}}); {how}."
        figures.append(share_figure(name, title, hits, words))
        answers += _answers(title, tasks, texts, hits)
    low = min(figures, key=lambda figure: figure.value)
    high = max(figures, key=lambda figure: figure.value)
    summary = f"It knows most of {_small(high.title)} ({_percent(high.value)}) and least of {_small(low.title)} "
    summary += f"({_percent(low.value)}). {pocket_error_words('right')}"
    return Findings(summary, tuple(figures), tuple(answers))


def _answers(group: str, tasks: Sequence[Task], texts: Sequence[str], hits: Sequence[bool]) -> list[Answer]:
    return [
        Answer(task.text, text, "right" if hit else "wrong", group, task.fact.short if task.fact else "")
        for task, text, hit in zip(tasks, texts, hits, strict=True)
    ]


def _small(title: str) -> str:
    return title[:1].lower() + title[1:]


def _percent(value: float | None) -> str:
    return f"{100 * (value or 0):.0f} %"
