"""Who wrote what people chose between: for the whole room once the host reveals it, and for each person their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.errors import NotAllowed, NotFound
from playground.preferences.record import OwnChoice, Participant, Session, Standing, Written
from playground.preferences.standings import standings, told_apart
from playground.preferences.store import PreferenceStore
from playground.workbench.pairs import FindCheckpoint
from playground.workbench.shared import Shared
from playground.workbench.workshop import Workshop

OWN = 6  # of their last choices that a person is shown
_FRESH_S = 2.0  # a whole room asks at once


@dataclass(frozen=True, slots=True)
class Revealed:
    """What the room chose, by who wrote it."""

    names: dict[str | None, str]  # id of a checkpoint -> what it is called; None: texts that came in a file
    standings: tuple[Standing, ...]  # the strongest first; empty where all of it was written by one
    people: int
    choices: int
    apart: bool | None  # whether no two of them could be as good as each other; None: too few people to tell


class Reveals:
    """What a reveal tells. Before it, no participant is told anything."""

    def __init__(self, workshop: Workshop, store: PreferenceStore, find: FindCheckpoint) -> None:
        self._workshop = workshop
        self._store = store
        self._find = find
        self._shared: Shared[Revealed] = Shared(_FRESH_S)

    def room(self, workspace: str, id: str) -> Revealed | None:
        """Of one of the host's sessions; None before it is revealed or closed."""
        session = self._workshop.find(workspace, id)
        return self._of(session) if session.state in ("revealed", "closed") else None

    def mine(self, secret: str) -> tuple[Revealed, list[OwnChoice]]:
        """What the room chose, and the last choices of whoever asks. Raises: NotAllowed before the reveal."""
        person = self._workshop.person(secret)
        if person.session.state != "revealed":
            raise NotAllowed("Who wrote what is not shown yet.", hint="The host shows it once judging is over.")
        return self._of(person.session), self._own(person)

    def _own(self, person: Participant) -> list[OwnChoice]:
        return self._store.written.own(person.annotator.id, OWN)

    def _of(self, session: Session) -> Revealed:
        return self._shared.get(session.id, lambda: self._worked_out(session))

    def _worked_out(self, session: Session) -> Revealed:
        choices = self._store.written.choices(session.id)
        found = standings(choices)
        people = len({one.annotator for one in choices})
        return Revealed(self._names(session, choices), tuple(found), people, len(choices), told_apart(found))

    def _names(self, session: Session, choices: Sequence[Written]) -> dict[str | None, str]:
        writers = {name for one in choices for name in (one.left, one.right)}
        return {name: self._name(session.host, name) for name in writers}

    def _name(self, workspace: str, checkpoint: str | None) -> str:
        """An id is all that is left of a checkpoint that was deleted, or never was one of ours."""
        if checkpoint is None:
            return ""
        try:
            return self._find(workspace, checkpoint).name
        except NotFound:
            return checkpoint
