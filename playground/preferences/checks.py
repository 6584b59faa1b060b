"""Do people read what they judge? Pairs with a known answer, and pairs that come again with their sides swapped."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select

from playground.preferences import tables
from playground.preferences.reading import CHECKS
from playground.preferences.record import Checks
from playground.preferences.statistics import share_of

_judgment, _assignment, _annotator, _pair = tables.judgment, tables.assignment, tables.annotator, tables.pair


def read_checks(connection: Connection, session: str, annotator: str | None = None) -> Checks:
    """annotator: of that person only."""
    rows = connection.execute(_question(session, annotator)).all()
    first = {(row.annotator, row.pair): row.outcome for row in rows if row.strategy not in CHECKS}
    gold = [row.outcome == ("x" if row.better == row.x else "y") for row in rows if row.strategy == "gold"]
    again = [(row.outcome, first.get((row.annotator, row.pair))) for row in rows if row.strategy == "repeat"]
    same = [now == before for now, before in again if before is not None]
    return Checks(share_of(sum(gold), len(gold)), share_of(sum(same), len(same)))


def _question(session: str, annotator: str | None):
    counts = and_(_judgment.c.valid.is_(True), _judgment.c.choice != "skip", _annotator.c.withdrawn_at.is_(None))
    columns = (_judgment.c.annotator, _assignment.c.pair, _assignment.c.strategy, _judgment.c.outcome)
    question = (
        select(*columns, _pair.c.better, _pair.c.x)
        .select_from(
            _judgment.join(_assignment, _judgment.c.assignment == _assignment.c.id)
            .join(_annotator, _judgment.c.annotator == _annotator.c.id)
            .join(_pair, _assignment.c.pair == _pair.c.id)
        )
        .where(_judgment.c.workspace == session, counts)
    )
    return question if annotator is None else question.where(_judgment.c.annotator == annotator)
