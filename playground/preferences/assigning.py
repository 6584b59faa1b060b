"""Who judges which pair next, in a session: the pair with the lowest load, on the side that keeps both sides even.

A pair's load is its labels and the leases on it that have not run out: a pair on somebody's screen is not given to all.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, case, func, insert, or_, select, update

from playground.preferences import tables
from playground.preferences.insertion import LEASE_S
from playground.types import Json, content_hash

_assignment, _judgment, _annotator, _pair = tables.assignment, tables.judgment, tables.annotator, tables.pair
_x, _y = tables.completion.alias("x"), tables.completion.alias("y")
_RECENT = 101  # judgments whose median time decides how long a lease lasts
_LEASES = 3  # medians that one lasts


@dataclass(frozen=True, slots=True)
class Load:
    """A pair of the session and what it carries. Its first completion is of the checkpoint first in the alphabet."""

    pair: str
    first: str
    second: str
    load: int  # labels and leases
    first_left: int  # of those, how often the first completion was on the left
    seen: bool  # by the annotator who asks

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


def choose(loads: Sequence[Load], tilt: int, rng: random.Random) -> Assigned | None:
    """The next pair for an annotator whose own tilt this is; None where all were seen.

    Uniformly among the unseen pairs of the lowest load whose side can serve the pair's balance and the annotator's at
    once; where there is none, among such pairs with one more; where there is none either, the pair's balance decides.
    """
    unseen = [load for load in loads if not load.seen]
    if not unseen:
        return None
    lowest = min(load.load for load in unseen)
    agreeing = [load for load in unseen if load.tilt * tilt >= 0]
    tries = [(agreeing, lowest), (agreeing, lowest + 1), (unseen, lowest)]
    candidates = next(found for some, most in tries if (found := [load for load in some if load.load <= most]))
    chosen = rng.choice(candidates)
    lean = chosen.tilt or tilt
    first_left = lean < 0 if lean else rng.random() < 0.5
    return Assigned(chosen, first_left, 1 / len(candidates))


def open_assignments(connection: Connection, session: Row, annotator: str, wanted: int, give: bool) -> list[str]:
    """The tokens of what the annotator has to judge, oldest first, filled up to `wanted` where new ones are given.

    Their leases begin anew.
    """
    mine = and_(_assignment.c.annotator == annotator, _assignment.c.state == "shown")
    until = time.time() + _lease_s(connection, session.id)
    connection.execute(update(_assignment).where(mine).values(lease_until=until))
    tokens = list(connection.scalars(select(_assignment.c.id).where(mine).order_by(_assignment.c.shown_at)))
    if not give or len(tokens) >= wanted:
        return tokens
    loads = read_loads(connection, session.id, annotator)
    tilt, shown = _tilt_of(connection, annotator)
    for number in range(shown, shown + wanted - len(tokens)):
        rng = random.Random(int(content_hash([session.id, session.seed, annotator, number])[:16], 16))
        assigned = choose(loads, tilt, rng)
        if assigned is None:
            break
        row = _row(session.id, annotator, assigned, until)
        connection.execute(insert(_assignment), row)
        tokens.append(row["id"])
        tilt += 1 if assigned.first_left else -1
        loads = [_with(load, assigned) for load in loads]
    return tokens


def read_loads(connection: Connection, session: str, annotator: str = "") -> list[Load]:
    """All pairs of the session with what they carry; seen is by that annotator."""
    leased = and_(_assignment.c.state == "shown", _assignment.c.lease_until > time.time())
    labelled = and_(_judgment.c.id.is_not(None), _judgment.c.choice != "skip")
    counts = and_(_annotator.c.withdrawn_at.is_(None), or_(leased, labelled))
    carried = func.sum(case((counts, 1), else_=0))
    on_left = func.sum(case((and_(counts, _assignment.c.left == _pair.c.x), 1), else_=0))
    mine = func.sum(case((_assignment.c.annotator == annotator, 1), else_=0))
    x_first = _stands_first(_x, _y)
    given = _pair.join(_x, _pair.c.x == _x.c.id).join(_y, _pair.c.y == _y.c.id)
    live = and_(_judgment.c.assignment == _assignment.c.id, _judgment.c.valid.is_(True))
    question = (
        select(_pair.c.id, _pair.c.x, _pair.c.y, x_first.label("x_first"), carried, on_left, mine)
        .select_from(
            given.outerjoin(_assignment, _assignment.c.pair == _pair.c.id)
            .outerjoin(_judgment, live)
            .outerjoin(_annotator, _annotator.c.id == _assignment.c.annotator)
        )
        .where(_pair.c.workspace == session)
        .group_by(_pair.c.id, _pair.c.x, _pair.c.y, x_first)
        .order_by(_pair.c.id)
    )
    return [_load(*row) for row in connection.execute(question)]


def _load(pair: str, x: str, y: str, x_first: bool, load: int, x_left: int, mine: int) -> Load:
    if x_first:
        return Load(pair, x, y, load, x_left, mine > 0)
    return Load(pair, y, x, load, load - x_left, mine > 0)


def _stands_first(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether that completion is its pair's first: by checkpoint, then by id."""
    mine, its = func.coalesce(one.c.checkpoint, ""), func.coalesce(other.c.checkpoint, "")
    return or_(mine < its, and_(mine == its, one.c.id < other.c.id))


def read_labels(connection: Connection, session: str) -> list[int]:
    """How many labels each pair of the session has."""
    live = and_(_judgment.c.assignment == _assignment.c.id, _judgment.c.valid.is_(True), _judgment.c.choice != "skip")
    stays = and_(_annotator.c.id == _judgment.c.annotator, _annotator.c.withdrawn_at.is_(None))
    given = _pair.outerjoin(_assignment, _assignment.c.pair == _pair.c.id)
    question = select(func.count(_annotator.c.id)).select_from(
        given.outerjoin(_judgment, live).outerjoin(_annotator, stays)
    )
    return list(connection.scalars(question.where(_pair.c.workspace == session).group_by(_pair.c.id)))


def release(connection: Connection, annotator: str) -> None:
    """Let others have what this annotator was shown and did not judge; it stays theirs if they come back."""
    mine = and_(_assignment.c.annotator == annotator, _assignment.c.state == "shown")
    connection.execute(update(_assignment).where(mine).values(lease_until=time.time()))


def _with(load: Load, assigned: Assigned) -> Load:
    if load.pair != assigned.load.pair:
        return load
    return replace(load, load=load.load + 1, first_left=load.first_left + assigned.first_left, seen=True)


def _tilt_of(connection: Connection, annotator: str) -> tuple[int, int]:
    """How many times more often the annotator had the first on the left, and how many pairs they were shown."""
    on_left = case((_stands_first(_x, _y), 1), else_=-1)
    shown = _assignment.join(_x, _assignment.c.left == _x.c.id).join(_y, _assignment.c.right == _y.c.id)
    question = select(func.coalesce(func.sum(on_left), 0), func.count()).select_from(shown)
    tilt, count = connection.execute(question.where(_assignment.c.annotator == annotator)).one()
    return tilt, count


def _lease_s(connection: Connection, session: str) -> float:
    """How long a pair stays with whom it was given to: three times as long as judging one takes here."""
    question = select(_judgment.c.decision_ms).where(
        _judgment.c.workspace == session, _judgment.c.decision_ms.is_not(None)
    )
    times = sorted(connection.scalars(question.order_by(_judgment.c.seq.desc()).limit(_RECENT)))
    return max(LEASE_S, _LEASES * times[len(times) // 2] / 1000) if times else LEASE_S


def _row(session: str, annotator: str, assigned: Assigned, until: float) -> Json:
    load = assigned.load
    left, right = (load.first, load.second) if assigned.first_left else (load.second, load.first)
    return {
        "id": secrets.token_urlsafe(16),
        "workspace": session,
        "annotator": annotator,
        "pair": assigned.load.pair,
        "left": left,
        "right": right,
        "strategy": "uniform",
        "selection_probability": assigned.probability,
        "lease_until": until,
        "shown_at": time.time(),
        "state": "shown",
    }
