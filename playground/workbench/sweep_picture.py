"""A sweep as a page draws it: every run's rewards over distance, the curves that fit, where gold was highest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from playground.errors import PlaygroundError
from playground.evaluation.overoptimisation import Fit, Form, Peak, Points, fit, no_fit, peak, smoothed
from playground.runs.tail import RunSummary, step_rows
from playground.types import Checkpoint, Json
from playground.workbench.best_picks import best_picks
from playground.workbench.evaluations import Evaluations
from playground.workbench.runs import Runs
from playground.workbench.sweep import Sweep, leg_words
from playground.workbench.sweeps import Sweeps

_DRAWN = 60  # points of a fitted curve
_FORMULAS: dict[Form, str] = {"rl": "d(a − b log d)", "best_of_n": "d(a − b d)"}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of points."""

    d: tuple[float, ...]
    value: tuple[float, ...]

    @classmethod
    def of(cls, points: Points) -> Line:
        """The points, rounded to what a picture shows."""
        return cls(tuple(round(d, 3) for d, _ in points), tuple(round(v, 3) for _, v in points))


@dataclass(frozen=True, slots=True)
class DrawnLeg:
    """One run of the sweep."""

    title: str
    name: str  # of its run; empty where it has none yet
    run: str
    status: str
    step: int
    total: int
    kl: float | None  # nats, at the end
    proxy: Line
    gold: Line  # smoothed
    golds: Line  # as measured
    peak: Peak | None


@dataclass(frozen=True, slots=True)
class DrawnFit:
    """A fitted curve of the gold reward, or why there is none."""

    title: str
    words: str
    line: Line | None
    peak: tuple[float, float] | None  # (d, gold)
    leg: int | None = None  # whose colour it has; None: it is no run's


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the page shows of a sweep."""

    id: str
    words: str
    problem: str
    going: bool
    finished: bool
    done: int  # steps
    total: int  # of all runs; 0: not known yet
    seconds_left: float | None
    annotator: str
    reward: str
    legs: tuple[DrawnLeg, ...]
    best: tuple[Line, Line] | None  # best of n: proxy and gold, at the most KL that it can have
    fits: tuple[DrawnFit, ...]


class Pictures:
    """Draws sweeps from the events of their runs."""

    def __init__(self, sweeps: Sweeps, runs: Runs, evaluations: Evaluations) -> None:
        self._sweeps = sweeps
        self._runs = runs
        self._evaluations = evaluations

    def draw(self, workspace: str, sweep_id: str) -> Picture:
        """The sweep as it stands. Raises NotFound."""
        sweep = self._sweeps.find(workspace, sweep_id)
        summaries = [self._sweeps.summary(workspace, leg.run) for leg in sweep.legs]
        rows = [self._rows(workspace, one) for one in summaries]
        legs = tuple(map(_drawn, [leg_words(sweep.wanted.kind, leg.value) for leg in sweep.legs], summaries, rows))
        best = best_picks(self._evaluations, workspace, [one for one in summaries if one])[:1]
        going, finished = self._sweeps.running(workspace) == sweep_id, self._sweeps.finished(workspace, sweep)
        words, problem, left = self._said(workspace, sweep, going, finished)
        reward = next((one.spec.reward for one in summaries if one and one.spec.reward), None)
        return Picture(
            id=sweep.id,
            words=words,
            problem=problem,
            going=going,
            finished=finished,
            done=sum(one.step for one in summaries if one),
            total=sweep.wanted.iterations * len(sweep.legs),
            seconds_left=left if going else None,
            annotator=self._annotator(workspace, reward),
            reward=reward.name if reward else "",
            legs=legs,
            best=(_rooted(best[0][1]), _rooted(best[0][2])) if best and sweep.wanted.kind == "kl" else None,
            fits=_fits(sweep, rows, best[0][2] if best else ()),
        )

    def _rows(self, workspace: str, summary: RunSummary | None) -> list[Json]:
        return step_rows(self._runs.tail(workspace, summary.spec.id).lines) if summary else []

    def _annotator(self, workspace: str, reward: Checkpoint | None) -> str:
        return (self._sweeps.persona(workspace, reward) or "") if reward else ""

    def _said(self, workspace: str, sweep: Sweep, going: bool, finished: bool) -> tuple[str, str, float | None]:
        """(what goes on, what went wrong, seconds left)."""
        told = self._sweeps.progress(workspace)
        if going and not isinstance(told, PlaygroundError):
            return told.text, "", told.seconds_left
        if isinstance(told, PlaygroundError) and not finished and self._sweeps.last(workspace) == sweep.id:
            return "", f"{told.message} {told.hint}".strip(), None
        done = sum(
            1 for leg in sweep.legs if (one := self._sweeps.summary(workspace, leg.run)) and one.status == "done"
        )
        if finished:
            return f"Done: {done} runs. They are kept under Runs.", "", None
        how = told.text if self._sweeps.last(workspace) == sweep.id else "Broken off."
        return f"{how} {done} of {len(sweep.legs)} runs are done. Press Go on.", "", None


def gold_points(rows: Sequence[Json], metric: str = "gold_reward") -> list[tuple[float, float]]:
    """(d, reward) of each step that has both."""
    found = [(row.get("kl"), row.get(metric)) for row in rows]
    return [(math.sqrt(max(kl, 0.0)), value) for kl, value in found if kl is not None and value is not None]


def _drawn(title: str, summary: RunSummary | None, rows: Sequence[Json]) -> DrawnLeg:
    gold = gold_points(rows)
    return DrawnLeg(
        title=title,
        name=summary.spec.name if summary else "",
        run=summary.spec.id if summary else "",
        status=summary.status if summary else "not begun",
        step=summary.step if summary else 0,
        total=summary.total_steps if summary else 0,
        kl=rows[-1].get("kl") if rows else None,
        proxy=Line.of(smoothed(gold_points(rows, "proxy_reward"))),
        gold=Line.of(smoothed(gold)),
        golds=Line.of(gold),
        peak=peak(gold),
    )


def _rooted(points: Points) -> Line:
    return Line.of([(math.sqrt(max(kl, 0.0)), value) for kl, value in points])


def _fits(sweep: Sweep, rows: Sequence[Sequence[Json]], best: Points) -> tuple[DrawnFit, ...]:
    """A curve through each run, and one through the best of n."""
    titles = [leg_words(sweep.wanted.kind, leg.value) for leg in sweep.legs]
    found = [_fit("rl", titles[i], gold_points(run), i) for i, run in enumerate(rows) if run]
    if best and sweep.wanted.kind == "kl":
        rooted = [(math.sqrt(max(kl, 0.0)), value) for kl, value in best]
        found.append(_fit("best_of_n", "best of n", rooted))
    return tuple(found)


def _fit(form: Form, title: str, points: Points, leg: int | None = None) -> DrawnFit:
    found = fit(form, points)
    if found is None or not found.fits:
        return DrawnFit(title, no_fit(form, points), None, None, leg)
    curve = Line.of([(d, found.at(d)) for d in _spaced(found)])
    words = f"{_FORMULAS[form]} with a = {found.a:.2f}, b = {found.b:.2f}; R² {found.r2:.2f}. {_peak_words(found)}"
    return DrawnFit(title, words.replace("-", "−"), curve, found.peak, leg)


def _peak_words(found: Fit) -> str:
    if found.peak is None:
        return "It does not turn down within what was seen."
    d, value = found.peak
    return f"It is highest, {value:+.2f}, at a KL of {d * d:.1f} nats."


def _spaced(found: Fit) -> list[float]:
    return [found.low + (found.high - found.low) * i / (_DRAWN - 1) for i in range(_DRAWN)]
