"""A room of people who judge pairs on their phones: what the host does, and what a participant does.

A host's methods begin with the host's workspace. A participant has no workspace and reaches nothing but the methods
that begin with the secret of their device.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from playground.completions.prompt_files import read_prompts
from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.pocket.known_answers import known_answers
from playground.preferences.completion_files import CompletionSet
from playground.preferences.record import (
    Arrived,
    LiveCounts,
    Participant,
    PersonQuality,
    Rules,
    Session,
    SetCounts,
    ShownPair,
    TieRule,
)
from playground.preferences.sessions import State
from playground.preferences.store import PreferenceStore
from playground.preferences.what_if import WhatIf
from playground.settings import Settings
from playground.table_files import BadRow
from playground.types import Checkpoint, Choice, Prompt, Snapshot
from playground.workbench.hands import Pair
from playground.workbench.pace import Pace
from playground.workbench.pairs import FindCheckpoint, PairPool
from playground.workbench.session_pairs import sample_pairs
from playground.workbench.session_prompts import asked
from playground.workbench.session_recipe import DEFAULT, Recipe, check_recipe
from playground.workbench.session_uploads import pairs_of, read_unnamed

MOST_PAIRS = 1000  # of a session
MOST_OVERLAP = 10
MOST_PEOPLE = 1000  # in a session: who judged, or joined just now
MOST_DAYS = 3650  # that a session is kept
LONGEST_TITLE = 80
LONGEST_TEXT = 4000  # of the rubric and of what people consent to


class Workshop:
    """Make a session, open and freeze it, watch it; join it, judge, undo, leave, withdraw."""

    def __init__(self, settings: Settings, store: PreferenceStore, pairs: PairPool, checkpoint: FindCheckpoint) -> None:
        self._checkpoint = checkpoint
        self._settings = settings
        self._store = store
        self._sessions = store.sessions
        self._pairs = pairs
        self._asking = Pace(burst=40, per_s=2)  # a phone that was without a network sends what waited at once
        self._joining = Pace(burst=400, per_s=20)  # a room scans the code at once

    # --- the host ---------------------------------------------------------------------------------------------------

    def make(
        self, workspace: str, rules: Rules, checkpoint_ids: Sequence[str], n: int, recipe: Recipe = DEFAULT
    ) -> Session:
        """A session over n pairs sampled now: from one checkpoint both completions, from two one each.

        The older checkpoint is the one that is trained on it. recipe: where it brings completions, their pairs are
        judged instead, however many they are.
        """
        self.require_host()
        _check(rules, checkpoint_ids, n)
        check_recipe(recipe)
        compared = [self._checkpoint(workspace, one) for one in checkpoint_ids]
        pairs, later = self._material(workspace, compared, n, recipe)
        known = known_answers(recipe.known, secrets.randbelow(2**31))
        return self._sessions.create(workspace, rules, pairs, known, later, _older(compared).id)

    def read_completions(self, path: Path) -> tuple[list[CompletionSet], list[BadRow]]:
        """What a file holds for people to judge, and the rows refused with why."""
        return read_unnamed(path, self._settings.upload_limits)

    def read_prompts(self, path: Path) -> tuple[list[Prompt], list[BadRow]]:
        """The prompts that a file holds, and the rows refused with why."""
        return read_prompts(path, self._settings.upload_limits)

    def _material(
        self, workspace: str, compared: Sequence[Checkpoint], n: int, recipe: Recipe
    ) -> tuple[list[Pair], Sequence[Prompt]]:
        """The pairs, and what the second vote asks."""
        if recipe.sets is not None:
            pairs = pairs_of(recipe.sets, MOST_PAIRS)
            return pairs, list({pair[0].prompt.key: pair[0].prompt for pair in pairs}.values())
        prompts = asked(recipe.prompts, recipe.own, secrets.randbelow(2**31))
        return sample_pairs(self._pairs, workspace, compared, n, ask=prompts.ask, k=recipe.k), prompts.later

    def all(self, workspace: str) -> list[Session]:
        """The host's sessions, newest first."""
        return self._sessions.all(workspace)

    def find(self, workspace: str, id: str) -> Session:
        """One of them. Raises: NotFound."""
        return self._sessions.find(workspace, id)

    def move(self, workspace: str, id: str, state: State) -> Session:
        """Open, pause or close a session. One that closes with nothing frozen keeps what was judged.

        None opens where the disk loses what a killed process had stored.
        """
        if state == "open":
            self.require_host()
            self._store.check_disk()
        session = self._sessions.move(workspace, id, state)
        return self._keep(workspace, session) if state == "closed" and session.snapshot is None else session

    def live(self, workspace: str, id: str) -> tuple[LiveCounts, SetCounts]:
        """Who is there, how far the pairs are; what the choices are."""
        tie_rule = self.find(workspace, id).rules.tie_rule
        return self._sessions.live(workspace, id), self._store.counts(id, tie_rule)

    def people(self, workspace: str, id: str) -> list[PersonQuality]:
        """How each person judges."""
        return self._store.people.all(self.find(workspace, id).id)

    def eject(self, workspace: str, id: str, person: str) -> None:
        """Take out all that this person chose, and give them no more pairs."""
        self._store.people.eject(self.find(workspace, id).id, person)

    def let_in(self, workspace: str, id: str, person: str) -> None:
        """Let an ejected person take part again, with all that they chose."""
        self._store.people.let_in(self.find(workspace, id).id, person)

    def arrived(self, workspace: str, id: str) -> Arrived:
        """What became of the taps on the phones."""
        session = self.find(workspace, id)
        return self._store.people.arrived(id, session.snapshot)

    def freeze(self, workspace: str, id: str) -> Snapshot:
        """Give out no more pairs, and keep the preferences as they are now for training. Later votes are kept apart.

        Once there was a re-vote, what it is about stays frozen as it was.
        """
        session = self.find(workspace, id)
        if session.state != "closed":
            session = self._sessions.move(workspace, id, "frozen")
        if not session.revotes:
            self._keep(workspace, session)
        return self.frozen(workspace, id)

    def frozen(self, workspace: str, id: str) -> Snapshot:
        """What was frozen last, less all of who has gone since. Raises: NotFound where nothing was frozen."""
        session = self.find(workspace, id)
        if session.snapshot is None:
            raise NotFound("Nothing of this session is frozen.", hint="Freeze it first.")
        return self._store.still_given(id, session.snapshot)

    def what_if(self, workspace: str, id: str, what_if: WhatIf, person: str = "") -> Snapshot:
        """The frozen set as it would be; person: the id of who is left out. Raises: NotFound before a freeze."""
        return self._store.what_if(id, self.frozen(workspace, id), what_if, person)

    def _keep(self, workspace: str, session: Session) -> Session:
        snapshot = self._store.snapshot(session.id, named=False, tie_rule=session.rules.tie_rule)
        return self._sessions.keep_snapshot(workspace, session.id, snapshot.id)

    def start_id(self, workspace: str, id: str) -> str:
        """Which checkpoint training starts from: of those compared, the older one. Raises: NotFound."""
        start = self.find(workspace, id).start
        ids = [start] if start else self._sessions.checkpoints(workspace, id)
        return _older([self._checkpoint(workspace, one) for one in ids]).id

    # --- a participant ----------------------------------------------------------------------------------------------

    def greet(self, code: str) -> Session:
        """The session of that code: what is shown before anybody consents."""
        return self._sessions.by_code(code)

    def join(self, code: str, secret: str, alias: str, scope: Literal["train", "publish"]) -> Participant:
        """Take part, consenting to that use. The same secret again is the same person."""
        session = self.greet(code)
        self._joining.take(session.id)
        return self._taking_part(self._sessions.join(code, secret, alias, scope, MOST_PEOPLE))

    def pairs(self, secret: str) -> tuple[Session, list[ShownPair]]:
        """What this person has to judge, and how the session is."""
        person = self._asks(secret)
        if person.ejected:
            return replace(person.session, state="ejected"), []
        self._taking_part(person)
        waiting = [] if person.session.state == "closed" else self._sessions.to_judge(person)
        return person.session, waiting

    def vote(
        self,
        secret: str,
        token: str,
        choice: Choice,
        *,
        judgment_id: str,
        decision_ms: int | None = None,
        source: str = "touch",
        comment: str = "",
        client_time: float | None = None,
        tapped: int | None = None,
    ) -> Session:
        """Store a choice; returns the session once it is on disk. The same judgment_id again changes nothing."""
        person = self._person(secret)
        if person.session.state == "closed":
            raise NotAllowed("This session has ended.", hint="Thank you; nothing more is needed.")
        self._store.judge(
            person.session.id,
            token,
            choice,
            id=judgment_id,
            decision_ms=decision_ms,
            input=source,
            comment=comment,
            by=person.annotator,
            client_time=client_time,
            tapped=tapped,
        )
        return person.session

    def undo(self, secret: str, judgment_id: str) -> bool:
        """Take that choice back; its pair waits again. False: it was not there, or taken back before."""
        person = self._person(secret)
        return self._store.undo(person.session.id, person.annotator, judgment_id) is not None

    def leave(self, secret: str) -> None:
        """Let others have the pairs on this person's screen. They may come back."""
        self._sessions.leave(self._asks(secret))

    def withdraw(self, secret: str) -> None:
        """Leave all that this person judged out of every later snapshot, for good. Again: nothing changes."""
        person = self._sessions.participant(secret)
        if person.ejected or not person.withdrawn:
            self._store.withdraw(person.session.id, person.annotator)

    def _person(self, secret: str) -> Participant:
        return self._taking_part(self._asks(secret))

    def _asks(self, secret: str) -> Participant:
        person = self._sessions.participant(secret)
        self._asking.take(person.annotator.id)
        return person

    def _taking_part(self, person: Participant) -> Participant:
        if person.ejected:
            raise NotAllowed("The host has taken your choices out.", hint="Ask the host if that is a mistake.")
        if person.withdrawn:
            raise NotAllowed("You have withdrawn; your choices are not used.", hint="Join again to take part anew.")
        return person

    def require_host(self) -> None:
        """Raises: NotAllowed where a visitor would be as much of a host as the host."""
        if self._settings.mode == "demo":
            hint = "Set PLAYGROUND_HOST_PASSWORD or PLAYGROUND_OWNERS on this Space, or run the playground yourself."
            raise NotAllowed("On a shared demo nobody is host.", hint=hint)
        if self._settings.mode == "local" and not self._settings.for_this_machine_only:
            where = f"This playground listens at {self._settings.host} without a password"
            hint = "Set PLAYGROUND_HOST_PASSWORD and start it again."
            raise NotAllowed(f"{where}: everybody who reaches it would be host.", hint=hint)


def _older(compared: Sequence[Checkpoint]) -> Checkpoint:
    return min(compared, key=lambda checkpoint: checkpoint.created_at)


def _check(rules: Rules, checkpoint_ids: Sequence[str], n: int) -> None:
    if len(set(checkpoint_ids)) not in (1, 2):
        hint = "Choose one, whose completions are compared among themselves, or two."
        raise PlaygroundError(f"{len(set(checkpoint_ids))} checkpoints are chosen.", hint=hint)
    if not 1 <= n <= MOST_PAIRS:
        raise PlaygroundError(f"{n} pairs are asked for.", hint=f"Ask for 1 to {MOST_PAIRS}.")
    if not 1 <= rules.overlap <= MOST_OVERLAP:
        hint = f"Ask for 1 to {MOST_OVERLAP}."
        raise PlaygroundError(f"{rules.overlap} labels are asked for on each pair.", hint=hint)
    if rules.tie_rule not in get_args(TieRule):
        hint = f"Choose one of {', '.join(get_args(TieRule))}."
        raise PlaygroundError(f"The tie rule is {rules.tie_rule!r}.", hint=hint)
    if not 0 <= rules.keep_days <= MOST_DAYS:
        raise PlaygroundError(
            f"{rules.keep_days} days are asked for.", hint=f"Ask for 1 to {MOST_DAYS}, or 0 for ever."
        )
    for name, text, most in (
        ("title", rules.title, LONGEST_TITLE),
        ("question", rules.rubric, LONGEST_TEXT),
        ("consent", rules.consent, LONGEST_TEXT),
    ):
        if not 1 <= len(text.strip()) <= most:
            raise PlaygroundError(f"The {name} has {len(text.strip())} characters.", hint=f"Write 1 to {most}.")
    longest = max((len(text) for one in rules.translations for text in (one.rubric, one.consent)), default=0)
    if longest > LONGEST_TEXT:
        raise PlaygroundError(f"A translation has {longest} characters.", hint=f"Write at most {LONGEST_TEXT}.")
