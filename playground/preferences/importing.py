"""Adds judgments that came in a file. Every function here runs inside the writer's transaction.

A judgment that is here already is not stored again, and one that was undone or removed stays so. It is recognised by
its id where that was made to be unique; else by who chose what of which two texts. Who has withdrawn is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from playground.preferences import tables
from playground.preferences.insertion import (
    PairRows,
    Verdict,
    add_verdicts,
    annotator_ids,
    check_choice,
    in_chunks,
    note,
    pair_rows,
    storable,
)
from playground.preferences.reading import IMPORTED
from playground.preferences.record import Imported, Judgment
from playground.types import AnnotatorKind, Completion, content_hash

UNIQUE = 20  # characters: ids made by chance have more. A shorter one, like 17, names something else in the next file
LONGEST = 64
_judgment, _assignment = tables.judgment, tables.assignment
_Judge = tuple[AnnotatorKind, str]  # kind and alias


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is known of a judgment that is here."""

    said: tuple[str, ...]
    counts: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    judgment: Judgment
    rows: PairRows
    judge: str
    said: tuple[str, ...]
    by_content: str  # the id it gets where it brings none

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids under which it may be here, its own first."""
        own = self.judgment.id
        return (own, self.by_content) if 0 < len(own) <= LONGEST else (self.by_content,)


def add_judgments(connection: Connection, workspace: str, judgments: Sequence[Judgment], source: str) -> Imported:
    """Store what is not here yet; source is the file's name."""
    given, gone = len(judgments), _withdrawn(connection, workspace)
    judgments = [j for j in judgments if not gone & {_judge(j, source), _named(j)}]
    judges = annotator_ids(connection, workspace, {_judge(j, source) for j in judgments})
    candidates = [_candidate(workspace, j, judges[_judge(j, source)], source) for j in judgments]
    stored = _stored(connection, workspace, {id for candidate in candidates for id in candidate.ids})
    new: dict[str, Verdict] = {}
    out = 0
    for candidate in candidates:
        same = [id for id in candidate.ids if id in stored and stored[id].said == candidate.said]
        if same:
            out += not stored[same[0]].counts
        else:
            free = next(id for id in candidate.ids if len(id) >= UNIQUE and id not in stored)
            stored[free] = _Stored(candidate.said, True)
            new[free] = _verdict(candidate, free, source)
    add_verdicts(connection, list(new.values()), IMPORTED)
    if new:
        note(connection, workspace, "imported", source[:128], len(new))
    return Imported(len(new), len(judgments) - len(new), out, given - len(judgments))


def _judge(judgment: Judgment, source: str) -> _Judge:
    """Who chose. A person gets the file's name added, so that nobody here is taken for somebody in a file."""
    who = judgment.annotator
    if who is None:
        return "file", storable(source)
    return who.kind, storable(f"{who.alias} ({source})" if who.kind == "person" else who.alias)


def _named(judgment: Judgment) -> _Judge | None:
    """Who chose, by the name that stands in the file."""
    return (judgment.annotator.kind, storable(judgment.annotator.alias)) if judgment.annotator else None


def _withdrawn(connection: Connection, workspace: str) -> set[_Judge]:
    """Who has withdrawn here. A file may mean another person of that name; leaving them out does less harm."""
    table = tables.annotator
    question = select(table.c.kind, table.c.alias).where(table.c.workspace == workspace)
    return {(kind, alias) for kind, alias in connection.execute(question.where(table.c.withdrawn_at.is_not(None)))}


def _candidate(workspace: str, judgment: Judgment, judge: str, source: str) -> _Candidate:
    check_choice(judgment.choice, judgment.strength)
    left = Completion(judgment.prompt, judgment.left, judgment.left_checkpoint)
    right = Completion(judgment.prompt, judgment.right, judgment.right_checkpoint)
    rows = pair_rows(workspace, left, right, author="file")
    texts = (rows.prompt["content_hash"], rows.left["content_hash"], rows.right["content_hash"])
    parts = [judge, rows.prompt["content_hash"], judgment.chosen, judgment.rejected]
    if judgment.chosen is None:
        parts = [judge, rows.prompt["content_hash"], judgment.left, judgment.right, judgment.choice]
    return _Candidate(judgment, rows, judge, _said(*texts, judgment.choice), content_hash(parts)[:32])


def _said(prompt: str, left: str, right: str, choice: str) -> tuple[str, ...]:
    """What a judgment says, whichever side the preferred text stood on."""
    return (prompt, right, left, "left") if choice == "right" else (prompt, left, right, choice)


def _verdict(candidate: _Candidate, id: str, source: str) -> Verdict:
    judgment = candidate.judgment
    ranking = judgment.ranking
    if ranking and not UNIQUE <= len(ranking) <= LONGEST:
        ranking = content_hash([source, ranking])[:32]
    return Verdict(
        id,
        candidate.rows,
        judgment.choice,
        candidate.judge,
        origin=judgment.origin or source,
        strength=judgment.strength,
        ranking=ranking or None,
        created_at=judgment.created_at,
        decision_ms=judgment.decision_ms,
        comment=storable(judgment.comment),
        input="file",
    )


def _stored(connection: Connection, workspace: str, ids: Iterable[str]) -> dict[str, _Stored]:
    left, right = tables.completion.alias("left"), tables.completion.alias("right")
    question = (
        select(
            _judgment.c.id,
            _judgment.c.choice,
            _judgment.c.valid & tables.annotator.c.withdrawn_at.is_(None),
            tables.prompt.c.content_hash,
            left.c.content_hash,
            right.c.content_hash,
        )
        .join(_assignment, _judgment.c.assignment == _assignment.c.id)
        .join(tables.annotator, _judgment.c.annotator == tables.annotator.c.id)
        .join(left, _assignment.c.left == left.c.id)
        .join(right, _assignment.c.right == right.c.id)
        .join(tables.prompt, left.c.prompt == tables.prompt.c.id)
        .where(_judgment.c.workspace == workspace)
    )
    found = {}
    for chunk in in_chunks(ids):
        for id, choice, counts, prompt, one, other in connection.execute(question.where(_judgment.c.id.in_(chunk))):
            found[id] = _Stored(_said(prompt, one, other, choice), bool(counts))
    return found
