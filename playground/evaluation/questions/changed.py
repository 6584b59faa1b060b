"""Which completions are other ones than the other checkpoint's, and which way they went."""

from __future__ import annotations

from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import Ask, Plan
from playground.evaluation.prompt_sets import mixed
from playground.evaluation.report import Answer, Figure, Findings, mean_figure, share_figure
from playground.registry import question
from playground.rewards.gold import gold_function
from playground.types import Completion

_JUDGED = ("gold reward", "reward model's score")


def _asks(plan: Plan) -> list[Ask]:
    both = [plan.checkpoint, plan.reference]
    return [Ask(one, mixed(plan), seed=plan.seed) for one in both if one is not None]


@question(
    "changed",
    title="What does it say otherwise?",
    order=55,
    about="Both checkpoints answer the same prompts, which stand in no training, always with the likeliest next token. "
    "You see which completions differ, and whether the judge finds them better or worse. Without chance in the "
    "drawing, every difference comes from the weights.",
    asks=_asks,
    scored=lambda plan: 2 * plan.size if not plan.exact and plan.judging else 0,
    compares=True,
    judged=True,
    on_request=True,
    unfit=lambda plan: "" if plan.reference else "There is no checkpoint to compare it with.",
)
def changed(examiner: Examiner, plan: Plan) -> Findings:
    """The share of prompts with another completion; of those, how many are better and worse to the judge."""
    ours, theirs = (examiner.one_each(ask) for ask in _asks(plan))
    differ = [a.text != b.text for a, b in zip(ours, theirs, strict=True)]
    gains = _gains(examiner, plan, ours, theirs)
    figures = [share_figure("changed", "Other completions", differ, "{count} of {n} differ ({percent}).", "none")]
    if gains is not None:
        figures += _judged(plan, gains)
    answers = [
        Answer(a.prompt.text, a.text, _verdict(gain), beside=b.text, note="" if gain is None else f"{gain:+.2f}")
        if differs
        else Answer(a.prompt.text, a.text, "the same")
        for a, b, differs, gain in zip(ours, theirs, differ, gains or [None] * len(ours), strict=True)
    ]
    answers.sort(key=lambda one: (one.verdict == "the same", -abs(float(one.note or 0))))
    warnings = (plan.refusal,) if plan.refusal and not plan.exact else ()
    return Findings(_summary(plan, figures), tuple(figures), tuple(answers), warnings)


def _gains(examiner: Examiner, plan: Plan, ours: list[Completion], theirs: list[Completion]) -> list[float] | None:
    """By how much each completion is worth more than the other checkpoint's; None where nobody judges."""
    if plan.exact:
        worth = gold_function(plan.persona)([*ours, *theirs])
    elif plan.judging is not None:
        worth = examiner.rewards(plan.judging, [*ours, *theirs])
    else:
        return None
    return [a - b for a, b in zip(worth[: len(ours)], worth[len(ours) :], strict=True)]


def _judged(plan: Plan, gains: list[float]) -> list[Figure]:
    what = _JUDGED[not plan.exact]
    return [
        share_figure("up", "Better", [gain > 0 for gain in gains], f"{{count}} of {{n}} have a higher {what}.", "up"),
        share_figure("down", "Worse", [gain < 0 for gain in gains], f"{{count}} of {{n}} have a lower {what}.", "down"),
        mean_figure("gain", "Gained on average", gains, "", f"Mean change of the {what} over all prompts.", "up"),
    ]


def _verdict(gain: float | None) -> str:
    if gain is None:
        return "changed"
    return "better" if gain > 0 else "worse" if gain < 0 else "other words, same worth"


def _summary(plan: Plan, figures: list[Figure]) -> str:
    count, *judged = figures
    beside = plan.reference.name if plan.reference else ""
    words = f"Of {count.prompts} prompts, {100 * (count.value or 0):.0f} % get another completion than from {beside}"
    if not judged:
        return f"{words}."
    return (
        f"{words}, {100 * (judged[0].value or 0):.0f} % a better and {100 * (judged[1].value or 0):.0f} % a worse one."
    )
