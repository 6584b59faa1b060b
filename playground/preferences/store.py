"""What the rest of the playground knows of the database. Every method begins with a workspace and sees no other."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.preferences import judging, snapshots, tables
from playground.preferences.database import create_tables, journal_for, open_engine, reading
from playground.preferences.disk_test import check_disk
from playground.preferences.importing import add_judgments
from playground.preferences.insertion import (
    Verdict,
    add_pairs,
    add_verdicts,
    annotator_ids,
    assignment_row,
    check_annotator,
    check_choice,
    note,
    pair_rows,
    storable,
)
from playground.preferences.nameless import nameless
from playground.preferences.people import PeopleStore
from playground.preferences.proposals import ProposalStore, end_pairs, forget_typed
from playground.preferences.ranking import read_ranking, verdicts_of
from playground.preferences.reading import (
    EJECTED,
    read_contest,
    read_counts,
    read_decision_ms,
    read_dropped,
    read_gone,
    read_judgments,
    read_kept_here,
    read_preferences,
    read_rows,
    read_shown,
    read_ties,
    read_withdrawn_of,
    read_writers,
)
from playground.preferences.record import Contested, Imported, Judgment, SetCounts, ShownPair, TieRule
from playground.preferences.revotes import RevoteStore
from playground.preferences.sessions import SessionStore
from playground.preferences.what_if import Facts, WhatIf, both_ways, derive, numbered
from playground.preferences.writer import Writer
from playground.preferences.written import WrittenStore
from playground.types import Annotator, AnnotatorKind, Checkpoint, Choice, Completion, Preference, Snapshot

T = TypeVar("T")
MAX_COMMENT = 2000  # characters
MAX_MS = 2**31 - 1


class PreferenceStore:
    """Judgments in a database. A method that writes returns once its rows are on disk. Any thread may call."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._writer = Writer(self._engine)
        self.sessions = SessionStore(self._engine, self._write)
        self.revotes = RevoteStore(self._engine, self._write)
        self.proposals = ProposalStore(self._engine, self._write, self.sessions.read_anew)
        self.people = PeopleStore(self._engine, self._write, self.sessions.read_anew)
        self.written = WrittenStore(self._engine)
        try:
            self._write(create_tables)
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        self._writer.close()
        self._engine.dispose()

    def annotator(self, workspace: str, kind: AnnotatorKind, alias: str) -> Annotator:
        """The annotator of that kind and alias, made at the first call."""
        table, alias = tables.annotator, storable(alias)
        here = (table.c.workspace == workspace) & (table.c.kind == kind) & (table.c.alias == alias)
        with reading(self._engine) as connection:
            id = connection.scalar(select(table.c.id).where(here))
        if id is None:
            id = self._write(lambda writing: annotator_ids(writing, workspace, [(kind, alias)]))[kind, alias]
        return Annotator(id, alias, kind)

    def show_pair(
        self,
        workspace: str,
        annotator: Annotator,
        left: Completion,
        right: Completion,
        *,
        strategy: str = "uniform",
        selection_probability: float = 1.0,
        kind: str = "main",
    ) -> str:
        """Store that the annotator is shown this pair, as given. Returns the single-use token to judge it with."""
        rows = pair_rows(workspace, left, right, kind)
        row = assignment_row(rows, annotator.id, strategy, selection_probability, "shown")

        def add(connection):
            check_annotator(connection, workspace, annotator)
            add_pairs(connection, [rows])
            connection.execute(insert(tables.assignment), row)

        self._write(add)
        return row["id"]

    def shown(self, workspace: str, token: str) -> ShownPair:
        """The pair that was shown under this token. Raises: NotFound."""
        with reading(self._engine) as connection:
            pairs = read_shown(connection, workspace, [token])
        if not pairs:
            raise NotFound("This pair was not shown here.", hint="Reload the page to get a new pair.")
        return pairs[0]

    def shown_count(self, workspace: str, annotator: Annotator) -> int:
        """How many pairs this annotator was shown so far; pairing.py balances the sides over it."""
        table = tables.assignment
        question = select(func.count()).where(table.c.workspace == workspace, table.c.annotator == annotator.id)
        with reading(self._engine) as connection:
            return connection.scalar(question)

    def judge(
        self,
        workspace: str,
        token: str,
        choice: Choice,
        *,
        id: str,
        strength: int | None = None,
        decision_ms: int | None = None,
        input: str = "button",
        comment: str = "",
        by: Annotator | None = None,
        client_time: float | None = None,
        tapped: int | None = None,
    ) -> str:
        """Store a choice on a shown pair and return its id, which the caller made: sending the same again is harmless.

        by: who sent it, where many share a workspace. client_time: by the sender's clock, which may be wrong.
        tapped: how many choices were made on the sender's device so far.
        Raises: NotFound for a token the workspace does not have; NotAllowed where another id has judged the pair, or
        where it was shown to another.
        """
        check_choice(choice, strength)
        if not 1 <= len(id) <= 64:
            raise NotAllowed(f"The judgment's id has {len(id)} characters; 1 to 64 are needed.", hint="Use a UUID.")
        if len(comment) > MAX_COMMENT:
            raise NotAllowed(f"The comment has {len(comment)} characters; at most {MAX_COMMENT} are kept.")
        if decision_ms is not None and not 0 <= decision_ms <= MAX_MS:
            decision_ms = None  # a clock that jumped must not cost the vote
        return self._write(
            lambda connection: judging.give(
                connection,
                workspace,
                token,
                choice,
                id,
                strength=strength,
                decision_ms=decision_ms,
                input=input[:32],
                comment=storable(comment),
                by=by.id if by else None,
                client_time=client_time,
                tapped=tapped,
            )
        )

    def judge_many(
        self, workspace: str, annotator: Annotator, rows: list[tuple[Completion, Completion, Choice]]
    ) -> list[str]:
        """Store what a persona or a model chose of (left, right) pairs, all or nothing. Returns the judgments' ids."""
        for _, _, choice in rows:
            check_choice(choice, None)
        verdicts = [
            Verdict(uuid.uuid4().hex, pair_rows(workspace, left, right), choice, annotator.id)
            for left, right, choice in rows
        ]
        self._add(workspace, annotator, verdicts, "uniform", "judged")
        return [verdict.id for verdict in verdicts]

    def rank_many(
        self, workspace: str, annotator: Annotator, completions: list[Completion], order: list[list[int]], *, id: str
    ) -> list[str]:
        """Store a ranking of K completions as its K(K-1)/2 judgments, which share the ranking's id.

        order: tiers of indices into completions, best first; those in one tier are tied. The same id again is harmless.
        Returns: the ids of its preferences, as they are stored: ties and equal texts give none.
        Raises: NotAllowed where order does not hold every index once.
        """
        verdicts = verdicts_of(workspace, annotator.id, completions, order, id)
        self._add(workspace, annotator, verdicts, "ranked", "ranked")
        return [row.id for row in self._ranked(workspace, annotator, id) if row.usable]

    def ranking(self, workspace: str, annotator: Annotator, id: str) -> list[str] | None:
        """The ids of the preferences a stored ranking gave; None where it was never given, or undone."""
        rows = self._ranked(workspace, annotator, id)
        if all(row.reason == "undone" for row in rows):
            return None
        return [row.id for row in rows if row.usable]

    def undo(self, workspace: str, annotator: Annotator, judgment_id: str | None = None) -> str | None:
        """Take the annotator's newest judgment or ranking back, or the named one.

        Returns its token, to judge again; None: there was nothing to take back.
        """
        return self._write(lambda connection: judging.take_back(connection, workspace, annotator.id, judgment_id))

    def remove(self, workspace: str, *judgment_ids: str) -> None:
        """Leave judgments out of counts and later snapshots, all or none. Raises: NotFound."""
        self._write(lambda connection: [judging.take_out(connection, workspace, id) for id in judgment_ids])

    def restore(self, workspace: str, *judgment_ids: str) -> None:
        """Let removed judgments count again, all or none. Raises: NotFound; NotAllowed where its annotator undid it."""
        self._write(lambda connection: [judging.put_back(connection, workspace, id) for id in judgment_ids])

    def withdraw(self, workspace: str, annotator: Annotator) -> None:
        """Leave everything this annotator judged out of counts and later snapshots, for good."""
        table = tables.annotator

        def mark(connection):
            ejected = (table.c.id == annotator.id) & (table.c.role == EJECTED)  # who was taken out may go for good
            connection.execute(update(table).where(ejected).values(withdrawn_at=None, role="participant"))
            check_annotator(connection, workspace, annotator)
            connection.execute(update(table).where(table.c.id == annotator.id).values(withdrawn_at=time.time()))
            end_pairs(connection, annotator.id)
            forget_typed(connection, annotator.id)
            self.sessions.read_anew(workspace)
            note(connection, workspace, "withdrawn", annotator.id)

        self._write(mark)

    def check_disk(self) -> None:
        """Raises: PlaygroundError where stored choices would not outlive a kill. PostgreSQL minds its own disk."""
        if self._engine.dialect.name == "sqlite":
            path = Path(self._engine.url.database)
            check_disk(path.parent, journal_for(path))

    def copy_to(self, path: Path) -> None:
        """Write the whole database as it is now into one new SQLite file.

        Raises: PlaygroundError for PostgreSQL, and where the file cannot be written.
        """
        if self._engine.dialect.name != "sqlite":
            raise PlaygroundError("The database is no SQLite file.", hint="Use PostgreSQL's own means to copy it.")
        try:
            with closing(self._engine.raw_connection()) as connection:
                connection.execute("VACUUM INTO ?", (str(path),))
        except (sqlite3.Error, DBAPIError) as error:
            raise PlaygroundError(
                f"The database was not copied: {error}", hint="Look whether the disk is full."
            ) from error

    def erase(self, workspace: str) -> None:
        """Delete all that a workspace holds, snapshots too."""

        def clear(connection):
            for table in reversed(tables.metadata.sorted_tables):
                if "workspace" in table.c:
                    connection.execute(delete(table).where(table.c.workspace == workspace))

        self._write(clear)

    def pairs_stored(self, workspace: str) -> int:
        """How many pairs the workspace was shown or brought, judged or not, also those taken out again."""
        table = tables.assignment
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).where(table.c.workspace == workspace))

    def last_made(self) -> dict[str, float]:
        """Workspace -> when something was last stored in it, in seconds since 1970."""
        times = (tables.annotator.c.created_at, tables.assignment.c.shown_at, tables.event.c.created_at)
        newest: dict[str, float] = {}
        with reading(self._engine) as connection:
            for time_of in times:
                workspace = time_of.table.c.workspace
                for name, at in connection.execute(select(workspace, func.max(time_of)).group_by(workspace)):
                    newest[name] = max(at, newest.get(name, 0.0))
        return newest

    def rows(
        self, workspace: str, *, search: str = "", limit: int = 200, offset: int = 0, removed: bool = False
    ) -> list[Judgment]:
        """Judgments that count, newest first; removed: those taken out by hand. search: any part of any text."""
        with reading(self._engine) as connection:
            return read_rows(connection, workspace, search, limit, offset, removed)

    def judgments(self, workspace: str, *, leaving: bool = False) -> list[Judgment]:
        """All judgments that count, in the order in which they were made.

        leaving: those that a file may hold, which in a session are of people who allow that they are published.
        """
        with reading(self._engine) as connection:
            return read_judgments(connection, workspace, leaving)

    def kept_here(self, host: str, ids: Sequence[str]) -> set[str]:
        """Those of the judgments, of that host's sessions, that no file may hold: not allowed, or withdrawn."""
        with reading(self._engine) as connection:
            return read_kept_here(connection, host, ids)

    def withdrawn(self, host: str, ids: Sequence[str]) -> set[str]:
        """Those of the judgments, of that host's sessions, whose people have withdrawn."""
        with reading(self._engine) as connection:
            return read_withdrawn_of(connection, host, ids)

    def counts(self, workspace: str, tie_rule: TieRule = "drop") -> SetCounts:
        """What the set holds and how lopsided it is. tie_rule: whether ties are usable."""
        with reading(self._engine) as connection:
            return read_counts(connection, workspace, tie_rule)

    def writers(self, workspace: str) -> dict[frozenset[str | None], int]:
        """Ids of the checkpoints that wrote a pair (None: it came in a file) -> how many preferences they have."""
        with reading(self._engine) as connection:
            return read_writers(connection, workspace)

    def contest(self, workspace: str, reference: Checkpoint, policy: Checkpoint) -> list[Contested]:
        """Each choice of a person here between these two."""
        with reading(self._engine) as connection:
            return read_contest(connection, workspace, reference, policy)

    def scores(self, workspace: str, reference: Checkpoint, policy: Checkpoint) -> list[tuple[str, float]]:
        """(prompt, 1 won, 0.5 neither, 0 lost) of the policy in each choice of a person here between these two."""
        return [(one.prompt.key, one.score) for one in self.contest(workspace, reference, policy)]

    def preferences(self, workspace: str) -> list[Preference]:
        """The rows a training run would get now, in the order in which they were judged."""
        with reading(self._engine) as connection:
            return read_preferences(connection, workspace)

    def snapshot(self, workspace: str, *, named: bool = True, tie_rule: TieRule = "drop") -> Snapshot:
        """Freeze the preferences as they are now. Nothing changed since the last time: the same snapshot.

        named: people keep their aliases; else they are numbered. tie_rule: what becomes of ties.
        """
        with reading(self._engine) as connection:
            event = snapshots.last_event(connection, workspace)
            preferences = read_preferences(connection, workspace)
            ties = read_ties(connection, workspace) if tie_rule == "both ways" else []
            dropped = read_dropped(connection, workspace)
        rows = [*preferences, *both_ways(ties)]
        rows = rows if named else nameless(rows)
        dropped = dict(Counter(dropped) - Counter(tie=len(ties)))
        return self._write(
            lambda writing: snapshots.freeze(writing, workspace, rows, dropped, event, tie_rule=tie_rule)
        )

    def still_given(self, workspace: str, id: str) -> Snapshot:
        """That frozen set less the rows of who has withdrawn or was taken out since, or itself. Raises: NotFound."""
        with reading(self._engine) as connection:
            snapshot, gone = snapshots.find(connection, workspace, id), read_gone(connection, workspace)
            event = snapshots.last_event(connection, workspace)
        out = {row.id: gone[row.id] for row in snapshot.preferences if row.id in gone}  # a tie is two rows
        if not out:
            return snapshot
        rows = [row for row in snapshot.preferences if row.id not in out]
        dropped = dict(Counter(snapshot.dropped) + Counter(out.values()))
        rule = snapshot.tie_rule
        return self._write(lambda writing: snapshots.freeze(writing, workspace, rows, dropped, event, tie_rule=rule))

    def what_if(self, workspace: str, frozen: Snapshot, what_if: WhatIf, person: str = "") -> Snapshot:
        """Freeze another set made of that one. person: the id of who is left out, where one is."""
        with reading(self._engine) as connection:
            ties = read_ties(connection, workspace, frozen.created_at) if what_if == "with ties" else []
            facts = Facts(numbered(ties, frozen.preferences), read_decision_ms(connection, workspace), person)
            event = snapshots.last_event(connection, workspace)
        rows = derive(frozen.preferences, what_if, facts)
        left_out = frozen.dropped | {what_if: max(0, len(frozen.preferences) - len(rows))}
        return self._write(lambda writing: snapshots.freeze(writing, workspace, rows, left_out, event, what_if))

    def last_event(self, workspace: str) -> int:
        """A number that grows with every change of the set."""
        with reading(self._engine) as connection:
            return snapshots.last_event(connection, workspace)

    def judgment_ids(self, workspace: str) -> set[str]:
        """The ids of all judgments, also of those that do not count."""
        table = tables.judgment
        with reading(self._engine) as connection:
            return set(connection.scalars(select(table.c.id).where(table.c.workspace == workspace)))

    def snapshot_ids(self, workspace: str, what_if: bool = False) -> set[str]:
        """The ids of the frozen sets; what_if: also of those that were made to try something."""
        with reading(self._engine) as connection:
            return snapshots.ids_of(connection, workspace, what_if)

    def get_snapshot(self, workspace: str, id: str) -> Snapshot:
        """A frozen set, as it was. Raises: NotFound."""
        with reading(self._engine) as connection:
            return snapshots.find(connection, workspace, id)

    def add_judgments(self, workspace: str, judgments: Sequence[Judgment], source: str) -> Imported:
        """Store judgments from a file, all or none; source is the file's name.

        One that is here already is not stored again, and one that was undone or removed stays so. A row that names its
        annotator keeps alias and kind; a person's alias gets the source added, so that nobody here is taken for
        somebody in a file. Rows of who has withdrawn here are left out.
        """
        return self._write(lambda connection: add_judgments(connection, workspace, judgments, source))

    def _ranked(self, workspace: str, annotator: Annotator, id: str) -> list[Row]:
        with reading(self._engine) as connection:
            return read_ranking(connection, workspace, annotator.id, id)

    def _write(self, work: Callable[[Connection], T]) -> T:
        try:
            return self._writer.run(work)
        except DBAPIError as error:
            raise PlaygroundError(
                f"The database did not take it: {error.orig}",
                hint="Look whether the disk is full and the database can be reached, then try again.",
            ) from error

    def _add(self, workspace: str, annotator: Annotator, verdicts: list[Verdict], strategy: str, event: str) -> None:
        def add(connection):
            check_annotator(connection, workspace, annotator)
            added = add_verdicts(connection, verdicts, strategy)
            if added:
                note(connection, workspace, event, verdicts[0].ranking or verdicts[0].id, added)

        self._write(add)
