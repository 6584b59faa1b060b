"""Each person of a session as only the host sees them, and what of their taps has arrived."""

from __future__ import annotations

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, or_, select, update

from playground.errors import NotAllowed, NotFound
from playground.preferences import tables
from playground.preferences.checks import checks_of, read_given
from playground.preferences.database import reading
from playground.preferences.insertion import note
from playground.preferences.proposals import end_pairs
from playground.preferences.reading import APART, EJECTED, read_usable_since
from playground.preferences.record import Arrived, Given, PersonQuality
from playground.preferences.resampling import agreeing
from playground.preferences.statistics import share_of

_annotator, _judgment, _event, _snapshot = tables.annotator, tables.judgment, tables.event, tables.snapshot


class PeopleStore:
    """Look at the people of a session; take one out, and let them back in."""

    def __init__(
        self, engine: Engine, write: Callable[[Callable[[Connection], Any]], Any], read_anew: Callable[[str], None]
    ) -> None:
        self._engine = engine
        self._write = write
        self._read_anew = read_anew  # called with a session whose pairs have changed: prompts go and come with people

    def all(self, session: str) -> list[PersonQuality]:
        """Everybody who has not withdrawn, in the order in which they joined."""
        stays = or_(_annotator.c.withdrawn_at.is_(None), _annotator.c.role == EJECTED)
        question = select(_annotator.c.id, _annotator.c.alias, _annotator.c.role)
        with reading(self._engine) as connection:
            people = connection.execute(
                question.where(_annotator.c.session == session, stays).order_by(_annotator.c.created_at)
            ).all()
            given, seconds = read_given(connection, session), _read_seconds(connection, session)
        by_person: dict[str, list[Given]] = defaultdict(list)
        for one in given:
            by_person[one.annotator].append(one)
        agreed = agreeing([one for one in given if one.strategy not in APART])
        return [_quality(row, by_person[row.id], seconds.get(row.id, []), agreed.get(row.id, (0, 0))) for row in people]

    def eject(self, session: str, person: str) -> None:
        """Take out all that this person chose, from now on; they get no more pairs. Raises: NotFound, NotAllowed."""
        self._mark(session, person, time.time(), EJECTED)

    def let_in(self, session: str, person: str) -> None:
        """Let what an ejected person chose count again. Who withdrew stays out: NotAllowed."""
        self._mark(session, person, None, "participant")

    def arrived(self, session: str, snapshot: str | None) -> Arrived:
        """How many choices were tapped, how many of them are stored, and what a frozen set has of them."""
        tapped = func.max(func.coalesce(_judgment.c.tapped, 0))
        question = select(tapped, func.count()).where(_judgment.c.workspace == session).group_by(_judgment.c.annotator)
        with reading(self._engine) as connection:
            counts = connection.execute(question).all()
            frozen = _frozen(connection, session, snapshot)
            later = read_usable_since(connection, session, frozen.created_at, frozen.tie_rule) if frozen else 0
        stored = sum(n for _, n in counts)
        return Arrived(sum(max(counted) for counted in counts), stored, frozen.count if frozen else None, later)

    def _mark(self, session: str, person: str, at: float | None, role: str) -> None:
        here = and_(_annotator.c.session == session, _annotator.c.id == person)

        def mark(connection: Connection) -> None:
            row = connection.execute(select(_annotator.c.withdrawn_at, _annotator.c.role).where(here)).first()
            if row is None:
                raise NotFound("Nobody of that id takes part here.", hint="Reload the page.")
            if row.withdrawn_at is not None and row.role != EJECTED:
                raise NotAllowed("This person has withdrawn.", hint="Only they can come back, by joining anew.")
            connection.execute(update(_annotator).where(here).values(withdrawn_at=at, role=role))
            if at:
                end_pairs(connection, person)
            self._read_anew(session)
            note(connection, session, "ejected" if at else "let in", person)

        self._write(mark)


def _quality(row: Row, given: list[Given], seconds: list[float], agreed: tuple[float, float]) -> PersonQuality:
    sides = Counter(one.choice for one in given)
    checks = checks_of(given)
    return PersonQuality(
        row.id,
        row.alias,
        row.role == EJECTED,
        len(given),
        checks.gold,
        checks.same,
        share_of(int(agreed[0]), int(agreed[1])),
        share_of(sides["left"], sides["left"] + sides["right"]),
        statistics.median(seconds) if seconds else None,
    )


def _read_seconds(connection: Connection, session: str) -> dict[str, list[float]]:
    """How long each person took for each choice that counts."""
    here = and_(_judgment.c.workspace == session, _judgment.c.valid.is_(True), _judgment.c.decision_ms.is_not(None))
    found: dict[str, list[float]] = defaultdict(list)
    for who, ms in connection.execute(select(_judgment.c.annotator, _judgment.c.decision_ms).where(here)):
        found[who].append(ms / 1000)
    return found


def _frozen(connection: Connection, session: str, snapshot: str | None) -> Row | None:
    """When that set was frozen, by which rule, and how many judgments are in it."""
    noted = and_(_event.c.workspace == session, _event.c.kind == "frozen", _event.c.subject == snapshot)
    joined = _snapshot.join(_event, noted)
    question = (
        select(_snapshot.c.created_at, _snapshot.c.tie_rule, _event.c.count)
        .select_from(joined)
        .where(_snapshot.c.id == snapshot)
    )
    return None if snapshot is None else connection.execute(question).first()
