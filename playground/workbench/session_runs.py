"""Which runs have learned from a session's choices, and how far they are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from playground.preferences.record import Session
from playground.preferences.store import PreferenceStore
from playground.registry import algorithms
from playground.runs.tail import RunSummary, step_rows
from playground.types import Json
from playground.vocabulary import METRICS
from playground.workbench.runs import Runs
from playground.workbench.shared import Shared

_POINTS = 60  # of a curve on a phone
_FRESH_S = 1.0
Phase = Literal["open", "paused", "frozen", "voted", "revealed", "closed", "ejected"]


@dataclass(frozen=True, slots=True)
class Trained:
    """The runs on a session's frozen sets, newest first, those that go on too."""

    rewards: tuple[RunSummary, ...]
    policies: tuple[RunSummary, ...]


class SessionRuns:
    """Finds them; draws their curves for phones, once a second for a whole room."""

    def __init__(self, store: PreferenceStore, runs: Runs, greet: Callable[[str], Session]) -> None:
        self._store = store
        self._runs = runs
        self._greet = greet
        self.shared: Shared[Json] = Shared(_FRESH_S)

    def of(self, session: Session, what_if: bool = False) -> Trained:
        """What has learned from it. what_if: also those that tried another set."""
        return trained_on(self._runs.all(session.host), self._store.snapshot_ids(session.id, what_if))

    def held_out_accuracy(self, session: Session, run: RunSummary) -> float | None:
        """The last one that a reward model's run has told."""
        rows = step_rows(self._runs.tail(session.host, run.spec.id).lines)
        told = [row["held_out_accuracy"] for row in rows if row.get("held_out_accuracy") is not None]
        return told[-1] if told else None

    def curves(self, code: str) -> Json:
        """How the session is, and one curve of each of its newest runs; with nothing in it of who chose what."""
        return self.shared.get(code, lambda: self._curves(self._greet(code)))

    def _curves(self, session: Session) -> Json:
        trained = self.of(session)
        newest = [runs[0] for runs in (trained.rewards, trained.policies) if runs]
        drawn = [self._curve(session, run) for run in newest]
        return {"state": phase(session), "round": session.revotes, "runs": drawn}

    def _curve(self, session: Session, run: RunSummary) -> Json:
        entry = algorithms()[run.spec.algorithm]
        rows = step_rows(self._runs.tail(session.host, run.spec.id).lines)
        metric = next((name for name in entry.charts[0] if any(row.get(name) is not None for row in rows)), None)
        points = [(row["step"], row[metric]) for row in rows if row.get(metric) is not None] if metric else []
        return {
            "title": entry.title,
            "makes": entry.makes,
            "status": run.status,
            "step": run.step,
            "total": run.total_steps,
            "metric": metric,
            "name": METRICS[metric].title if metric else "",
            "unit": METRICS[metric].unit if metric else "",
            "points": [[step, round(value, 4)] for step, value in _thinned(points)],
        }


def trained_on(runs: Collection[RunSummary], snapshots: Collection[str]) -> Trained:
    """Of those runs, what learned from one of the sets, or from a reward model that did."""
    made = {run.spec.id: algorithms()[run.spec.algorithm].makes for run in runs}
    direct = [run for run in runs if run.spec.snapshot in snapshots]
    rewards = tuple(run for run in direct if made[run.spec.id] == "reward")
    ids = {run.spec.id for run in rewards}
    policies = [
        run
        for run in runs
        if made[run.spec.id] == "policy"
        and (run in direct or (run.spec.reward is not None and run.spec.reward.run_id in ids))
    ]
    return Trained(rewards, tuple(policies))


def phase(session: Session) -> Phase:
    """How a session is for those who take part; voted: the re-vote is over."""
    return "voted" if session.state == "frozen" and session.revotes else session.state


def _thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most _POINTS of them, the first and the last too."""
    last = len(points) - 1
    if last < _POINTS:
        return points
    return [points[round(n * last / (_POINTS - 1))] for n in range(_POINTS)]
