"""Who judges which pair next, in a session: the pair with the lowest load, on the side that keeps both sides even.

A pair's load is its labels and the leases on it that have not run out: a pair on somebody's screen is not given to all.
Once all that is missing is on somebody's screen, it goes to a second person too, who gets one such pair at a time:
the quick do not wait for the slow, and hardly a pair gets more labels than it should. Among the pairs that may come
next one is drawn uniformly; where a reward model of this session knows them, every other one is drawn by how undecided
it is.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Row, and_, bindparam, insert, select, update

from playground.preferences import tables
from playground.preferences.loads import Load, SessionPairs, Sides
from playground.preferences.reading import CHECKS, REVOTE
from playground.types import Json, content_hash

_assignment = tables.assignment
_COLUMNS = _assignment.c.pair, _assignment.c.left, _assignment.c.right, _assignment.c.strategy, _assignment.c.state
_MINE = (  # these three are made once: phones ask all the time
    select(*_COLUMNS, _assignment.c.id)
    .where(_assignment.c.annotator == bindparam("annotator"))
    .order_by(_assignment.c.shown_at)
)
_KEPT = (
    update(_assignment)
    .where(_assignment.c.id.in_(bindparam("tokens", expanding=True)))
    .values(lease_until=bindparam("until"))
)
_ASSIGNED = insert(_assignment)
CHECK_EVERY, GOLD_AT, REPEAT_AT = 12, 5, 11  # of an annotator's every twelve pairs, which one is what
REPEAT_AFTER = 6  # pairs between a pair and its repeat, at least


class Seen(NamedTuple):
    """What an annotator was given."""

    pair: str
    left: str
    right: str
    strategy: str
    state: str
    first_left: bool
    token: str = ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """What is to be shown next."""

    load: Load
    first_left: bool
    probability: float
    strategy: str = "uniform"


def choose(
    loads: Sequence[Load], tilt: int, rng: random.Random, undecided: Mapping[str, float] | None = None
) -> Assigned | None:
    """The next pair for an annotator whose own tilt this is; None where there is none left.

    One of the pairs of the lowest load whose side can serve the pair's balance and the annotator's at once; where
    there is none, of such pairs with one more; where there is none either, the pair's balance decides. The probability
    is that of the whole draw, whichever half of it chose.
    """
    if not loads:
        return None
    lowest = min(load.load for load in loads)
    agreeing = [load for load in loads if load.load <= lowest + 1 and load.tilt * tilt >= 0]
    tries = [(agreeing, lowest), (agreeing, lowest + 1), (loads, lowest)]
    candidates = next(found for some, most in tries if (found := [load for load in some if load.load <= most]))
    chosen, probability, strategy = _draw(candidates, rng, undecided or {})
    lean = chosen.tilt or tilt
    first_left = lean < 0 if lean else rng.random() < 0.5
    return Assigned(chosen, first_left, probability, strategy)


def may_come(loads: Sequence[Load], target: int, tilt: int, holding: bool) -> Sequence[Load]:
    """Of the pairs that an annotator has not seen, those that may come next. target: labels that each should get.

    tilt: the annotator's own. holding: whether the annotator has something to judge already.
    """
    missing = [load for load in loads if load.labels < target]
    if not missing or any(load.load < target for load in missing):
        return loads
    if holding:
        return []
    agreeing = [load for load in missing if load.without_leases.tilt * tilt >= 0] or missing
    fewest = min(load.leases for load in agreeing)
    return [load.without_leases for load in agreeing if load.leases == fewest]


def _draw(candidates: Sequence[Load], rng: random.Random, undecided: Mapping[str, float]) -> tuple[Load, float, str]:
    """(which, how likely it was, by which half of the draw)."""
    uniform = 1 / len(candidates)
    weights = [undecided.get(load.pair, 0.0) for load in candidates]
    total = sum(weights)
    if not total:
        return rng.choice(candidates), uniform, "uniform"
    informed = rng.random() < 0.5
    (at,) = rng.choices(range(len(candidates)), weights if informed else None)
    return candidates[at], (uniform + weights[at] / total) / 2, "informative" if informed else "uniform"


def read_waiting(connection: Connection, annotator: str) -> list[str]:
    """The tokens of what the annotator was shown and has not judged, oldest first."""
    mine = and_(_assignment.c.annotator == annotator, _assignment.c.state == "shown")
    return list(connection.scalars(select(_assignment.c.id).where(mine).order_by(_assignment.c.shown_at)))


def open_assignments(
    connection: Connection, session: Row, pairs: SessionPairs, annotator: str, wanted: int
) -> list[str]:
    """The tokens of what the annotator has to judge, oldest first, filled up to `wanted`. Their leases begin anew."""
    mine = read_mine(connection, annotator, pairs)
    tokens = [one.token for one in mine if one.state == "shown"]
    if tokens:
        until = time.time() + pairs.lease_s
        connection.execute(_KEPT, {"tokens": tokens, "until": until})
    if len(tokens) < wanted:
        new = _chosen(connection, session, pairs, annotator, mine, range(len(tokens), wanted))
        until = time.time() + pairs.lease_s
        rows = [_row(session.id, annotator, assigned, until) for assigned in new]
        if rows:
            connection.execute(_ASSIGNED, rows)
        tokens += [row["id"] for row in rows]
    return tokens


def _chosen(
    connection: Connection, session: Row, pairs: SessionPairs, annotator: str, mine: list[Seen], places: range
) -> list[Assigned]:
    """What comes next for whoever has seen `mine`; places: those on the device that are free, 0 for an empty one."""
    loads = pairs.unseen(connection, session.id, {one.pair for one in mine})
    tilt = sum(1 if one.first_left else -1 for one in mine if one.strategy not in CHECKS)
    chosen: list[Assigned] = []
    for place in places:
        number = len(mine)
        seed = [session.id, session.seed, session.revotes, annotator, number]
        rng = random.Random(int(content_hash(seed)[:16], 16))
        check = None if session.revotes else due_check(number, mine, pairs.gold, rng)
        candidates = may_come(loads, session.target_overlap, tilt, place > 0)
        assigned = check or choose(candidates, tilt, rng, pairs.undecided)
        if assigned is None:
            break
        if session.revotes:
            assigned = Assigned(assigned.load, assigned.first_left, assigned.probability, REVOTE)
        chosen.append(assigned)
        mine = [*mine, _seen(assigned)]
        if check is None:
            tilt += 1 if assigned.first_left else -1
            pairs.give(assigned.load.pair, assigned.first_left)
            loads = [load for load in loads if load.pair != assigned.load.pair]
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


def read_mine(connection: Connection, annotator: str, pairs: SessionPairs) -> list[Seen]:
    """What this annotator was given of those pairs, oldest first."""
    given = connection.execute(_MINE, {"annotator": annotator})
    first = pairs.first
    return [Seen(*row[:5], row.left == first[row.pair], row.id) for row in given if row.pair in first]


def release(connection: Connection, annotator: str) -> None:
    """Let others have what this annotator was shown and did not judge; it stays theirs if they come back."""
    mine = and_(_assignment.c.annotator == annotator, _assignment.c.state == "shown")
    connection.execute(update(_assignment).where(mine).values(lease_until=time.time()))


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
