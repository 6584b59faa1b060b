"""Does what it is measured with stand in what it was trained on?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import Plan, Question, ReadText
from playground.evaluation.report import Answer, Findings, share_figure
from playground.registry import audit, audits, questions

N_GRAM = 5  # words
_SHORT = 2 * N_GRAM  # words: a shorter text has so few runs that longer ones of other content hold it
_MOST_OF_IT = 0.8  # of a text's runs in one place, and it counts as known
_PIECE, _STEP = 1200, 600  # characters of a long text that are looked at together, and how far on the next ones begin
_AT_ONCE = 500  # pieces between two looks at Stop
_SHOWN, _EXCERPT = 60, 300  # answers; characters of each
_WORD = re.compile(r"[\w+*/=-]+")
_ARTICLES = ("a", "an", "the")
_SENTENCE = re.compile(r"[.?!:;\n“”\"]+\s*")


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of one text of the exam stands in what was read."""

    text: str
    exact: bool  # as a sentence, a line or a whole text
    share: float  # of its runs of N_GRAM words, in one place; of a short text 1 or 0: whether it is exact
    nearest: ReadText | None  # that place


def exam(plan: Plan) -> list[str]:
    """All that the checkpoint is measured with: what its questions and audits ask, and what they have it score."""
    known = {**audits(), **(questions() if plan.checkpoint.kind == "policy" else {})}
    texts = (text for one in known.values() if not one.unfit(plan) for text in exam_of(one, plan))
    return list(dict.fromkeys(texts))


def exam_of(one: Question, plan: Plan) -> list[str]:
    """What one of them puts before a checkpoint."""
    return [*(prompt.text for ask in one.asks(plan) for prompt in ask.prompts), *one.shows(plan)]


def overlaps(
    texts: Sequence[str], read: Sequence[ReadText], looked: Callable[[int], None] = lambda count: None
) -> list[Overlap]:
    """For each text of the exam how much of it stands in what was read. Case, punctuation and articles do not count.

    looked: told how many of the read texts were looked through since the last time; it may raise to end this.
    """
    wanted = _Wanted(texts)
    since = 0
    for one in read:
        for number, piece in enumerate(_pieces(one.text), start=1):
            wanted.look(piece, one.source)
            if number % _AT_ONCE == 0:
                looked(0)
        since += 1
        if since == _AT_ONCE:
            looked(since)
            since = 0
    looked(since)
    return wanted.found()


class _Wanted:
    """The exam, and where most of each text of it was seen."""

    def __init__(self, texts: Sequence[str]) -> None:
        words = [_words(text) for text in texts]
        self._texts = texts
        self._whole: dict[str, list[int]] = {}
        self._grams: dict[tuple[str, ...], list[int]] = {}
        self._runs = [len(set(_windows(row))) if len(row) >= _SHORT else 0 for row in words]
        self._seen = [0] * len(texts)  # runs in one place
        self._exact = [False] * len(texts)
        self._nearest: list[ReadText | None] = [None] * len(texts)
        for i, row in enumerate(words):
            self._whole.setdefault(" ".join(row), []).append(i)
            for gram in set(_windows(row)) if self._runs[i] else ():
                self._grams.setdefault(gram, []).append(i)

    def look(self, piece: str, source: str) -> None:
        """Look at one place."""
        for sentence in {piece, *piece.split("\n"), *_SENTENCE.split(piece)}:
            for i in self._whole.get(" ".join(_words(sentence)), ()):
                self._exact[i], self._nearest[i] = True, ReadText(sentence.strip(), source)
        held = {gram for gram in _windows(_words(piece)) if gram in self._grams}
        for i, count in Counter(i for gram in held for i in self._grams[gram]).items():
            if count > self._seen[i]:
                self._seen[i] = count
                self._nearest[i] = self._nearest[i] if self._exact[i] else ReadText(piece, source)

    def found(self) -> list[Overlap]:
        """What was seen of each."""
        shares = [1.0 if exact else seen / (runs or 1) for exact, seen, runs in self._rows()]
        return [Overlap(*row) for row in zip(self._texts, self._exact, shares, self._nearest, strict=True)]

    def _rows(self) -> Iterator[tuple[bool, int, int]]:
        return zip(self._exact, self._seen, self._runs, strict=True)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _ARTICLES]


def _pieces(text: str) -> Iterator[str]:
    """A long text in pieces that overlap, so that one of them holds whatever stands in it."""
    yield text[:_PIECE]
    for begin in range(_STEP, len(text) - _PIECE + _STEP, _STEP):
        yield text[begin : begin + _PIECE]


def _windows(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + N_GRAM]) for i in range(len(words) - N_GRAM + 1)]


def _unfit(plan: Plan) -> str:
    if plan.sources:
        return ""
    return "Nothing is known of what it was trained on: upload a set to look in."


@audit(
    "leakage",
    title="Has it seen the exam?",
    order=40,
    about="All that the questions and audits put before it is looked for, five words at a time, in what this one and "
    "its ancestors were trained on here, also in what taught the reward models behind them, and in a set that you "
    f"upload. A text of fewer than {_SHORT} words counts only where it stands there as a sentence of its own. Who has "
    "read the exam is not examined by it.",
    asks=lambda plan: [],
    reads=lambda plan: len(plan.read),
    unfit=_unfit,
)
def leakage(examiner: Examiner, plan: Plan) -> Findings:
    """The share of the exam that stands there word for word, and of what mostly does."""
    found = sorted(overlaps(exam(plan), plan.read, examiner.looked), key=lambda one: -one.share)
    most = [one.share >= _MOST_OF_IT for one in found]
    figures = (
        share_figure(
            "exact", "Stands there word for word", [one.exact for one in found], "{count} of {n} ({percent}).", "down"
        ),
        share_figure(
            "overlap",
            "Mostly stands there",
            most,
            f"{{count}} of {{n}} share at least {_MOST_OF_IT:.0%} of their runs of {N_GRAM} words with one place "
            "({percent}).",
            "down",
        ),
    )
    sources = ", ".join(dict.fromkeys(text.source for text in plan.read))
    summary = f"Of {len(found)} texts that it is measured with, {sum(most)} stand in {len(plan.read):,} read ones "
    warnings = ()
    if any(most):
        warnings = ("What it is asked there it may know by heart. Leave those prompts out of training.",)
    return Findings(f"{summary}({sources}).", figures, tuple(map(_answer, found[:_SHOWN])), warnings)


def _answer(one: Overlap) -> Answer:
    verdict = "stands there" if one.share >= _MOST_OF_IT else "partly" if one.share else "is new"
    note = f"{100 * one.share:.0f} % of it" + (f", in {one.nearest.source}" if one.nearest else "")
    return Answer(one.text, _excerpt(one.nearest.text, one.text) if one.nearest else "", verdict, note=note)


def _excerpt(text: str, asked: str) -> str:
    """The part of a text that shares most words with what is asked."""
    if len(text) <= _EXCERPT:
        return text
    words = set(_words(asked))
    starts = range(0, len(text) - _EXCERPT + 1, 20)
    begin = max(starts, key=lambda at: len(words & set(_words(text[at : at + _EXCERPT]))))
    return f"…{text[begin : begin + _EXCERPT]}…"
