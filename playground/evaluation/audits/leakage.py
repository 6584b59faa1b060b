"""Do the prompts that it is measured with stand in what it was trained on?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import Plan, ReadText
from playground.evaluation.prompt_sets import mixed, requests
from playground.evaluation.report import Answer, Findings, share_figure
from playground.pocket.recognise import simplify
from playground.registry import audit
from playground.types import Prompt

N_GRAM = 5  # words
_MOST_OF_IT = 0.8  # of a prompt's n-grams, and it counts as known


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of one prompt stands in what was read."""

    prompt: Prompt
    share: float  # of its n-grams
    nearest: ReadText | None


def overlaps(prompts: Sequence[Prompt], read: Sequence[ReadText]) -> list[Overlap]:
    """For each prompt the share of its n-grams that stand in the read texts, and the text that holds most of them.

    Case, punctuation and articles do not count. A prompt shorter than N_GRAM words is one n-gram by itself.
    """
    grams = [_grams(prompt.text) for prompt in prompts]
    wanted = {gram: [] for row in grams for gram in row}  # gram -> numbers of the texts that hold it
    sizes = {len(gram) for gram in wanted}
    for number, one in enumerate(read):
        words = simplify(one.text).split()
        for gram in {gram for size in sizes for gram in _windows(words, size)} & wanted.keys():
            wanted[gram].append(number)
    return [_overlap(prompt, row, wanted, read) for prompt, row in zip(prompts, grams, strict=True)]


def _overlap(prompt: Prompt, grams: set, wanted: dict, read: Sequence[ReadText]) -> Overlap:
    if not grams:
        return Overlap(prompt, 0.0, None)
    held = [number for gram in grams for number in wanted[gram]]
    nearest = max(set(held), key=held.count) if held else None
    found = sum(bool(wanted[gram]) for gram in grams)
    return Overlap(prompt, found / len(grams), None if nearest is None else read[nearest])


def _grams(text: str) -> set[tuple[str, ...]]:
    words = simplify(text).split()
    return set(_windows(words, min(N_GRAM, len(words)))) if words else set()


def _windows(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def _measured(plan: Plan) -> list[Prompt]:
    asked = [*mixed(plan), *requests(plan, "harmful"), *requests(plan, "innocent")]
    return list({prompt.key: prompt for prompt in asked}.values())


@audit(
    "leakage",
    title="Has it seen the exam?",
    order=40,
    about="The prompts that checkpoints are measured with are looked for, five words at a time, in what this one and "
    "its ancestors were trained on here, also in what taught the reward models behind them, and in a set that you "
    "upload. Who has read the exam is not examined by it.",
    asks=lambda plan: [],
    scored=lambda plan: 1,
    unfit=lambda plan: "" if plan.read else "Nothing is known of what it was trained on: upload a set to look in.",
)
def leakage(examiner: Examiner, plan: Plan) -> Findings:
    """The share of prompts that stand there as a whole, and of those that mostly do."""
    measured = _measured(plan)
    found = sorted(overlaps(measured, plan.read), key=lambda one: -one.share)
    whole = {simplify(one.text) for one in plan.read}
    exact = [simplify(one.prompt.text) in whole for one in found]
    most = [one.share >= _MOST_OF_IT for one in found]
    figures = (
        share_figure("exact", "Prompts that stand there word for word", exact, "{count} of {n} ({percent}).", "down"),
        share_figure(
            "overlap",
            "Prompts that mostly stand there",
            most,
            f"{{count}} of {{n}} share at least {_MOST_OF_IT:.0%} of their runs of {N_GRAM} words ({{percent}}).",
            "down",
        ),
    )
    sources = ", ".join(dict.fromkeys(text.source for text in plan.read))
    summary = f"{sum(most)} of {len(found)} measured prompts stand in {len(plan.read):,} texts ({sources})."
    warnings = ()
    if any(most):
        warnings = ("What it is asked there it may know by heart. Leave those prompts out of training.",)
    return Findings(summary, figures, tuple(map(_answer, found[:60])), warnings)


def _answer(one: Overlap) -> Answer:
    text = one.nearest.text if one.nearest else ""
    verdict = "stands there" if one.share >= _MOST_OF_IT else "partly" if one.share else "is new"
    note = f"{100 * one.share:.0f} % of it" + (f", in {one.nearest.source}" if one.nearest else "")
    return Answer(one.prompt.text, text, verdict, note=note)
