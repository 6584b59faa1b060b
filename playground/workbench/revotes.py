"""The loop closed: the people who judged vote again, blind, on the model before training against the one after it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from playground.errors import NotAllowed, NotFound
from playground.preferences.record import LiveCounts, Revote, Revoted, Session, Spread
from playground.preferences.resampling import by_people
from playground.preferences.store import PreferenceStore
from playground.runs.tail import RunSummary
from playground.workbench.pairs import FindCheckpoint, PairPool, pocket_prompts
from playground.workbench.session_pairs import sample_pairs
from playground.workbench.session_prompts import by_turns
from playground.workbench.session_runs import SessionRuns
from playground.workbench.workshop import Workshop

EACH = 12  # pairs that a person is asked to judge, so that it takes a few minutes
FEWEST, MOST = 20, 200  # pairs


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a re-vote."""

    old: str  # names of the checkpoints
    new: str
    choices: int
    people: int
    share: float | None  # won by the new one, neither counting half; None: nothing chosen, or still being voted on
    rate: Spread  # the same with its interval by people drawn anew; without a value where they are too few
    accuracy: float | None  # of the reward model, on pairs that it had not learned from
    ceiling: Spread  # how often a person chose what most others did, in the first round


class Revotes:
    """Begin one, and read what came of it."""

    def __init__(
        self, workshop: Workshop, store: PreferenceStore, pool: PairPool, trained: SessionRuns, find: FindCheckpoint
    ) -> None:
        self._workshop = workshop
        self._store = store
        self._pool = pool
        self._trained = trained
        self._find = find

    def begin(self, workspace: str, id: str) -> Revote:
        """Sample both models' answers to prompts that nobody judged, and give the pairs out, sides by chance.

        Of a list of prompts that was too short to keep some for this, all are asked again.
        Raises: NotFound before a freeze and before a policy has learned from it; NotAllowed while people judge.
        """
        self._workshop.require_host()
        session = self._workshop.find(workspace, id)
        if session.state in ("open", "paused") and not session.revotes:
            raise NotAllowed(f"The session is {session.state}.", hint="Freeze it first, and train on what is frozen.")
        if session.state == "closed":
            raise NotAllowed("The session is closed; nobody can vote any more.", hint="Make a new session.")
        frozen = self._workshop.frozen(workspace, id)
        policy = self._newest_policy(session)
        old, new = self._find(workspace, self._workshop.start_id(workspace, id)), policy.checkpoint
        later = self._store.sessions.later_prompts(workspace, id)
        known = () if later else {row.prompt.key for row in frozen.preferences}
        ask = by_turns(later) if later else pocket_prompts
        pairs = sample_pairs(self._pool, workspace, (old, new), self._pairs(workspace, session), known, ask)
        return self._store.revotes.begin(session, old.id, new.id, policy.spec.snapshot or frozen.id, pairs)

    def outcome(self, workspace: str, id: str, live: LiveCounts | None = None) -> Outcome | None:
        """None before the first. While people vote it tells how many choices there are, and not for whom.

        live: the session's figures, where somebody has worked them out already.
        """
        session = self._workshop.find(workspace, id)
        revote = self._store.revotes.last(id)
        if revote is None:
            return None
        choices = self._store.revotes.choices(id, revote)
        people = _of_people(choices)
        told = session.state != "open" and choices
        return Outcome(
            self._name(workspace, revote.old),
            self._name(workspace, revote.new),
            len(choices),
            len(people),
            sum(one.score for one in choices) / len(choices) if told else None,
            by_people(people) if told else Spread(None, 0.0, 1.0, len(choices)),
            self._accuracy(session, revote),
            (live or self._workshop.live(workspace, id)[0]).ceiling,
        )

    def _newest_policy(self, session: Session) -> RunSummary:
        policies = self._trained.of(session).policies
        ready = [run for run in policies if run.checkpoint is not None and not run.active]
        if ready:
            return ready[0]
        if any(run.active for run in policies):
            raise NotFound("The policy is still learning.", hint="Wait for its end, then vote again.")
        hint = "Train the policy below; then the room can judge it against the one before."
        raise NotFound("No policy has learned from what this session froze.", hint=hint)

    def _pairs(self, workspace: str, session: Session) -> int:
        live, _ = self._workshop.live(workspace, session.id)
        wanted = math.ceil(EACH * (live.joined - live.withdrawn) / session.rules.overlap)
        return min(MOST, max(FEWEST, wanted))

    def _accuracy(self, session: Session, revote: Revote) -> float | None:
        trained = self._trained.of(session)
        policy = next((run for run in trained.policies if run.spec.id == revote.new), None)
        scored_by = policy.spec.reward.run_id if policy is not None and policy.spec.reward is not None else None
        rewards = [run for run in trained.rewards if scored_by in (None, run.spec.id)]
        return self._trained.held_out_accuracy(session, rewards[0]) if rewards else None

    def _name(self, workspace: str, checkpoint_id: str) -> str:
        try:
            return self._find(workspace, checkpoint_id).name
        except NotFound:
            return "a deleted checkpoint"


def _of_people(choices: Sequence[Revoted]) -> list[tuple[float, float]]:
    """(won by the new one, choices) of each person."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in choices:
        found[one.annotator].append(one.score)
    return [(sum(scores), len(scores)) for scores in found.values()]
