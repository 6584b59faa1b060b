"""A session's end: all that people chose in it is deleted, by its host or when its time is over.

What has learned from it stays as weights and curves; the choices themselves leave the run's data, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from playground.errors import NotAllowed
from playground.preferences.record import Session
from playground.preferences.store import PreferenceStore
from playground.runs.tail import RunShelf, RunSummary


@dataclass(frozen=True, slots=True)
class Gone:
    """What a deletion takes with it."""

    people: int
    choices: int
    frozen: int  # sets
    prompts: int  # that people who stay proposed, whatever became of them
    runs: tuple[str, ...]  # names of those that lose the choices they learned from; weights and curves stay


class Deletion:
    """Say what goes, delete it; look for sessions whose time is over."""

    def __init__(self, store: PreferenceStore, shelf: RunShelf, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def what_goes(self, workspace: str, id: str) -> Gone:
        """Before anything is deleted. Raises: NotFound."""
        session = self._store.sessions.find(workspace, id)
        arrived = self._store.people.arrived(id, None)
        people = self._store.sessions.live(workspace, id).joined
        frozen = len(self._store.snapshot_ids(id, what_if=True))
        prompts = len(self._store.proposals.all(id))
        return Gone(people, arrived.stored, frozen, prompts, tuple(run.spec.name for run in self._runs(session)))

    def delete(self, workspace: str, id: str) -> None:
        """Delete the session and all that was chosen in it. Raises: NotFound; NotAllowed while a run learns from it."""
        session = self._store.sessions.find(workspace, id)
        ids, runs = self._store.judgment_ids(id), self._runs(session)
        for run in runs:
            if run.active:
                raise NotAllowed(
                    f"{run.spec.name} is learning from it.", hint="Stop that run, then delete the session."
                )
        for run in runs:
            self._shelf.folder(workspace, run.spec.id).forget_rows(ids)
        self._store.erase(id)

    def delete_due(self) -> list[str]:
        """Delete the sessions whose time is over and that no run learns from now. Returns their ids."""
        deleted = []
        for session in self._store.sessions.due(self._clock()):
            with suppress(NotAllowed):  # the next look finds it again
                self.delete(session.host, session.id)
                deleted.append(session.id)
        return deleted

    def _runs(self, session: Session) -> list[RunSummary]:
        """Those that keep choices of it in their data, whichever set they were given."""
        ids = self._store.judgment_ids(session.id)
        found = self._shelf.summaries(session.host)
        return [
            run for run in found if not ids.isdisjoint(self._shelf.folder(session.host, run.spec.id).preference_ids())
        ]


def gone_words(gone: Gone) -> str:
    """What goes, for the host to read before it does."""
    choices, people = _counted(gone.choices, "choice"), _counted(gone.people, "person", "people")
    typed = f", {_counted(gone.prompts, 'prompt')} that they proposed" if gone.prompts else ""
    said = f"{choices} of {people}{typed} and {_counted(gone.frozen, 'set')} frozen from them are deleted for good."
    if not gone.runs:
        return said
    names = ", ".join(gone.runs)
    return f"{said} {names} keep their weights and curves, lose the choices they learned from, and cannot be resumed."


def _counted(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"
