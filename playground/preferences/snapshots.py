"""Frozen preference sets. A snapshot keeps its rows, so nothing that happens later can change what was trained on."""

from __future__ import annotations

import json
import time
import uuid

from sqlalchemy import Connection, func, insert, select

from playground.errors import NotFound
from playground.preferences import tables
from playground.preferences.insertion import note
from playground.preferences.record import TieRule
from playground.types import Annotator, Json, Message, Preference, Prompt, Snapshot, content_hash

_table = tables.snapshot


def hash_of(preferences: list[Preference]) -> str:
    """A name for what would be trained: prompts, texts, strengths and rankings in order, whoever judged and when."""
    rankings: dict[str | None, int | None] = {None: None}
    rows = []
    for p in preferences:
        ranking = rankings.setdefault(p.ranking, len(rankings))
        rows.append([[[m.role, m.content] for m in p.prompt.messages], p.chosen, p.rejected, p.strength, ranking])
    return content_hash(rows)


def last_event(connection: Connection, workspace: str) -> int:
    """The newest event's number; 0 before the first."""
    question = select(func.max(tables.event.c.id)).where(tables.event.c.workspace == workspace)
    return connection.scalar(question) or 0


def freeze(
    connection: Connection,
    workspace: str,
    preferences: list[Preference],
    dropped: dict[str, int],
    event: int,
    what_if: str = "",
    tie_rule: TieRule = "drop",
) -> Snapshot:
    """Store a set. Where the newest one holds exactly the same rows, that one is given back.

    tie_rule: what became of ties in it. what_if: how the set differs from what was frozen, for one that was made to
    try something.
    """
    text, reasons = json.dumps([_to_json(p) for p in preferences]), json.dumps(dropped, sort_keys=True)
    newest = _newest(connection, workspace, what_if)
    if newest is not None and (newest.rows, newest.dropped) == (text, reasons):
        return _snapshot(newest)
    row = {
        "id": uuid.uuid4().hex,
        "workspace": workspace,
        "last_event": event,
        "tie_rule": tie_rule,
        "content_hash": hash_of(preferences),
        "rows": text,
        "dropped": reasons,
        "what_if": what_if,
        "created_at": time.time(),
    }
    connection.execute(insert(_table), row)
    note(connection, workspace, "frozen", row["id"], len({preference.id for preference in preferences}))
    return Snapshot(row["id"], row["content_hash"], tuple(preferences), dict(dropped), row["created_at"], tie_rule)


def ids_of(connection: Connection, workspace: str, what_if: bool) -> set[str]:
    """The frozen sets; what_if: also those that were made to try something."""
    question = select(_table.c.id).where(_table.c.workspace == workspace)
    return set(connection.scalars(question if what_if else question.where(_table.c.what_if == "")))


def find(connection: Connection, workspace: str, snapshot_id: str) -> Snapshot:
    """A stored set. Raises: NotFound where the workspace has none with that id."""
    row = connection.execute(select(_table).where(_table.c.workspace == workspace, _table.c.id == snapshot_id)).first()
    if row is None:
        raise NotFound("There is no preference set with that id here.", hint="Freeze the preferences again.")
    return _snapshot(row)


def _newest(connection: Connection, workspace: str, what_if: str):
    question = select(_table).where(_table.c.workspace == workspace, _table.c.what_if == what_if)
    return connection.execute(question.order_by(_table.c.created_at.desc()).limit(1)).first()


def _snapshot(row) -> Snapshot:
    preferences = tuple(_from_json(value) for value in json.loads(row.rows))
    return Snapshot(row.id, row.content_hash, preferences, json.loads(row.dropped), row.created_at, row.tie_rule)


def _to_json(preference: Preference) -> Json:
    who = preference.annotator
    return {
        "id": preference.id,
        "source": preference.prompt.source,
        "messages": [[m.role, m.content] for m in preference.prompt.messages],
        "chosen": preference.chosen,
        "rejected": preference.rejected,
        "annotator": None if who is None else [who.id, who.alias, who.kind],
        "strength": preference.strength,
        "ranking": preference.ranking,
    }


def _from_json(value: Json) -> Preference:
    return Preference(
        Prompt(tuple(Message(role, content) for role, content in value["messages"]), value["source"]),
        value["chosen"],
        value["rejected"],
        value["id"],
        None if value["annotator"] is None else Annotator(*value["annotator"]),
        value["strength"],
        value["ranking"],
    )
