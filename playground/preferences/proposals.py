"""Prompts that people in a session type. The host alone sees them until one is approved and becomes a pair.

They go with whoever typed them: once that person has withdrawn or was taken out, no pair on them is given out, and no
choice on them counts. Who withdraws does so for good, and what they typed is deleted, but for the pairs it became.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select, update

from playground.errors import NotAllowed, NotFound
from playground.preferences import tables
from playground.preferences.database import reading
from playground.preferences.insertion import add_pairs, note, pair_rows
from playground.preferences.record import Participant, Proposal
from playground.types import Completion

MOST_EACH = 5  # of one person
MOST_WAITING = 200  # of a session

_session, _annotator, _assignment = tables.session, tables.annotator, tables.assignment
_proposal, _pair = tables.proposal, tables.pair
_STAYS = _proposal.join(_annotator, and_(_proposal.c.annotator == _annotator.c.id, _annotator.c.withdrawn_at.is_(None)))


class ProposalStore:
    """Ask for them or not; take one; list, approve or decline them."""

    def __init__(
        self, engine: Engine, write: Callable[[Callable[[Connection], Any]], Any], read_anew: Callable[[str], None]
    ) -> None:
        self._engine = engine
        self._write = write
        self._read_anew = read_anew  # called with a session whose pairs have changed

    def ask(self, session: str, on: bool) -> None:
        """Whether people may propose prompts from now on."""
        here = update(_session).where(_session.c.id == session).values(asks_for_prompts=on)
        self._write(lambda connection: connection.execute(here))

    def add(self, person: Participant, text: str) -> None:
        """Keep one for the host to read. The same text of the same person again is harmless. Raises: NotAllowed."""
        mine = _proposal.c.annotator == person.annotator.id
        row = {
            "id": uuid.uuid4().hex,
            "workspace": person.session.id,
            "annotator": person.annotator.id,
            "text": text,
            "state": "waiting",
            "created_at": time.time(),
        }

        def add(connection: Connection) -> None:
            texts = list(connection.scalars(select(_proposal.c.text).where(mine)))
            if text in texts:
                return
            if len(texts) >= MOST_EACH:
                raise NotAllowed(
                    f"You have proposed {len(texts)} prompts.", hint=f"One person can propose {MOST_EACH}."
                )
            if _waiting(connection, person.session.id) >= MOST_WAITING:
                raise NotAllowed(f"{MOST_WAITING} prompts wait for the host.", hint="Try again once some are read.")
            connection.execute(insert(_proposal), row)
            note(connection, person.session.id, "proposed", row["id"])

        self._write(add)

    def all(self, session: str) -> list[Proposal]:
        """Those of people who stay, oldest first."""
        question = select(_proposal.c.id, _proposal.c.text, _proposal.c.state).select_from(_STAYS)
        here = question.where(_proposal.c.workspace == session).order_by(_proposal.c.created_at, _proposal.c.id)
        with reading(self._engine) as connection:
            return [Proposal(*row) for row in connection.execute(here)]

    def waiting(self, session: str) -> int:
        """How many the host has not decided on."""
        with reading(self._engine) as connection:
            return _waiting(connection, session)

    def find(self, session: str, id: str) -> Proposal:
        """One that waits. Raises: NotFound."""
        found = next((one for one in self.all(session) if one.id == id and one.state == "waiting"), None)
        if found is None:
            raise NotFound("That prompt does not wait for you any more.", hint="Look at the list again.")
        return found

    def approve(self, session: str, id: str, pair: tuple[Completion, Completion]) -> None:
        """Give out that pair on it from now on. Raises: NotFound where it does not wait any more."""
        rows = pair_rows(session, *pair)

        def add(connection: Connection) -> None:
            add_pairs(connection, [rows])
            _decide(connection, session, id, {"state": "approved", "prompt": rows.prompt["id"]})
            self._read_anew(session)

        self._write(add)

    def decline(self, session: str, id: str) -> None:
        """Show it to nobody. Raises: NotFound where it does not wait any more."""
        self._write(lambda connection: _decide(connection, session, id, {"state": "declined"}))


def end_pairs(connection: Connection, annotator: str) -> None:
    """Take the pairs on that person's prompts off the screens of others."""
    typed = select(_proposal.c.prompt).where(_proposal.c.annotator == annotator, _proposal.c.prompt.is_not(None))
    theirs = _assignment.c.pair.in_(select(_pair.c.id).where(_pair.c.prompt.in_(typed)))
    connection.execute(update(_assignment).where(theirs, _assignment.c.state == "shown").values(state="over"))


def forget_typed(connection: Connection, annotator: str) -> None:
    """Delete what that person typed. Of what was approved it is kept that it was theirs: nothing on it counts."""
    mine = _proposal.c.annotator == annotator
    connection.execute(delete(_proposal).where(mine, _proposal.c.prompt.is_(None)))
    connection.execute(update(_proposal).where(mine).values(text=""))


def _waiting(connection: Connection, session: str) -> int:
    here = and_(_proposal.c.workspace == session, _proposal.c.state == "waiting")
    return connection.scalar(select(func.count()).select_from(_STAYS).where(here))


def _decide(connection: Connection, session: str, id: str, values: dict[str, str]) -> None:
    stays = select(_annotator.c.id).where(_annotator.c.withdrawn_at.is_(None))
    waits = and_(_proposal.c.workspace == session, _proposal.c.id == id, _proposal.c.state == "waiting")
    done = connection.execute(update(_proposal).where(waits, _proposal.c.annotator.in_(stays)).values(**values))
    if not done.rowcount:
        raise NotFound("That prompt does not wait for you any more.", hint="Look at the list again.")
    note(connection, session, values["state"], id)
