"""How it writes: one answer for everything, or many; fluent, or stuck; ending by itself, or not."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from playground.evaluation.examiner import Examiner
from playground.evaluation.intervals import Estimate, mean_of, ratio_of
from playground.evaluation.plan import MANNER, Ask, Plan
from playground.evaluation.prompt_sets import mixed, texts
from playground.evaluation.report import Answer, Figure, Findings, estimate_figure, mean_figure, share_figure
from playground.registry import question
from playground.types import Completion

GROUP = 10  # completions: distinct-n of few texts is higher than of many, so it is always measured on as many
COLLAPSED = 0.2  # share of prompts that get the very same completion
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE = re.compile(r"[^.!?\n]+")


def _asks(plan: Plan) -> list[Ask]:
    return [Ask(plan.checkpoint, mixed(plan), MANNER, seed=plan.seed)]


@question(
    "language",
    title="How does it write?",
    order=40,
    about="Completions drawn at temperature 1 on prompts of all kinds, and documents that no training read. A model "
    "pushed too far for a reward gives one answer to everything: mode collapse.",
    asks=_asks,
    scored=lambda plan: plan.size + len(texts(plan)),
    shows=texts,
)
def language(examiner: Examiner, plan: Plan) -> Findings:
    """Diversity, repetition, length, ends, entropy, perplexity."""
    said = examiner.one_each(_asks(plan)[0])
    likely = examiner.likelihoods(plan.checkpoint, said, plan.checkpoint.knows_chat)
    read = examiner.text_likelihoods(plan.checkpoint, texts(plan))
    entropies = [one.entropy for one in likely if one.tokens]
    figures = (
        *_distinct(said),
        *_shape(said),
        mean_figure(
            "entropy",
            "Entropy of the next token",
            entropies,
            "nats",
            "How undecided it is while it writes; near 0 it always writes the same.",
        ),
        _perplexity(
            ratio_of([-one.logps for one in read if one.tokens], [one.tokens for one in read if one.tokens]), len(read)
        ),
    )
    text, times = _commonest(said)
    answers = tuple(Answer(c.prompt.text, c.text, _ending(c), note=f"{len(words(c.text))} words") for c in said)
    return Findings(_summary(figures, times, len(said)), figures, answers, _warnings(text, times, len(said)))


def words(text: str) -> list[str]:
    """Its words in small letters."""
    return _WORD.findall(text.casefold())


def distinct_share(completions: Sequence[str], n: int) -> float | None:
    """How many of all runs of n words are different ones (distinct-n, arXiv:1510.03055); None without any."""
    runs = [tuple(w[i : i + n]) for w in map(words, completions) for i in range(len(w) - n + 1)]
    return len(set(runs)) / len(runs) if runs else None


def repeats_itself(text: str) -> bool:
    """Whether a sentence, or a run of four words, occurs twice."""
    sentences = [s.strip().casefold() for s in _SENTENCE.findall(text) if s.strip()]
    fours = [tuple(w[i : i + 4]) for w in [words(text)] for i in range(len(w) - 3)]
    return len(set(sentences)) < len(sentences) or len(set(fours)) < len(fours)


def _distinct(said: Sequence[Completion]) -> list[Figure]:
    groups = [said[i : i + GROUP] for i in range(0, len(said) - GROUP + 1, GROUP)]
    figures = []
    for n, what in ((1, "words"), (2, "word pairs")):
        shares = [share for group in groups if (share := distinct_share([c.text for c in group], n)) is not None]
        means = (
            f"Of all {what} in {GROUP} completions to {GROUP} prompts, so many are different ones; the mean of "
            f"{len(shares)} such groups."
        )
        key, title = f"distinct_{n}", f"Different {what} (distinct-{n})"
        figures.append(estimate_figure(key, title, mean_of(shares), GROUP * len(shares), "share", means, "up"))
    return figures


def _shape(said: Sequence[Completion]) -> list[Figure]:
    commonest, _ = _commonest(said)
    same = [c.text == commonest for c in said]
    return [
        share_figure(
            "commonest",
            "Prompts that get the most common completion",
            same,
            "{count} of {n} different prompts get the very same completion ({percent}).",
            "down",
        ),
        share_figure(
            "repeats",
            "Completions that repeat themselves",
            [repeats_itself(c.text) for c in said],
            "{count} of {n} say a sentence, or four words in a row, twice ({percent}).",
            "down",
        ),
        mean_figure("words", "Length", [len(words(c.text)) for c in said], "words", "Words in a completion."),
        share_figure(
            "stops",
            "Completions that end by themselves",
            [c.finish_reason == "stop" for c in said],
            "{count} of {n} end by themselves ({percent}); the others run into the limit.",
        ),
    ]


def _perplexity(nats: Estimate, count: int) -> Figure:
    ends = [None if x is None else math.exp(x) for x in (nats.value, nats.low, nats.high)]
    means = "Of how many tokens it wavers on unread documents; comparable between models with the same tokens only."
    return estimate_figure("perplexity", "Perplexity on unread documents", Estimate(*ends), count, "", means, "down")


def _commonest(said: Sequence[Completion]) -> tuple[str, int]:
    return Counter(c.text for c in said).most_common(1)[0]


def _summary(figures: Sequence[Figure], times: int, n: int) -> str:
    by_key = {figure.key: figure for figure in figures}
    length, pairs = by_key["words"].value, by_key["distinct_2"].value
    if times > COLLAPSED * n:
        return f"It has collapsed: {times} of {n} different prompts get the very same completion."
    different = "" if pairs is None else f"; {100 * pairs:.0f} % of its word pairs are different ones"
    return f"It writes {length:.0f} words on average{different}."


def _warnings(text: str, times: int, n: int) -> tuple[str, ...]:
    if times <= COLLAPSED * n:
        return ()
    return (f"Mode collapse: {times} of {n} prompts get “{text.strip()[:120]}”. Train less far, or with more KL.",)


def _ending(completion: Completion) -> str:
    return "ended" if completion.finish_reason == "stop" else "cut off"
