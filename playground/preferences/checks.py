"""Do people read what they judge? Pairs with a known answer, and pairs that come again with their sides swapped."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, select

from playground.preferences import tables
from playground.preferences.reading import APART, GONE_PROMPTS
from playground.preferences.record import Checks, Given
from playground.preferences.statistics import share_of

_judgment, _assignment, _annotator, _pair = tables.judgment, tables.assignment, tables.annotator, tables.pair


def checks_of(given: Sequence[Given]) -> Checks:
    """What those choices show that were made to check."""
    first = {(one.annotator, one.pair): one.outcome for one in given if one.strategy not in APART}
    gold = [one.outcome == one.better for one in given if one.strategy == "gold"]
    again = [(one.outcome, first.get((one.annotator, one.pair))) for one in given if one.strategy == "repeat"]
    same = [now == before for now, before in again if before is not None]
    return Checks(share_of(sum(gold), len(gold)), share_of(sum(same), len(same)))


def read_given(connection: Connection, session: str) -> list[Given]:
    """Every choice that counts, in the order of judging; a skip is none."""
    counts = and_(_judgment.c.valid.is_(True), _judgment.c.choice != "skip", _annotator.c.withdrawn_at.is_(None))
    better = case((_pair.c.better.is_(None), ""), (_pair.c.better == _pair.c.x, "x"), else_="y")
    columns = (_judgment.c.annotator, _assignment.c.pair, _judgment.c.outcome, _judgment.c.choice)
    question = (
        select(*columns, _assignment.c.strategy, better)
        .select_from(
            _judgment.join(_assignment, _judgment.c.assignment == _assignment.c.id)
            .join(_annotator, _judgment.c.annotator == _annotator.c.id)
            .join(_pair, _assignment.c.pair == _pair.c.id)
        )
        .where(_judgment.c.workspace == session, counts, _pair.c.prompt.not_in(GONE_PROMPTS))
        .order_by(_judgment.c.seq)
    )
    return [Given(*row) for row in connection.execute(question)]
