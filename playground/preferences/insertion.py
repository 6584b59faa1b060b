"""Puts completions, pairs and judgments into the tables. Every function here runs inside the writer's transaction."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.preferences import tables
from playground.types import CHOICES, Annotator, AnnotatorKind, Choice, Completion, Json, Prompt, content_hash

LEASE_S = 60.0
_NOTED = insert(tables.event)
CHUNK = 500  # ids in one question to the database


@dataclass(frozen=True, slots=True)
class PairRows:
    """The rows two completions to one prompt become."""

    prompt: Json
    left: Json
    right: Json
    pair: Json


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgment made without a page in between, ready to store."""

    id: str
    rows: PairRows
    choice: Choice
    annotator: str
    origin: str = "pair"
    strength: int | None = None
    ranking: str | None = None
    created_at: float | None = None  # None: now
    decision_ms: int | None = None
    comment: str = ""
    input: str = "program"


def pair_rows(
    workspace: str, left: Completion, right: Completion, kind: str = "main", author: str = "human"
) -> PairRows:
    """Rows with their ids; author: who wrote a completion that has no checkpoint. Of a gold pair left is the better.

    Raises: PlaygroundError for two prompts, or for text that is not Unicode.
    """
    if left.prompt.messages != right.prompt.messages:
        raise PlaygroundError(
            "The two completions answer different prompts.", hint="Pair completions that share a prompt."
        )
    now = time.time()
    try:
        prompt = _prompt_row(workspace, left.prompt, now)
        left_row = _completion_row(workspace, prompt["id"], left, author, now)
        right_row = _completion_row(workspace, prompt["id"], right, author, now)
    except UnicodeEncodeError as error:
        raise PlaygroundError(
            "A text holds half a character (a lone surrogate), which no database can store.",
            hint="Save the text as UTF-8 and try again.",
        ) from error
    x, y = sorted((left_row["id"], right_row["id"]))
    pair = {"id": _hash(workspace, "pair", x, y, kind), "prompt": prompt["id"], "x": x, "y": y, "kind": kind}
    better = left_row["id"] if kind == "gold" else None
    return PairRows(prompt, left_row, right_row, pair | {"workspace": workspace, "better": better, "created_at": now})


def add_pairs(connection: Connection, pairs: Iterable[PairRows]) -> None:
    """Store what is not stored yet."""
    pairs = list(pairs)
    insert_new(connection, tables.prompt, [p.prompt for p in pairs])
    insert_new(connection, tables.completion, [row for p in pairs for row in (p.left, p.right)])
    insert_new(connection, tables.pair, [p.pair for p in pairs])


def add_later_prompts(connection: Connection, workspace: str, prompts: Sequence[Prompt]) -> None:
    """Keep what the vote after training asks."""
    names = [column.name for column in tables.later_prompt.columns]
    rows = [_prompt_row(workspace, prompt, time.time()) for prompt in prompts]
    if rows:
        insert_new(connection, tables.later_prompt, [{name: row[name] for name in names} for row in rows])


def assignment_row(rows: PairRows, annotator: str, strategy: str, probability: float, state: str) -> Json:
    """The row that says that this annotator saw this pair, left and right as given."""
    now = time.time()
    return {
        "id": secrets.token_urlsafe(16),
        "workspace": rows.pair["workspace"],
        "annotator": annotator,
        "pair": rows.pair["id"],
        "left": rows.left["id"],
        "right": rows.right["id"],
        "strategy": strategy,
        "selection_probability": probability,
        "lease_until": now + LEASE_S if state == "shown" else None,
        "shown_at": now,
        "state": state,
    }


def add_verdicts(connection: Connection, verdicts: list[Verdict], strategy: str) -> int:
    """Store judgments that came in one go; those whose id is stored already are left out. Returns how many were new."""
    if not verdicts:
        return 0
    workspace = verdicts[0].rows.pair["workspace"]
    first: dict[str, Verdict] = {}
    for verdict in verdicts:
        first.setdefault(verdict.id, verdict)
    known = known_ids(connection, workspace, list(first))
    new = [verdict for verdict in first.values() if verdict.id not in known]
    if not new:
        return 0
    add_pairs(connection, [v.rows for v in new])
    assignments = [assignment_row(v.rows, v.annotator, strategy, 1.0, "judged") for v in new]
    connection.execute(insert(tables.assignment), assignments)
    connection.execute(
        insert(tables.judgment),
        [
            judgment_row(
                a,
                v.rows.pair["x"],
                v.id,
                v.choice,
                strength=v.strength,
                ranking=v.ranking,
                origin=v.origin,
                decision_ms=v.decision_ms,
                input=v.input,
                comment=v.comment,
                created_at=v.created_at,
            )
            for v, a in zip(new, assignments, strict=True)
        ],
    )
    return len(new)


def judgment_row(
    assignment: Json,
    x: str,
    id: str,
    choice: Choice,
    *,
    strength: int | None = None,
    ranking: str | None = None,
    origin: str = "pair",
    decision_ms: int | None = None,
    input: str = "program",
    comment: str = "",
    supersedes: str | None = None,
    created_at: float | None = None,
    client_time: float | None = None,
    tapped: int | None = None,
) -> Json:
    """A live judgment on an assignment; x is the first completion of its pair."""
    left, right = ("x", "y") if assignment["left"] == x else ("y", "x")
    return {
        "id": id,
        "workspace": assignment["workspace"],
        "assignment": assignment["id"],
        "annotator": assignment["annotator"],
        "choice": choice,
        "outcome": {"left": left, "right": right}.get(choice, choice),
        "strength": strength,
        "ranking": ranking,
        "origin": origin,
        "decision_ms": decision_ms,
        "input": input,
        "comment": comment,
        "client_time": client_time,
        "tapped": tapped,
        "supersedes": supersedes,
        "valid": True,
        "reason": "",
        "created_at": time.time() if created_at is None else created_at,
    }


def note(connection: Connection, workspace: str, kind: str, subject: str, count: int = 1) -> None:
    """Append to the event log."""
    row = {"workspace": workspace, "kind": kind, "subject": subject, "count": count, "created_at": time.time()}
    connection.execute(_NOTED, row)


def annotator_ids(
    connection: Connection, workspace: str, wanted: Iterable[tuple[AnnotatorKind, str]]
) -> dict[tuple[AnnotatorKind, str], str]:
    """The id of the annotator of each kind and alias; those that are missing are made."""
    table, now, wanted = tables.annotator, time.time(), list(wanted)
    new = [{"id": uuid.uuid4().hex, "kind": kind, "alias": alias} for kind, alias in wanted]
    if new:
        insert_new(connection, table, [row | {"workspace": workspace, "created_at": now} for row in new])
    found = {}
    for chunk in in_chunks(alias for _, alias in wanted):
        question = select(table.c.kind, table.c.alias, table.c.id)
        for kind, alias, id in connection.execute(
            question.where(table.c.workspace == workspace, table.c.alias.in_(chunk))
        ):
            found[kind, alias] = id
    return found


def check_annotator(connection: Connection, workspace: str, annotator: Annotator) -> None:
    """Raises: NotFound where that annotator does not belong to the workspace; NotAllowed where they withdrew."""
    table = tables.annotator
    question = select(table.c.withdrawn_at).where(table.c.workspace == workspace, table.c.id == annotator.id)
    row = connection.execute(question).first()
    if row is None:
        raise NotFound(f"There is no annotator {annotator.alias!r} here.", hint="Reload the page to join again.")
    if row.withdrawn_at is not None:
        raise NotAllowed(f"{annotator.alias!r} has withdrawn.", hint="Join again under another name.")


def check_choice(choice: str, strength: int | None) -> None:
    """Raises: NotAllowed for a choice or a strength that does not exist."""
    if choice not in CHOICES:
        raise NotAllowed(f"The choice is {choice!r}; one of {', '.join(CHOICES)} is needed.")
    if strength is not None and strength not in (1, 2, 3):
        raise NotAllowed(f"The strength is {strength!r}; 1 (slightly), 2 (clearly) or 3 (much better) is needed.")


def storable(text: str) -> str:
    """An alias or a comment without what databases refuse: an emoji cut in half must not cost the vote."""
    return text.replace("\0", "").encode(errors="replace").decode()


def known_ids(connection: Connection, workspace: str, ids: list[str]) -> set[str]:
    """Which of these judgments the workspace has."""
    table, known = tables.judgment, set()
    for chunk in in_chunks(ids):
        question = select(table.c.id).where(table.c.workspace == workspace, table.c.id.in_(chunk))
        known.update(connection.scalars(question))
    return known


def insert_new(connection: Connection, table: Table, rows: list[Json]) -> None:
    """Insert the rows whose keys are not there yet."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def in_chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """As many at a time as one question to the database may name."""
    ids = list(ids)
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _hash(*parts: object) -> str:
    return content_hash(list(parts))[:32]


def _prompt_row(workspace: str, prompt: Prompt, now: float) -> Json:
    messages = [[m.role, m.content] for m in prompt.messages]
    return {
        "id": _hash(workspace, "prompt", messages, prompt.source),
        "workspace": workspace,
        "messages": json.dumps(messages, ensure_ascii=False),
        "text": prompt.text,
        "source": prompt.source,
        "content_hash": content_hash(messages),
        "created_at": now,
    }


def _completion_row(workspace: str, prompt_id: str, completion: Completion, author: str, now: float) -> Json:
    sampling = None if completion.sampling is None else json.dumps(asdict(completion.sampling), sort_keys=True)
    source = [completion.checkpoint, completion.fingerprint]
    identity = [prompt_id, completion.text, *source, sampling, completion.finish_reason]
    return {
        "id": _hash(workspace, "completion", *identity),
        "workspace": workspace,
        "prompt": prompt_id,
        "text": completion.text,
        "origin": author if completion.checkpoint is None else "model",
        "checkpoint": completion.checkpoint,
        "fingerprint": completion.fingerprint,
        "sampling": sampling,
        "finish_reason": completion.finish_reason,
        "content_hash": content_hash(completion.text),
        "created_at": now,
    }
