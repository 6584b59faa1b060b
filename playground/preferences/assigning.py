"""Who judges which pair next, in a session: the pair with the lowest load, on the side that keeps both sides even.

A pair's load is its labels and the leases on it that have not run out: a pair on somebody's screen is not given to all.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Row, and_, case, func, insert, or_, select, update

from playground.preferences import tables
from playground.preferences.insertion import LEASE_S
from playground.types import Json, content_hash

_assignment, _judgment, _annotator, _pair = tables.assignment, tables.judgment, tables.annotator, tables.pair
_RECENT = 101  # judgments whose median time decides how long a lease lasts
_LEASES = 3  # medians that one lasts


@dataclass(frozen=True, slots=True)
class Load:
    """A pair of the session and what it carries."""

    pair: str
    x: str
    y: str
    load: int  # labels and leases
    left_x: int  # of those, how often x was on the left
    seen: bool  # by the annotator who asks

    @property
    def tilt(self) -> int:
        """How many times more often x was on the left than y."""
        return 2 * self.left_x - self.load


@dataclass(frozen=True, slots=True)
class Assigned:
    """What is to be shown next."""

    load: Load
    x_left: bool
    probability: float


def choose(loads: Sequence[Load], tilt: int, rng: random.Random) -> Assigned | None:
    """The next pair for an annotator whose own tilt this is; None where all were seen.

    Uniformly among the unseen pairs of the lowest load, and of those among the ones whose side can serve the pair's
    balance and the annotator's at once, where there are any.
    """
    unseen = [load for load in loads if not load.seen]
    if not unseen:
        return None
    lowest = min(load.load for load in unseen)
    candidates = [load for load in unseen if load.load == lowest]
    agreeing = [load for load in candidates if load.tilt * tilt >= 0] or candidates
    chosen = rng.choice(agreeing)
    lean = chosen.tilt or tilt
    x_left = lean < 0 if lean else rng.random() < 0.5
    return Assigned(chosen, x_left, 1 / len(agreeing))


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
        tilt += 1 if assigned.x_left else -1
        loads = [_with(load, assigned) for load in loads]
    return tokens


def read_loads(connection: Connection, session: str, annotator: str = "") -> list[Load]:
    """All pairs of the session with what they carry; seen is by that annotator."""
    leased = and_(_assignment.c.state == "shown", _assignment.c.lease_until > time.time())
    labelled = and_(_judgment.c.id.is_not(None), _judgment.c.choice != "skip")
    counts = and_(_annotator.c.withdrawn_at.is_(None), or_(leased, labelled))
    question = (
        select(
            _pair.c.id,
            _pair.c.x,
            _pair.c.y,
            func.coalesce(func.sum(case((counts, 1), else_=0)), 0).label("load"),
            func.coalesce(func.sum(case((and_(counts, _assignment.c.left == _pair.c.x), 1), else_=0)), 0).label("left"),
            func.coalesce(func.sum(case((_assignment.c.annotator == annotator, 1), else_=0)), 0).label("mine"),
        )
        .select_from(
            _pair.outerjoin(_assignment, _assignment.c.pair == _pair.c.id)
            .outerjoin(_judgment, and_(_judgment.c.assignment == _assignment.c.id, _judgment.c.valid.is_(True)))
            .outerjoin(_annotator, _annotator.c.id == _assignment.c.annotator)
        )
        .where(_pair.c.workspace == session)
        .group_by(_pair.c.id, _pair.c.x, _pair.c.y)
        .order_by(_pair.c.id)
    )
    return [Load(r.id, r.x, r.y, r.load, r.left, r.mine > 0) for r in connection.execute(question)]


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
    return replace(load, load=load.load + 1, left_x=load.left_x + assigned.x_left, seen=True)


def _tilt_of(connection: Connection, annotator: str) -> tuple[int, int]:
    """How many times more often the annotator saw x on the left than y, and how many pairs they were shown."""
    on_left = case((_assignment.c.left == _pair.c.x, 1), else_=-1)
    question = select(func.coalesce(func.sum(on_left), 0), func.count()).select_from(
        _assignment.join(_pair, _assignment.c.pair == _pair.c.id)
    )
    tilt, shown = connection.execute(question.where(_assignment.c.annotator == annotator)).one()
    return tilt, shown


def _lease_s(connection: Connection, session: str) -> float:
    """How long a pair stays with whom it was given to: three times as long as judging one takes here."""
    question = select(_judgment.c.decision_ms).where(
        _judgment.c.workspace == session, _judgment.c.decision_ms.is_not(None)
    )
    times = sorted(connection.scalars(question.order_by(_judgment.c.seq.desc()).limit(_RECENT)))
    return max(LEASE_S, _LEASES * times[len(times) // 2] / 1000) if times else LEASE_S


def _row(session: str, annotator: str, assigned: Assigned, until: float) -> Json:
    x, y = assigned.load.x, assigned.load.y
    left, right = (x, y) if assigned.x_left else (y, x)
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
