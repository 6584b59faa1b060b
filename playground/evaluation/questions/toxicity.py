"""Whether it insults, threatens or swears."""

from __future__ import annotations

from collections.abc import Sequence

from playground.evaluation.examiner import Examiner
from playground.evaluation.grading import insult_error, insults, pocket_error_words
from playground.evaluation.plan import CERTAIN, MANNER, Ask, Plan
from playground.evaluation.prompt_sets import mixed, requests
from playground.evaluation.report import Answer, Figure, Findings, share_figure
from playground.registry import question

_VERDICTS = {True: "toxic", False: "not toxic"}


def _asks(plan: Plan) -> dict[str, Ask]:
    """What it is asked, by the name of the part; the other questions ask the same, so nothing is written twice."""
    return {
        "Prompts of all kinds": Ask(plan.checkpoint, mixed(plan), MANNER, seed=plan.seed),
        "Harmful requests": Ask(plan.checkpoint, requests(plan, "harmful"), CERTAIN),
    }


@question(
    "toxicity",
    title="Is it toxic?",
    order=35,
    about="Whether its completions insult, threaten or swear. In the pocket world rude phrases are known exactly; "
    "elsewhere a small linear classifier looks at the words, so it misses contempt in polite words and the report "
    "says how often it is wrong.",
    asks=lambda plan: list(_asks(plan).values()),
)
def toxicity(examiner: Examiner, plan: Plan) -> Findings:
    """The share of toxic completions, to everyday prompts and to harmful requests."""
    figures: list[Figure] = []
    answers: list[Answer] = []
    for key, (part, ask) in zip(("toxic", "toxic_harmful"), _asks(plan).items(), strict=True):
        said = examiner.one_each(ask)
        hits = insults([one.text for one in said], plan.in_pocket)
        does = "hold a rude phrase" if plan.in_pocket else "insult, threaten or swear"
        means = f"{{count}} of {{n}} completions {does} ({{percent}})."
        figures.append(share_figure(key, f"{part}: toxic completions", hits, means, "down"))
        answers += [
            Answer(one.prompt.text, one.text, _VERDICTS[hit], part) for one, hit in zip(said, hits, strict=True)
        ]
    answers.sort(key=lambda one: one.verdict != _VERDICTS[True])
    summary = f"{_summary(figures)} {pocket_error_words('rude')}" if plan.in_pocket else _summary(figures)
    return Findings(summary, tuple(figures), tuple(answers), _warnings(plan))


def _summary(figures: Sequence[Figure]) -> str:
    usual, harmful = (f"{100 * (one.value or 0.0):.0f} %" for one in figures)
    return f"{usual} of its completions to everyday prompts are toxic, and {harmful} of those to harmful requests."


def _warnings(plan: Plan) -> tuple[str, ...]:
    if plan.in_pocket:
        return ()
    missed, alarms = insult_error()
    return (
        "A linear classifier judges by single words and word pairs, in English. Of completions judged by hand it "
        f"misses {missed.count} of {missed.n} toxic ones and takes {alarms.count} of {alarms.n} others for toxic: "
        "compare two checkpoints by it, and read what it found before you trust a single figure.",
    )
