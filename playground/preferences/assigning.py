"""Who judges which pair next, in a session: the pair with the lowest load, on the side that keeps both sides even.

A pair's load is its labels and the leases on it that have not run out: a pair on somebody's screen is not given to all.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, func, insert, or_, select, update

from playground.preferences import tables
from playground.preferences.insertion import LEASE_S
from playground.preferences.reading import CHECKS
from playground.types import Json, content_hash

_assignment, _judgment, _annotator, _pair = tables.assignment, tables.judgment, tables.annotator, tables.pair
_x, _y = tables.completion.alias("x"), tables.completion.alias("y")
_RECENT = 101  # judgments whose median time decides how long a lease lasts
_LEASES = 3  # medians that one lasts
CHECK_EVERY, GOLD_AT, REPEAT_AT = 12, 5, 11  # of an annotator's every twelve pairs, which one is what
REPEAT_AFTER = 6  # pairs between a pair and its repeat, at least


class Sides(NamedTuple):
    """A pair of the session and its two completions; first is of the checkpoint first in the alphabet."""

    pair: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class SessionPairs:
    """What a session gives out."""

    main: list[Sides]
    gold: list[Sides]  # one completion of each is known to be better


class Seen(NamedTuple):
    """What an annotator was given."""

    pair: str
    left: str
    right: str
    strategy: str
    state: str
    first_left: bool


class Load(NamedTuple):  # made by the thousand, and a tuple is made four times as fast
    """A pair that an annotator has not seen, and what it carries."""

    pair: str
    first: str
    second: str
    load: int  # labels and leases
    first_left: int  # of those, how often the first completion was on the left

    @property
    def tilt(self) -> int:
        """How many times more often the first was on the left than the second."""
        return 2 * self.first_left - self.load


@dataclass(frozen=True, slots=True)
class Assigned:
    """What is to be shown next."""

    load: Load
    first_left: bool
    probability: float
    strategy: str = "uniform"


def choose(loads: Sequence[Load], tilt: int, rng: random.Random) -> Assigned | None:
    """The next pair for an annotator whose own tilt this is; None where there is none left.

    Uniformly among the pairs of the lowest load whose side can serve the pair's balance and the annotator's at
    once; where there is none, among such pairs with one more; where there is none either, the pair's balance decides.
    """
    if not loads:
        return None
    lowest = min(load.load for load in loads)
    agreeing = [load for load in loads if load.load <= lowest + 1 and load.tilt * tilt >= 0]
    tries = [(agreeing, lowest), (agreeing, lowest + 1), (loads, lowest)]
    candidates = next(found for some, most in tries if (found := [load for load in some if load.load <= most]))
    chosen = rng.choice(candidates)
    lean = chosen.tilt or tilt
    first_left = lean < 0 if lean else rng.random() < 0.5
    return Assigned(chosen, first_left, 1 / len(candidates))


def read_waiting(connection: Connection, annotator: str) -> list[str]:
    """The tokens of what the annotator was shown and has not judged, oldest first."""
    mine = and_(_assignment.c.annotator == annotator, _assignment.c.state == "shown")
    return list(connection.scalars(select(_assignment.c.id).where(mine).order_by(_assignment.c.shown_at)))


def open_assignments(
    connection: Connection, session: Row, sides: SessionPairs, annotator: str, wanted: int
) -> list[str]:
    """The tokens of what the annotator has to judge, oldest first, filled up to `wanted`. Their leases begin anew."""
    waiting = and_(_assignment.c.annotator == annotator, _assignment.c.state == "shown")
    until = time.time() + _lease_s(connection, session.id)
    connection.execute(update(_assignment).where(waiting).values(lease_until=until))
    tokens = read_waiting(connection, annotator)
    if len(tokens) < wanted:
        mine = read_mine(connection, annotator, sides)
        new = _chosen(connection, session, sides, annotator, mine, wanted - len(tokens))
        rows = [_row(session.id, annotator, assigned, until) for assigned in new]
        if rows:
            connection.execute(insert(_assignment), rows)
        tokens += [row["id"] for row in rows]
    return tokens


def _chosen(
    connection: Connection, session: Row, sides: SessionPairs, annotator: str, mine: list[Seen], n: int
) -> list[Assigned]:
    """Up to n that come next for whoever has seen `mine`. Whoever has seen every pair costs no count of the loads."""
    known = {one.pair for one in mine}
    unseen = [one for one in sides.main if one.pair not in known]
    loads = read_loads(connection, session.id, unseen) if unseen else []
    tilt = sum(1 if one.first_left else -1 for one in mine if one.strategy not in CHECKS)
    chosen: list[Assigned] = []
    for number in range(len(mine), len(mine) + n):
        rng = random.Random(int(content_hash([session.id, session.seed, annotator, number])[:16], 16))
        check = due_check(number, mine, sides.gold, rng)
        assigned = check or choose(loads, tilt, rng)
        if assigned is None:
            break
        chosen.append(assigned)
        mine = [*mine, _seen(assigned)]
        if check is None:
            tilt += 1 if assigned.first_left else -1
            loads = [load for load in loads if load is not assigned.load]
    return chosen


def due_check(number: int, mine: Sequence[Seen], gold: Sequence[Sides], rng: random.Random) -> Assigned | None:
    """One in twelve repeats a pair that was judged six or more before, with its sides swapped; one is a gold pair."""
    if number % CHECK_EVERY == GOLD_AT:
        known = {one.pair for one in mine}
        unseen = [one for one in gold if one.pair not in known]
        if unseen:
            load = Load(*rng.choice(unseen), 0, 0)
            return Assigned(load, rng.random() < 0.5, 1 / len(unseen), "gold")
    if number % CHECK_EVERY == REPEAT_AT:
        repeated = {one.pair for one in mine if one.strategy == "repeat"}
        ripe = [one for one in mine[:-REPEAT_AFTER] if one.state == "judged" and one.strategy not in CHECKS]
        one = next((one for one in ripe if one.pair not in repeated), None)
        if one is not None:
            return Assigned(Load(one.pair, one.right, one.left, 0, 0), True, 1.0, "repeat")
    return None


def read_mine(connection: Connection, annotator: str, sides: SessionPairs) -> list[Seen]:
    """All that this annotator was given, oldest first."""
    columns = _assignment.c.pair, _assignment.c.left, _assignment.c.right, _assignment.c.strategy, _assignment.c.state
    question = select(*columns).where(_assignment.c.annotator == annotator).order_by(_assignment.c.shown_at)
    first = {one.pair: one.first for one in (*sides.main, *sides.gold)}
    return [Seen(*row, row.left == first[row.pair]) for row in connection.execute(question)]


def read_sides(connection: Connection, session: str) -> SessionPairs:
    """All pairs of the session; they never change."""
    question = (
        select(_pair.c.id, _pair.c.x, _pair.c.y, _stands_first(_x, _y), _pair.c.kind)
        .select_from(_pair.join(_x, _pair.c.x == _x.c.id).join(_y, _pair.c.y == _y.c.id))
        .where(_pair.c.workspace == session)
        .order_by(_pair.c.id)
    )
    found: dict[str, list[Sides]] = {"main": [], "gold": []}
    for pair, x, y, x_first, kind in connection.execute(question):
        found[kind].append(Sides(pair, *((x, y) if x_first else (y, x))))
    return SessionPairs(**found)


def read_loads(connection: Connection, session: str, sides: Sequence[Sides]) -> list[Load]:
    """What those pairs carry. It runs for every few votes of everybody, so it reads one index and nothing else."""
    leased = and_(_assignment.c.state == "shown", _assignment.c.lease_until > time.time())
    counts = and_(or_(leased, _assignment.c.state == "judged"), _assignment.c.strategy.not_in(CHECKS), _stays(session))
    question = select(_assignment.c.pair, _assignment.c.left, func.count()).where(_assignment.c.workspace == session)
    found = connection.execute(question.where(counts).group_by(_assignment.c.pair, _assignment.c.left)).all()
    carried = {(pair, left): n for pair, left, n in found}
    get = carried.get
    shown = ((one, get((one.pair, one.first), 0), get((one.pair, one.second), 0)) for one in sides)
    return [Load(*one, first_left + second_left, first_left) for one, first_left, second_left in shown]


def _stays(session: str) -> ColumnElement[bool]:
    """Whose votes count: those of people who have not withdrawn."""
    gone = select(_annotator.c.id).where(_annotator.c.session == session, _annotator.c.withdrawn_at.is_not(None))
    return _assignment.c.annotator.not_in(gone)


def _stands_first(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether that completion is its pair's first: by checkpoint, then by id."""
    mine, its = func.coalesce(one.c.checkpoint, ""), func.coalesce(other.c.checkpoint, "")
    return or_(mine < its, and_(mine == its, one.c.id < other.c.id))


def read_labels(connection: Connection, session: str) -> list[int]:
    """How many labels each pair of the session has."""
    judged = and_(_assignment.c.state == "judged", _assignment.c.strategy.not_in(CHECKS))
    labels = and_(_assignment.c.pair == _pair.c.id, judged, _stays(session))
    question = select(func.count(_assignment.c.id)).select_from(_pair.outerjoin(_assignment, labels))
    mine = question.where(_pair.c.workspace == session, _pair.c.kind == "main")
    return list(connection.scalars(mine.group_by(_pair.c.id)))


def release(connection: Connection, annotator: str) -> None:
    """Let others have what this annotator was shown and did not judge; it stays theirs if they come back."""
    mine = and_(_assignment.c.annotator == annotator, _assignment.c.state == "shown")
    connection.execute(update(_assignment).where(mine).values(lease_until=time.time()))


def _lease_s(connection: Connection, session: str) -> float:
    """How long a pair stays with whom it was given to: three times as long as judging one takes here."""
    question = select(_judgment.c.decision_ms).where(
        _judgment.c.workspace == session, _judgment.c.decision_ms.is_not(None)
    )
    times = sorted(connection.scalars(question.order_by(_judgment.c.seq.desc()).limit(_RECENT)))
    return max(LEASE_S, _LEASES * times[len(times) // 2] / 1000) if times else LEASE_S


def _row(session: str, annotator: str, assigned: Assigned, until: float) -> Json:
    left, right = _shown(assigned)
    return {
        "id": secrets.token_urlsafe(16),
        "workspace": session,
        "annotator": annotator,
        "pair": assigned.load.pair,
        "left": left,
        "right": right,
        "strategy": assigned.strategy,
        "selection_probability": assigned.probability,
        "lease_until": until,
        "shown_at": time.time(),
        "state": "shown",
    }


def _seen(assigned: Assigned) -> Seen:
    return Seen(assigned.load.pair, *_shown(assigned), assigned.strategy, "shown", assigned.first_left)


def _shown(assigned: Assigned) -> tuple[str, str]:
    load = assigned.load
    return (load.first, load.second) if assigned.first_left else (load.second, load.first)
