"""The record of who was shown what and what they chose, as SQLAlchemy Core tables.

Ids of prompts, completions and pairs are hashes of their content and of the workspace: storing a thing twice stores it
once, and equal texts in two workspaces are two rows. Times are seconds since 1970. Rows are only ever added; the few
fields that change (a judgment's `valid`, an assignment's `state`) say what holds now, `event` how it came to be.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from playground.preferences.verbatim import Verbatim

SCHEMA_VERSION = 8
MIGRATIONS = {  # version -> what makes the next one of it
    1: ("ALTER TABLE completion ADD COLUMN fingerprint VARCHAR(64)",),
    2: (
        "ALTER TABLE session ADD COLUMN host VARCHAR(128) NOT NULL DEFAULT ''",
        "ALTER TABLE session ADD COLUMN rubric TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE session ADD COLUMN consent TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE session ADD COLUMN snapshot VARCHAR(64)",
        "CREATE UNIQUE INDEX one_session_per_code ON session (join_code)",
        "CREATE INDEX annotator_by_secret ON annotator (secret_hash)",
    ),
    3: (
        "ALTER TABLE pair ADD COLUMN better VARCHAR(64)",
        "CREATE INDEX assignments_of_a_session ON assignment "
        '(workspace, pair, "left", state, lease_until, annotator, strategy)',
    ),
    4: (
        "ALTER TABLE session ADD COLUMN revotes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE judgment ADD COLUMN tapped INTEGER",
        "ALTER TABLE snapshot ADD COLUMN what_if VARCHAR(64) NOT NULL DEFAULT ''",
    ),
    5: ("ALTER TABLE session ADD COLUMN translations TEXT NOT NULL DEFAULT '[]'",),
    6: ("ALTER TABLE session ADD COLUMN start VARCHAR(128) NOT NULL DEFAULT ''",),
    7: (
        "ALTER TABLE session ADD COLUMN asks_for_prompts BOOLEAN NOT NULL DEFAULT false",
        "ALTER TABLE annotator ADD COLUMN consent_language VARCHAR(16)",
    ),
}

metadata = MetaData()


def _id() -> Column:
    return Column("id", String(64), primary_key=True)


def _workspace() -> Column:
    return Column("workspace", String(128), nullable=False, index=True)


def _created_at() -> Column:
    return Column("created_at", Float, nullable=False)


def _to(name: str, table: str, nullable: bool = False) -> Column:
    return Column(name, ForeignKey(f"{table}.id"), nullable=nullable, index=True)


schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True), _created_at())

session = Table(  # one gathering of people with its rules; its id is the workspace of all that they are shown and judge
    "session",
    metadata,
    _id(),
    _workspace(),
    Column("host", String(128), nullable=False, server_default=""),  # the workspace that it was made in
    Column("join_code", String(32), nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("rubric", Text, nullable=False, server_default=""),
    Column("consent", Text, nullable=False, server_default=""),
    Column("translations", Text, nullable=False, server_default="[]"),  # JSON: [[language, rubric, consent], ...]
    Column("seed", Integer, nullable=False, server_default="0"),
    Column("rubric_version", String(32), nullable=False, server_default="1"),
    Column("consent_version", String(32), nullable=False, server_default="1"),
    Column("tie_rule", String(32), nullable=False, server_default="drop"),  # or both ways
    Column("target_overlap", Integer, nullable=False, server_default="1"),
    Column("state", String(16), nullable=False, server_default="open"),  # open, paused, frozen, revealed, closed
    Column("start", String(128), nullable=False, server_default=""),  # id of the checkpoint that is trained on it
    Column("snapshot", String(64)),  # what was frozen last
    Column("asks_for_prompts", Boolean, nullable=False, server_default=false()),  # from the people in it
    Column(
        "revotes", Integer, nullable=False, server_default="0"
    ),  # begun so far; the newest is the one that is judged
    Column("delete_after", Float),
    _created_at(),
)
Index("one_session_per_code", session.c.join_code, unique=True)

annotator = Table(  # no e-mail, address or fingerprint: an alias is all that is known
    "annotator",
    metadata,
    _id(),
    _workspace(),
    _to("session", "session", nullable=True),
    Column("alias", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("secret_hash", String(64)),
    Column("role", String(16), nullable=False, server_default="participant"),
    Column("consent_at", Float),
    Column("consent_version", String(32)),
    Column("consent_scope", String(16)),  # train, or publish
    Column("consent_language", String(16)),  # of the text agreed to, as the phone page calls it; empty: the host's own
    Column("withdrawn_at", Float),
    _created_at(),
    UniqueConstraint("workspace", "kind", "alias"),
)
Index("annotator_by_secret", annotator.c.secret_hash)

prompt = Table(
    "prompt",
    metadata,
    _id(),
    _workspace(),
    Column("messages", Text, nullable=False),  # JSON: [[role, content], ...]
    Column("text", Verbatim, nullable=False),  # the last turn, for searching
    Column("source", Verbatim, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("moderation_state", String(16), nullable=False, server_default="unseen"),
    _created_at(),
)

proposal = Table(  # a prompt that a person in a session typed; nobody but the host sees it before it is approved
    "proposal",
    metadata,
    _id(),
    _workspace(),
    _to("annotator", "annotator"),
    Column("text", Verbatim, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, approved, declined
    _to("prompt", "prompt", nullable=True),  # what it became once it was approved
    _created_at(),
)

completion = Table(
    "completion",
    metadata,
    _id(),
    _workspace(),
    _to("prompt", "prompt"),
    Column("text", Verbatim, nullable=False),
    Column("origin", String(16), nullable=False),  # model, human, file
    Column("checkpoint", String(128)),
    Column("fingerprint", String(64)),  # of that checkpoint's weights then
    Column("sampling", Text),  # JSON of Sampling, seed included
    Column("finish_reason", String(16), nullable=False),
    Column("content_hash", String(64), nullable=False),
    _created_at(),
)

pair = Table(  # x <= y by id: one row whichever side each was shown on
    "pair",
    metadata,
    _id(),
    _workspace(),
    _to("prompt", "prompt"),
    _to("x", "completion"),
    _to("y", "completion"),
    Column("kind", String(16), nullable=False),  # main, anchor, gold, practice, revote 1 and so on
    Column("better", String(64)),  # of a gold one: the completion that is known to be better
    _created_at(),
)

assignment = Table(  # made when the pair is shown; its id is the single-use token
    "assignment",
    metadata,
    _id(),
    _workspace(),
    _to("annotator", "annotator"),
    _to("pair", "pair"),
    _to("left", "completion"),
    _to("right", "completion"),
    Column(
        "strategy", String(32), nullable=False
    ),  # uniform, informative, repeat, gold, revote; ranked and imported had no sides
    Column("selection_probability", Float, nullable=False),
    Column("lease_until", Float),
    Column("shown_at", Float, nullable=False),
    Column("state", String(16), nullable=False),  # shown, judged, skipped; over: its round ended before
)
_OF_A_SESSION = (
    "workspace",
    "pair",
    "left",
    "state",
    "lease_until",
    "annotator",
    "strategy",
)  # all that giving out pairs reads
Index("assignments_of_a_session", *(assignment.c[name] for name in _OF_A_SESSION))

judgment = Table(
    "judgment",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),  # the order in which judgments arrived
    Column("id", String(64), nullable=False),  # made by whoever judged, so that a replay is recognised
    _workspace(),
    _to("assignment", "assignment"),
    _to("annotator", "annotator"),
    Column("choice", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),  # x, y, tie, both_bad, skip: the choice without its side
    Column("strength", Integer),
    Column("ranking", String(64)),
    Column("origin", Verbatim, nullable=False),  # pair, ranking, or the name of the file it came from
    Column("reasons", Text, nullable=False, server_default=""),
    Column("comment", Text, nullable=False, server_default=""),
    Column("decision_ms", Integer),
    Column("input", String(32), nullable=False),
    Column("rubric_version", String(32), nullable=False, server_default="1"),
    Column("client_time", Float),
    Column("tapped", Integer),  # choices made on that device so far, this one too: what never arrived is missed
    Column("supersedes", String(64)),
    Column("valid", Boolean, nullable=False),
    Column("reason", String(32), nullable=False, server_default=""),  # why not valid: undone, removed
    _created_at(),
    UniqueConstraint("workspace", "id"),
)
Index(
    "one_live_judgment_per_assignment",
    judgment.c.assignment,
    unique=True,
    sqlite_where=judgment.c.valid.is_(True),
    postgresql_where=judgment.c.valid.is_(True),
)

event = Table(  # append only
    "event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _workspace(),
    Column(
        "kind", String(16), nullable=False
    ),  # judged, ranked, imported, undone, removed, restored, withdrawn, frozen, revealed, proposed, approved, declined
    Column("subject", String(128), nullable=False),  # the id it happened to
    Column("count", Integer, nullable=False, server_default="1"),  # judgments concerned
    _created_at(),
)

later_prompt = Table(  # what the vote after training asks in a session whose prompts come from a list
    "later_prompt",
    metadata,
    _id(),
    _workspace(),
    Column("messages", Text, nullable=False),  # as in prompt
    Column("source", Verbatim, nullable=False),
    _created_at(),
)

revote = Table(  # the same people judge the model before training against the one after it
    "revote",
    metadata,
    _id(),
    _workspace(),
    Column("number", Integer, nullable=False),  # 1 and so on; its pairs' kind ends with it
    Column("old", String(64), nullable=False),  # ids of the checkpoints
    Column("new", String(64), nullable=False),
    Column("snapshot", String(64), nullable=False),  # what the new one has learned from
    _created_at(),
    UniqueConstraint("workspace", "number"),
)

snapshot = Table(
    "snapshot",
    metadata,
    _id(),
    _workspace(),
    Column("last_event", Integer, nullable=False),
    Column("tie_rule", String(32), nullable=False, server_default="drop"),
    Column("content_hash", String(64), nullable=False),
    Column("rows", Text, nullable=False),  # JSON of the preferences themselves, with their judgment ids
    Column("dropped", Text, nullable=False),  # JSON: reason -> judgments left out
    Column("what_if", String(64), nullable=False, server_default=""),  # how it differs from what was frozen
    _created_at(),
)
