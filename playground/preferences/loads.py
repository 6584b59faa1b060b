"""What the pairs of a session carry: labels and leases, and on which sides.

Everything here runs on the writer's thread, which alone gives pairs out: it counts some times a second, and in between
adds what it gave out itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, or_, select

from playground.preferences import tables
from playground.preferences.insertion import LEASE_S
from playground.preferences.reading import CHECKS, GONE_PROMPTS

_assignment, _judgment, _annotator, _pair = tables.assignment, tables.judgment, tables.annotator, tables.pair
_x, _y = tables.completion.alias("x"), tables.completion.alias("y")
_RECENT = 101  # judgments whose median time decides how long a lease lasts
_LEASES = 3  # medians that one lasts
COUNT_EVERY_S = 0.25  # what that leaves unseen: a choice, a lease that ran out, a skip, a choice taken back


class Sides(NamedTuple):
    """A pair of the session and its two completions; first is of the checkpoint first in the alphabet."""

    pair: str
    first: str
    second: str


class Load(NamedTuple):  # made by the thousand, and a tuple is made four times as fast
    """A pair that an annotator has not seen, and what it carries."""

    pair: str
    first: str
    second: str
    load: int  # labels and leases
    first_left: int  # of those, how often the first completion was on the left
    labels: int = 0
    labels_first_left: int = 0

    @property
    def tilt(self) -> int:
        """How many times more often the first was on the left than the second."""
        return 2 * self.first_left - self.load

    @property
    def leases(self) -> int:
        """How many have it before them now."""
        return self.load - self.labels

    @property
    def without_leases(self) -> Load:
        """As if it were on nobody's screen; where its labels are even, the leases still say which side is next."""
        even = 2 * self.labels_first_left == self.labels
        leased = (self.tilt > 0) - (self.tilt < 0) if even else 0
        return self._replace(load=self.labels, first_left=self.labels_first_left + leased)


class SessionPairs:
    """What a session gives out, and what each pair carries."""

    def __init__(self, main: Sequence[Sides], gold: Sequence[Sides] = ()) -> None:
        self.main, self.gold = main, gold  # of gold, one completion of each is known to be better
        self.first = {one.pair: one.first for one in (*main, *gold)}
        self.lease_s = LEASE_S
        self.undecided: Mapping[str, float] = {}  # pair -> p(1 - p) by a reward model; empty: there is none
        self._loads: dict[str, Load] = {}
        self._counted_at: float | None = None

    def unseen(self, connection: Connection, session: str, known: set[str]) -> list[Load]:
        """What is left for whoever knows those pairs. Whoever knows all of them costs no count."""
        if all(one.pair in known for one in self.main):
            return []
        now = time.monotonic()
        if self._counted_at is None or now - self._counted_at > COUNT_EVERY_S:
            self._loads = {load.pair: load for load in read_loads(connection, session, self.main)}
            self.lease_s = read_lease_s(connection, session)
            self._counted_at = now
        return [load for pair, load in self._loads.items() if pair not in known]

    def give(self, pair: str, first_left: bool) -> None:
        """That pair is on one more screen."""
        load = self._loads[pair]
        self._loads[pair] = load._replace(load=load.load + 1, first_left=load.first_left + first_left)

    def count_anew(self) -> None:
        """Before the next pair is given out."""
        self._counted_at = None


def read_pairs(connection: Connection, session: str, kind: str) -> SessionPairs:
    """The pairs of that kind in the session; the first round's come with the gold ones.

    They change only with the prompts that people propose: where one is approved, or who typed it goes.
    """
    kinds = (kind, "gold") if kind == "main" else (kind,)
    question = (
        select(_pair.c.id, _pair.c.x, _pair.c.y, _stands_first(_x, _y), _pair.c.kind)
        .select_from(_pair.join(_x, _pair.c.x == _x.c.id).join(_y, _pair.c.y == _y.c.id))
        .where(_pair.c.workspace == session, _pair.c.kind.in_(kinds), _pair.c.prompt.not_in(GONE_PROMPTS))
        .order_by(_pair.c.id)
    )
    found: dict[str, list[Sides]] = {kind: [], "gold": []}
    for pair, x, y, x_first, of_kind in connection.execute(question):
        found[of_kind].append(Sides(pair, *((x, y) if x_first else (y, x))))
    return SessionPairs(found[kind], found["gold"])


def read_loads(connection: Connection, session: str, sides: Sequence[Sides]) -> list[Load]:
    """What those pairs carry: it reads one index and nothing else."""
    leased = and_(_assignment.c.state == "shown", _assignment.c.lease_until > time.time())
    counts = and_(or_(leased, _assignment.c.state == "judged"), _assignment.c.strategy.not_in(CHECKS), _stays(session))
    cells = (_assignment.c.pair, _assignment.c.left, _assignment.c.state)
    question = select(*cells, func.count()).where(_assignment.c.workspace == session, counts).group_by(*cells)
    carried = {(pair, left, state): n for pair, left, state, n in connection.execute(question)}
    return [_load(one, carried) for one in sides]


def _load(one: Sides, carried: Mapping[tuple[str, str, str], int]) -> Load:
    first, second = carried.get((one.pair, one.first, "judged"), 0), carried.get((one.pair, one.second, "judged"), 0)
    first_leased = carried.get((one.pair, one.first, "shown"), 0)
    leased = first_leased + carried.get((one.pair, one.second, "shown"), 0)
    return Load(*one, first + second + leased, first + first_leased, first + second, first)


def read_lease_s(connection: Connection, session: str) -> float:
    """How long a pair stays with whom it was given to: three times as long as judging one takes here."""
    question = select(_judgment.c.decision_ms).where(
        _judgment.c.workspace == session, _judgment.c.decision_ms.is_not(None)
    )
    times = sorted(connection.scalars(question.order_by(_judgment.c.seq.desc()).limit(_RECENT)))
    return max(LEASE_S, _LEASES * times[len(times) // 2] / 1000) if times else LEASE_S


def _stays(session: str) -> ColumnElement[bool]:
    """Whose votes count: those of people who have not withdrawn."""
    gone = select(_annotator.c.id).where(_annotator.c.session == session, _annotator.c.withdrawn_at.is_not(None))
    return _assignment.c.annotator.not_in(gone)


def _stands_first(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether that completion is its pair's first: by checkpoint, then by id."""
    mine, its = func.coalesce(one.c.checkpoint, ""), func.coalesce(other.c.checkpoint, "")
    return or_(mine < its, and_(mine == its, one.c.id < other.c.id))
