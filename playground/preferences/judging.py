"""One person's judgment: given, taken back, taken out by the host, put back. Each runs in the writer's transaction.

Nothing is deleted: a judgment taken back stays in its table, not valid, with the reason; the event log says when.
"""

from __future__ import annotations

from sqlalchemy import Connection, Row, and_, bindparam, insert, or_, select, update

from playground.errors import NotAllowed, NotFound
from playground.preferences import tables
from playground.preferences.insertion import judgment_row, note
from playground.types import Choice

_judgment, _assignment = tables.judgment, tables.assignment

# What every vote asks, made once: making a question costs as much as asking it.
_SHOWN = (
    select(_assignment, tables.pair.c.x)
    .join(tables.pair, _assignment.c.pair == tables.pair.c.id)
    .where(_assignment.c.workspace == bindparam("of"), _assignment.c.id == bindparam("token"))
    .with_for_update()
)
_OF_ID = select(_judgment.c.assignment).where(
    _judgment.c.workspace == bindparam("of"), _judgment.c.id == bindparam("named")
)
_EARLIER = (
    select(_judgment.c.id, _judgment.c.reason)
    .where(_judgment.c.assignment == bindparam("token"))
    .order_by(_judgment.c.seq.desc())
)
_GIVEN = insert(_judgment)
_JUDGED = update(_assignment).where(_assignment.c.id == bindparam("token")).values(state=bindparam("now"))


def give(
    connection: Connection,
    workspace: str,
    token: str,
    choice: Choice,
    id: str,
    *,
    strength: int | None,
    decision_ms: int | None,
    input: str,
    comment: str,
    by: str | None = None,
    client_time: float | None = None,
    tapped: int | None = None,
) -> str:
    """Store a judgment, once: the same id again changes nothing. Returns its id.

    by: the annotator who sent it, where many share a workspace; a pair that was shown to another is refused.
    """
    assignment = _assignment_of(connection, workspace, token)
    if by is not None and assignment.annotator != by:
        raise NotAllowed("This pair was shown to somebody else.", hint="Reload the page to get a pair of your own.")
    before = connection.execute(_OF_ID, {"of": workspace, "named": id}).first()
    if before is not None:
        if before.assignment == token:
            return id
        raise NotAllowed("This judgment's id was used for another pair.", hint="Make a new id for every judgment.")
    earlier = connection.execute(_EARLIER, {"token": token}).all()
    if any(row.reason != "undone" for row in earlier):
        raise NotAllowed("This pair has been judged already.", hint="Go on with the next pair, or undo the last one.")
    row = judgment_row(
        assignment._asdict(),
        assignment.x,
        id,
        choice,
        strength=strength,
        decision_ms=decision_ms,
        input=input,
        comment=comment,
        supersedes=earlier[0].id if earlier else None,
        client_time=client_time,
        tapped=tapped,
    )
    connection.execute(_GIVEN, row)
    connection.execute(_JUDGED, {"token": token, "now": "skipped" if choice == "skip" else "judged"})
    note(connection, workspace, "judged", id)
    return id


def take_back(connection: Connection, workspace: str, annotator_id: str, judgment_id: str | None = None) -> str | None:
    """Undo the annotator's newest live judgment, or all of its ranking. Returns the token to judge again, if any.

    judgment_id: undo that one; where it is undone already, nothing changes.
    """
    mine = and_(_judgment.c.workspace == workspace, _judgment.c.annotator == annotator_id, _judgment.c.valid.is_(True))
    if judgment_id is not None:
        mine = and_(mine, or_(_judgment.c.id == judgment_id, _judgment.c.ranking == judgment_id))
    newest = connection.execute(select(_judgment).where(mine).order_by(_judgment.c.seq.desc()).limit(1)).first()
    if newest is None:
        return None
    alone = newest.ranking is None
    together = _judgment.c.id == newest.id if alone else _judgment.c.ranking == newest.ranking
    tokens = list(connection.scalars(select(_judgment.c.assignment).where(mine, together)))
    connection.execute(update(_judgment).where(mine, together).values(valid=False, reason="undone"))
    connection.execute(update(_assignment).where(_assignment.c.id.in_(tokens)).values(state="shown"))
    note(connection, workspace, "undone", newest.id, len(tokens))
    return newest.assignment


def take_out(connection: Connection, workspace: str, judgment_id: str) -> None:
    """Leave a judgment out of everything from now on. Its pair is not judged anew."""
    if _find(connection, workspace, judgment_id).valid:
        _set(connection, workspace, judgment_id, False, "removed")
        note(connection, workspace, "removed", judgment_id)


def put_back(connection: Connection, workspace: str, judgment_id: str) -> None:
    """Let a removed judgment count again."""
    found = _find(connection, workspace, judgment_id)
    if found.valid:
        return
    if found.reason != "removed":
        raise NotAllowed(f"This judgment was {found.reason} by its annotator; only they can judge the pair again.")
    _set(connection, workspace, judgment_id, True, "")
    note(connection, workspace, "restored", judgment_id)


def _assignment_of(connection: Connection, workspace: str, token: str) -> Row:
    row = connection.execute(_SHOWN, {"of": workspace, "token": token}).first()
    if row is None:
        raise NotFound("This pair was not shown here.", hint="Reload the page to get a new pair.")
    return row


def _find(connection: Connection, workspace: str, judgment_id: str) -> Row:
    row = connection.execute(
        select(_judgment.c.valid, _judgment.c.reason).where(
            _judgment.c.workspace == workspace, _judgment.c.id == judgment_id
        )
    ).first()
    if row is None:
        raise NotFound("There is no judgment with that id here.", hint="Reload the list.")
    return row


def _set(connection: Connection, workspace: str, judgment_id: str, valid: bool, reason: str) -> None:
    here = (_judgment.c.workspace == workspace) & (_judgment.c.id == judgment_id)
    connection.execute(update(_judgment).where(here).values(valid=valid, reason=reason))
