"""Re-votes: the people of a session judge the model before training against the one after it, on the same phones.

Its pairs are a kind of their own and its choices train nothing, so what was frozen stays what it was.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, insert, select, update

from playground.errors import NotAllowed, PlaygroundError
from playground.preferences import tables
from playground.preferences.database import reading
from playground.preferences.insertion import add_pairs, note, pair_rows
from playground.preferences.reading import REVOTE
from playground.preferences.record import Revote, Revoted, Session
from playground.types import Completion

_session, _assignment, _judgment = tables.session, tables.assignment, tables.judgment
_annotator, _table, _pair = tables.annotator, tables.revote, tables.pair
_left = tables.completion.alias("left")
_NEITHER = ("tie", "both_bad")


class RevoteStore:
    """Begin a re-vote, read it, read what was chosen in it."""

    def __init__(self, engine: Engine, write: Callable[[Callable[[Connection], Any]], Any]) -> None:
        self._engine = engine
        self._write = write

    def begin(
        self, session: Session, old: str, new: str, snapshot: str, pairs: Sequence[tuple[Completion, Completion]]
    ) -> Revote:
        """Give out these pairs (old, new) from now on, and nothing of an earlier round. Raises: NotAllowed."""
        number = session.revotes + 1
        rows = [pair_rows(session.id, *pair, f"{REVOTE} {number}") for pair in pairs if pair[0].text != pair[1].text]
        if not rows:
            raise PlaygroundError("The two models answer alike, so there is nothing to vote on.", hint="Train longer.")
        made = Revote(number, old, new, snapshot, time.time())

        def add(connection: Connection) -> Revote:
            now = connection.execute(select(_session.c.state, _session.c.revotes).where(_session.c.id == session.id))
            state, revotes = now.one()
            if state == "closed" or revotes != session.revotes:
                raise NotAllowed("The session was closed or has gone on meanwhile.", hint="Reload the page.")
            add_pairs(connection, rows)
            connection.execute(insert(_table), _row(session.id, made))
            waiting = and_(_assignment.c.workspace == session.id, _assignment.c.state == "shown")
            connection.execute(update(_assignment).where(waiting).values(state="over"))
            here = _session.c.id == session.id
            connection.execute(update(_session).where(here).values(revotes=number, state="open"))
            note(connection, session.id, REVOTE, session.id, len(rows))
            return made

        return self._write(add)

    def last(self, session: str) -> Revote | None:
        """The newest of the session; None before the first."""
        question = select(_table).where(_table.c.workspace == session).order_by(_table.c.number.desc()).limit(1)
        with reading(self._engine) as connection:
            found = connection.execute(question).first()
        return None if found is None else _revote(found)

    def choices(self, session: str, revote: Revote) -> list[Revoted]:
        """Who preferred which of the two, in the order of judging; a skip says nothing."""
        counts = and_(_judgment.c.valid.is_(True), _judgment.c.choice != "skip", _annotator.c.withdrawn_at.is_(None))
        question = (
            select(_judgment.c.annotator, _judgment.c.choice, _left.c.checkpoint)
            .select_from(
                _judgment.join(_assignment, _judgment.c.assignment == _assignment.c.id)
                .join(_annotator, _judgment.c.annotator == _annotator.c.id)
                .join(_pair, _assignment.c.pair == _pair.c.id)
                .join(_left, _assignment.c.left == _left.c.id)
            )
            .where(_judgment.c.workspace == session, _pair.c.kind == f"{REVOTE} {revote.number}", counts)
            .order_by(_judgment.c.seq)
        )
        with reading(self._engine) as connection:
            found = connection.execute(question).all()
        return [Revoted(who, _score(choice, left == revote.new)) for who, choice, left in found]


def _score(choice: str, new_left: bool) -> float:
    if choice in _NEITHER:
        return 0.5
    return float((choice == "left") == new_left)


def _row(session: str, revote: Revote) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "workspace": session,
        "number": revote.number,
        "old": revote.old,
        "new": revote.new,
        "snapshot": revote.snapshot,
        "created_at": revote.created_at,
    }


def _revote(row: Row) -> Revote:
    return Revote(row.number, row.old, row.new, row.snapshot, row.created_at)
