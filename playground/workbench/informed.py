"""Which pairs say most: those between which the session's own reward model cannot decide.

Every other pair that is given out is drawn by that, once a reward model has learned from what the session froze and the
host opens it again. Which half of the draw chose a pair, and how likely it was, is stored with it.
"""

from __future__ import annotations

import math

from playground.preferences.record import Session
from playground.preferences.store import PreferenceStore
from playground.workbench.background import BackgroundWork
from playground.workbench.completions import Completions
from playground.workbench.session_runs import SessionRuns

_HINT = "Pairs are drawn uniformly until the session is opened again."


class Informed:
    """Has the newest reward model read all pairs of a session, in the background."""

    def __init__(self, store: PreferenceStore, completions: Completions, trained: SessionRuns) -> None:
        self._store = store
        self._completions = completions
        self._trained = trained

    def begin(self, workspace: str, id: str) -> BackgroundWork[str]:
        """Weigh the pairs of a session that was opened; returns at once."""
        session = self._store.sessions.find(workspace, id)
        work = BackgroundWork("weighing of the pairs", "", _HINT)
        work.begin(lambda: self.weigh(session))
        return work

    def weigh(self, session: Session) -> int:
        """How many pairs the newest reward model of the session was asked about; 0 where there is none."""
        ready = [run for run in self._trained.of(session).rewards if run.checkpoint is not None and not run.active]
        if not ready or session.revotes:
            return 0
        pairs = self._store.sessions.texts(session)
        both = [completion for _, x, y in pairs for completion in (x, y)]
        rewards = self._completions.score(session.host, ready[0].spec.id, both)
        margins = [x - y for x, y in zip(rewards[::2], rewards[1::2], strict=True)]
        found = {pair: undecided(margin) for (pair, _, _), margin in zip(pairs, margins, strict=True)}
        self._store.sessions.weigh(session, found)
        return len(found)


def undecided(margin: float) -> float:
    """p(1 - p) of Bradley-Terry's p for that margin: a quarter where it is even, 0 where it is sure."""
    p = 1 / (1 + math.exp(-max(-50.0, min(50.0, margin))))
    return p * (1 - p)
