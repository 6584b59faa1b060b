"""A K-way ranking: K completions put in order, stored as the K(K-1)/2 judgments that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from sqlalchemy import Connection, Row, select

from playground.errors import NotAllowed
from playground.preferences import tables
from playground.preferences.insertion import Verdict, pair_rows
from playground.types import Choice, Completion, content_hash


def verdicts_of(
    workspace: str, annotator_id: str, completions: Sequence[Completion], order: Sequence[Sequence[int]], id: str
) -> list[Verdict]:
    """One verdict for each two completions, all under the ranking's id.

    order: tiers of indices into completions, best first; those in one tier are tied.
    Raises: NotAllowed where order does not hold every index once.
    """
    k = len(completions)
    if k < 2 or sorted(i for tier in order for i in tier) != list(range(k)):
        raise NotAllowed(
            f"The ranking is {order} of {k} completions; each of them must stand in it once.",
            hint="Place every completion in a tier.",
        )
    tier_of = {i: position for position, tier in enumerate(order) for i in tier}
    verdicts = []
    for i, j in combinations(range(k), 2):
        rows = pair_rows(workspace, completions[i], completions[j])
        row_id = content_hash([annotator_id, id, i, j])[:32]
        choice = _choice(tier_of[i], tier_of[j])
        verdicts.append(Verdict(row_id, rows, choice, annotator_id, origin="ranking", ranking=id))
    return verdicts


def read_ranking(connection: Connection, workspace: str, annotator_id: str, id: str) -> list[Row]:
    """The judgments of a ranking (id, reason, usable), whether they still count or not."""
    judged, shown = tables.judgment, tables.assignment
    left, right = tables.completion.alias("left"), tables.completion.alias("right")
    usable = judged.c.choice.in_(("left", "right")) & (left.c.text != right.c.text)
    question = (
        select(judged.c.id, judged.c.reason, usable.label("usable"))
        .join(shown, judged.c.assignment == shown.c.id)
        .join(left, shown.c.left == left.c.id)
        .join(right, shown.c.right == right.c.id)
        .where(judged.c.workspace == workspace, judged.c.annotator == annotator_id, judged.c.ranking == id)
        .order_by(judged.c.seq)
    )
    return list(connection.execute(question))


def _choice(tier: int, other: int) -> Choice:
    if tier == other:
        return "tie"
    return "left" if tier < other else "right"
