"""What a question found out: figures with their intervals, and the completions behind them. JSON and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, TypeVar

from playground.evaluation.intervals import Estimate, mean_of
from playground.preferences.statistics import share_of
from playground.types import Checkpoint, Json, TokenScore

Good = Literal["up", "down", "none"]
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number with its 95 % interval."""

    key: str  # names it within the question: the same of two checkpoints are compared
    title: str
    value: float | None  # None: there was nothing to measure it on
    low: float | None
    high: float | None
    prompts: int
    means: str  # one sentence
    unit: str = "share"  # share is shown in per cent
    good: Good = "none"

    @property
    def says_nothing(self) -> bool:
        """Whether its interval is all that a share can be."""
        bounds = self.low is not None and self.high is not None
        return bounds and self.unit == "share" and self.low <= 0 and self.high >= 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One completion behind the figures, with what was made of it."""

    prompt: str
    completion: str
    verdict: str  # one word or two: right, wrong, refused, won
    group: str = ""  # which part of the question it belongs to
    expected: str = ""  # what would have been right, where that is one thing
    beside: str = ""  # the reference's completion, where two are compared
    note: str = ""  # numbers, in words
    tokens: tuple[TokenScore, ...] = ()  # each token under checkpoint and reference, where that is the point


@dataclass(frozen=True, slots=True)
class Findings:
    """What a question's own code returns."""

    summary: str  # one sentence: the answer
    figures: tuple[Figure, ...]
    answers: tuple[Answer, ...] = ()
    warnings: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()  # a small table in words; its first row is the head
    mends: tuple[str, ...] = ()  # keys of the changes of which pairs should be labelled next, the worst first


@dataclass(frozen=True, slots=True)
class Report:
    """A question's findings about one checkpoint, with all that decides them."""

    question: str
    title: str
    checkpoint: str  # name
    fingerprint: str
    findings: Findings
    prompts_hash: str  # of everything that was asked
    seed: int
    reference: str = ""  # name of the checkpoint beside it, where two were compared
    reference_fingerprint: str = ""
    judges: str = ""  # who judged, where somebody did
    judges_key: str = ""  # equal in two reports: the same judges
    seconds: float = 0.0
    created_at: float = 0.0  # seconds since 1970

    def about(self, checkpoint: Checkpoint) -> bool:
        """Whether it was made with the weights that the checkpoint has now."""
        return self.fingerprint == checkpoint.fingerprint

    def figure(self, key: str) -> Figure | None:
        """The figure of that key."""
        return next((figure for figure in self.findings.figures if figure.key == key), None)


def share_figure(key: str, title: str, hits: Sequence[bool], means: str, good: Good = "up") -> Figure:
    """A share of prompts with its Wilson interval. `means` may name {count}, {n} and {percent}."""
    found = share_of(sum(hits), len(hits))
    words = means.format(count=found.count, n=found.n, percent=f"{100 * (found.value or 0):.0f} %")
    if found.value is None:
        return Figure(key, title, None, None, None, 0, "There was no prompt to measure this on.", "share", good)
    return Figure(key, title, found.value, found.low, found.high, found.n, words, "share", good)


def bounded_figure(
    key: str, title: str, values: Sequence[float], means: str, good: Good = "up", least: float = 0.0
) -> Figure:
    """A mean over prompts of numbers from `least` to 1.

    Where all are alike their spread says nothing: then the interval is as wide as a share's of so many prompts.
    """
    if values and len(set(values)) == 1:
        mean, beyond = values[0], 1.0 - (share_of(len(values), len(values)).low or 0.0)
        low, high = max(least, mean - beyond), min(1.0, mean + beyond)
        return Figure(key, title, mean, low, high, len(values), means, "share", good)
    found = mean_figure(key, title, values, "share", means, good)
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(least, found.low), high=min(1.0, found.high))


def mean_figure(key: str, title: str, values: Sequence[float], unit: str, means: str, good: Good = "none") -> Figure:
    """A mean over prompts (or groups of them) with its t interval."""
    return estimate_figure(key, title, mean_of(values), len(values), unit, means, good)


def estimate_figure(
    key: str, title: str, found: Estimate, prompts: int, unit: str, means: str, good: Good = "none"
) -> Figure:
    """A figure out of an estimate."""
    return Figure(key, title, found.value, found.low, found.high, prompts, means, unit, good)


def change(now: Figure, before: Figure | None) -> str:
    """Better, worse, changed, or no clear change: whether the difference leaves its own 95 % interval."""
    ends = [now.low, now.high, before.low, before.high] if before else [None]
    if before is None or None in ends or now.value is None or before.value is None:
        return ""
    rises = now.value > before.value
    toward = now.value - now.low if rises else now.high - now.value
    away = before.high - before.value if rises else before.value - before.low
    if abs(now.value - before.value) <= math.hypot(toward, away):
        return "no clear change"
    if now.good == "none":
        return "changed"
    return "better" if rises == (now.good == "up") else "worse"


def to_json(report: Report) -> Json:
    """A dict that from_json turns back into an equal report."""
    return asdict(report)


def from_json(row: Json) -> Report:
    """The report that to_json wrote, also by another version. Raises KeyError, TypeError on what is none."""
    findings = dict(row["findings"])
    findings["figures"] = tuple(_known(Figure, figure) for figure in findings["figures"])
    findings["answers"] = tuple(_answer(answer) for answer in findings["answers"])
    findings["warnings"] = tuple(findings["warnings"])
    findings["table"] = tuple(tuple(line) for line in findings["table"])
    findings["mends"] = tuple(findings.get("mends", ()))
    return _known(Report, {**row, "findings": _known(Findings, findings)})


def _answer(row: dict[str, Any]) -> Answer:
    return _known(Answer, {**row, "tokens": tuple(_known(TokenScore, one) for one in row.get("tokens", ()))})


def _known(cls: type[Record], row: dict[str, Any]) -> Record:
    names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
    return cls(**{name: value for name, value in row.items() if name in names})
