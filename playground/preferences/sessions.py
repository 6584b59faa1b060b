"""Sessions: a host's gathering of people, the pairs they judge, who joined, what is on whose screen.

All that belongs to a session lies in a workspace of its own, named by the session's id.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, and_, bindparam, exists, func, insert, or_, select, update

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.preferences import assigning, tables
from playground.preferences.checks import checks_of, read_given
from playground.preferences.database import reading
from playground.preferences.insertion import add_later_prompts, add_pairs, note, pair_rows, storable
from playground.preferences.loads import SessionPairs, read_loads, read_pairs
from playground.preferences.pair_states import pair_states
from playground.preferences.reading import APART, EJECTED, read_later_prompts, read_shown, read_texts
from playground.preferences.record import LiveCounts, Participant, Rules, Session, ShownPair, Translation
from playground.preferences.resampling import agreement, ceiling, lean
from playground.types import Annotator, Completion, Prompt, content_hash

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another
CODE_LENGTH = 6
LONGEST_ALIAS = 40
NEW_S = 600.0  # whoever joined that long ago and never judged takes no room: a script may have joined a thousand times
A_DAY_S = 86_400
AHEAD = 4  # pairs that a phone holds, so that it can go on without a network
_ANIMALS = ("Otter", "Heron", "Lynx", "Badger", "Robin", "Marten", "Ibis", "Dormouse", "Finch", "Hare", "Newt", "Stork")
_MOVES = {
    "open": ("paused", "frozen", "closed"),
    "paused": ("open", "frozen", "closed"),
    "frozen": ("open", "revealed", "closed"),
    "revealed": ("closed",),  # and open in a re-vote, whose pairs nobody has seen
    "closed": (),
}

State = Literal["open", "paused", "frozen", "revealed", "closed"]
Write = Callable[[Callable[[Connection], Any]], Any]
_session, _annotator, _judgment = tables.session, tables.annotator, tables.judgment


class SessionStore:
    """Methods of a host begin with the host's workspace; those of a participant with the secret of their device."""

    def __init__(self, engine: Engine, write: Write) -> None:
        self._engine = engine
        self._write = write
        self._pairs: dict[tuple[str, str], SessionPairs] = {}  # of each round in use; the writer alone gives out
        self._changed: set[str] = set()  # sessions whose pairs are read anew

    def create(
        self,
        host: str,
        rules: Rules,
        pairs: Sequence[tuple[Completion, Completion]],
        gold: Sequence[tuple[Completion, Completion]] = (),
        later: Sequence[Prompt] = (),
        start: str = "",
    ) -> Session:
        """A session over these pairs, paused until the host opens it.

        gold: pairs whose first is known to be better. later: prompts for the vote after training, where only these do.
        start: id of the checkpoint that is trained on it.
        """
        id = uuid.uuid4().hex
        rows = [pair_rows(id, left, right, author="file") for left, right in pairs if left.text != right.text]
        known = [pair_rows(id, better, worse, "gold") for better, worse in gold]
        if not rows:
            raise PlaygroundError("There is no pair to judge.", hint="Sample completions that differ.")
        row = {
            "id": id,
            "workspace": id,
            "host": host,
            "title": storable(rules.title),
            "rubric": storable(rules.rubric),
            "consent": storable(rules.consent),
            "translations": json.dumps([[storable(text) for text in astuple(one)] for one in rules.translations]),
            "rubric_version": content_hash(rules.rubric)[:12],
            "consent_version": rules.consent_version,
            "tie_rule": rules.tie_rule,
            "target_overlap": rules.overlap,
            "seed": secrets.randbelow(2**31),
            "state": "paused",
            "start": start,
            "delete_after": time.time() + rules.keep_days * A_DAY_S if rules.keep_days else None,
            "created_at": time.time(),
        }

        def add(connection: Connection) -> Session:
            connection.execute(insert(_session), row | {"join_code": _free_code(connection)})
            add_pairs(connection, rows + known)
            add_later_prompts(connection, id, later)
            return _session_of(_row(connection, id))

        return self._write(add)

    def all(self, host: str) -> list[Session]:
        """The host's sessions, newest first."""
        question = select(_session).where(_session.c.host == host).order_by(_session.c.created_at.desc())
        with reading(self._engine) as connection:
            return [_session_of(row) for row in connection.execute(question)]

    def find(self, host: str, id: str) -> Session:
        """One of the host's sessions. Raises: NotFound."""
        with reading(self._engine) as connection:
            return _session_of(_row(connection, id, host))

    def due(self, now: float) -> list[Session]:
        """Every host's sessions that were to be kept until then."""
        question = select(_session).where(_session.c.delete_after < now)
        with reading(self._engine) as connection:
            return [_session_of(row) for row in connection.execute(question)]

    def by_code(self, code: str) -> Session:
        """The session people join by this code, however they type it. Raises: NotFound; NotAllowed where it ended."""
        with reading(self._engine) as connection:
            return _by_code(connection, code)

    def move(self, host: str, id: str, state: State) -> Session:
        """Open, pause, freeze, reveal or close. Raises: NotAllowed where that cannot follow."""

        def change(connection: Connection) -> Session:
            before = _row(connection, id, host).state
            if state not in (before, *_MOVES[before]):
                raise NotAllowed(f"The session is {before}; it cannot be {state} now.", hint=_instead(before, state))
            if state != before:
                connection.execute(update(_session).where(_session.c.id == id).values(state=state))
                note(connection, id, state, id)
            return _session_of(_row(connection, id))

        return self._write(change)

    def keep_snapshot(self, host: str, id: str, snapshot: str) -> Session:
        """Remember what was frozen last."""

        def change(connection: Connection) -> Session:
            _row(connection, id, host)
            connection.execute(update(_session).where(_session.c.id == id).values(snapshot=snapshot))
            return _session_of(_row(connection, id))

        return self._write(change)

    def live(self, host: str, id: str) -> LiveCounts:
        """Who is there and how far the labels are."""
        with reading(self._engine) as connection:
            session = _session_of(_row(connection, id, host))
            now, here = time.time(), _judgment.c.workspace == id
            loads = read_loads(connection, id, read_pairs(connection, id, session.round).main)
            recent = here & _judgment.c.valid.is_(True) & (_judgment.c.created_at > now - 60)
            people = select(func.count(), func.count(_annotator.c.withdrawn_at)).where(_annotator.c.session == id)
            joined, withdrawn = connection.execute(people).one()
            question = select(func.count(), func.count(_judgment.c.annotator.distinct())).where(recent)
            votes, voters = connection.execute(question).one()
            given = read_given(connection, id)
        first = [one for one in given if one.strategy not in APART]
        told = checks_of(given), agreement(first), ceiling(first), lean(given)
        pairs = pair_states(loads, session.rules.overlap, given)
        return LiveCounts(joined, withdrawn, voters, votes, tuple(load.labels for load in loads), pairs, *told)

    def checkpoints(self, host: str, id: str) -> list[str]:
        """The ids of the checkpoints whose completions are compared in the first round."""
        table, pair = tables.completion, tables.pair
        compared = pair.join(table, or_(pair.c.x == table.c.id, pair.c.y == table.c.id))
        here = and_(pair.c.workspace == id, pair.c.kind == "main", table.c.checkpoint.is_not(None))
        question = select(table.c.checkpoint).distinct().select_from(compared).where(here)
        with reading(self._engine) as connection:
            _row(connection, id, host)
            return sorted(connection.scalars(question))

    def later_prompts(self, host: str, id: str) -> list[Prompt]:
        """What the vote after training asks; none where it may ask anything."""
        with reading(self._engine) as connection:
            _row(connection, id, host)
            return read_later_prompts(connection, id)

    def join(
        self,
        code: str,
        secret: str,
        alias: str,
        scope: Literal["train", "publish"],
        most: int | None = None,
        language: str = "",
    ) -> Participant:
        """Take part, with consent given now. The same secret again is the same person. most: people in a session.

        language: of the phone; it is what they agreed in where the host gave the consent in it.

        Raises: NotFound for a wrong code; NotAllowed where the session has ended or is full.
        """
        if not 16 <= len(secret) <= 128:
            raise NotAllowed("The device's key is too short or too long.", hint="Reload the page.")
        hashed = content_hash(secret)

        def add(connection: Connection) -> Participant:
            session = _by_code(connection, code)
            known = _participant(connection, hashed)
            if known is not None:
                if known.session.id != session.id:
                    raise NotAllowed("This device's key belongs to another session.", hint="Reload the page.")
                return known
            _check_room(connection, session.id, most)
            row = {
                "id": uuid.uuid4().hex,
                "workspace": session.id,
                "session": session.id,
                "alias": _free_alias(connection, session.id, alias),
                "kind": "person",
                "secret_hash": hashed,
                "consent_at": time.time(),
                "consent_version": session.consent_version,
                "consent_scope": scope,
                "consent_language": _agreed_in(session, language),
                "created_at": time.time(),
            }
            connection.execute(insert(_annotator), row)
            note(connection, session.id, "joined", row["id"])
            return Participant(Annotator(row["id"], row["alias"], "person"), session, False)

        return self._write(add)

    def participant(self, secret: str) -> Participant:
        """Whose secret it is. Raises: NotFound."""
        with reading(self._engine) as connection:
            found = _participant(connection, content_hash(secret))
        if found is None:
            raise NotFound("This device has not joined a session here.", hint="Join with the code again.")
        return found

    def to_judge(self, person: Participant) -> list[ShownPair]:
        """The pairs on this person's device: those not judged yet and, while the session is open, new ones."""
        id, annotator = person.session.id, person.annotator.id

        def assign(connection: Connection) -> list[str]:
            session = _row(connection, id)
            if session.state != "open":
                return assigning.read_waiting(connection, annotator)
            pairs = self._pairs_of(connection, _session_of(session))
            return assigning.open_assignments(connection, session, pairs, annotator, AHEAD)

        tokens = self._write(assign) if person.session.state == "open" else None
        with reading(self._engine) as connection:
            if tokens is None:
                tokens = assigning.read_waiting(connection, annotator)
            return read_shown(connection, id, tokens)

    def _pairs_of(self, connection: Connection, session: Session) -> SessionPairs:
        key = session.id, session.round
        before = self._pairs.get(key)
        if before is None or session.id in self._changed:
            self._changed.discard(session.id)
            found = self._pairs[key] = read_pairs(connection, *key)
            found.undecided = before.undecided if before else {}
        return self._pairs[key]

    def read_anew(self, id: str) -> None:
        """Pairs of that session came, or went. For the writer's thread."""
        self._changed.add(id)

    def texts(self, session: Session) -> list[tuple[str, Completion, Completion]]:
        """The id and both completions of each pair that is given out now, but the gold ones."""
        with reading(self._engine) as connection:
            return read_texts(connection, session.id, session.round)

    def weigh(self, session: Session, undecided: Mapping[str, float]) -> None:
        """Draw every other pair by these weights from now on."""

        def keep(connection: Connection) -> None:
            self._pairs_of(connection, session).undecided = undecided

        self._write(keep)

    def leave(self, person: Participant) -> None:
        """Let others have what is on this person's screen."""
        self._write(lambda connection: assigning.release(connection, person.annotator.id))
        for pairs in list(self._pairs.values()):
            pairs.count_anew()


def spelt(code: str) -> str:
    """A code as it was given out: people type small letters, blanks and dashes."""
    return "".join(letter for letter in code.upper() if letter in CODE_LETTERS)


def _instead(before: str, state: State) -> str:
    """What to do where that state cannot follow."""
    if before == "closed":
        return "Make a new session."
    if before == "revealed":
        return "People have seen who wrote what: let them vote again on new pairs, or make a new session."
    return "Freeze it first." if state == "revealed" else "Open it first."


def _free_code(connection: Connection) -> str:
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if connection.scalar(select(func.count()).where(_session.c.join_code == code)) == 0:
            return code


def _agreed_in(session: Session, language: str) -> str:
    """What a phone of that language showed the consent in; empty: in the host's own words."""
    translated = {one.language for one in session.rules.translations if one.consent}
    return language if language in translated else ""


def _free_alias(connection: Connection, session: str, wanted: str) -> str:
    """The alias a person wishes, or an animal's name, with a number where it is taken."""
    alias = " ".join(storable(wanted).split())[:LONGEST_ALIAS].strip() or secrets.choice(_ANIMALS)
    taken = set(connection.scalars(select(_annotator.c.alias).where(_annotator.c.workspace == session)))
    number, free = 1, alias
    while free in taken:
        number += 1
        free = f"{alias} {number}"
    return free


def _check_room(connection: Connection, session: str, most: int | None) -> None:
    judged = exists().where(_judgment.c.annotator == _annotator.c.id)
    here = and_(_annotator.c.session == session, or_(_annotator.c.created_at > time.time() - NEW_S, judged))
    joined = connection.scalar(select(func.count()).select_from(_annotator).where(here))
    if most is not None and joined >= most:
        raise NotAllowed(f"{joined} people have joined; there is room for {most}.", hint="Tell the host.")


def _by_code(connection: Connection, code: str) -> Session:
    row = connection.execute(select(_session).where(_session.c.join_code == spelt(code))).first()
    if row is None:
        hint = "Look at the code on the screen in the room and type it again."
        raise NotFound(f"No session has the code {code[:20]!r}.", hint=hint)
    if row.state == "closed":
        raise NotAllowed("This session has ended.", hint="Ask the host whether there is another one.")
    return _session_of(row)


def _row(connection: Connection, id: str, host: str | None = None) -> Row:
    row = connection.execute(_SESSION, {"named": id}).first()
    if row is None or host not in (None, row.host):
        raise NotFound("There is no session with that id here.", hint="Choose one from the list.")
    return row


_SESSION = select(_session).where(_session.c.id == bindparam("named"))
_PERSON = (  # made once: every request of a phone begins with it
    select(
        _session,
        _annotator.c.id.label("person"),
        _annotator.c.alias,
        _annotator.c.kind,
        _annotator.c.withdrawn_at,
        _annotator.c.role,
    )
    .join(_session, _annotator.c.session == _session.c.id)
    .where(_annotator.c.secret_hash == bindparam("secret_hash"))
)


def _participant(connection: Connection, secret_hash: str) -> Participant | None:
    row = connection.execute(_PERSON, {"secret_hash": secret_hash}).first()
    if row is None:
        return None
    who = Annotator(row.person, row.alias, row.kind)
    return Participant(who, _session_of(row), row.withdrawn_at is not None, row.role == EJECTED)


def _translations(stored: str) -> tuple[Translation, ...]:
    return tuple(Translation(*texts) for texts in json.loads(stored)) if stored != "[]" else ()


def _rules_of(row: Row) -> Rules:
    translations = _translations(row.translations)
    return Rules(row.title, row.rubric, row.consent, row.target_overlap, 0, translations, row.tie_rule)


def _session_of(row: Row) -> Session:
    return Session(
        row.id,
        row.join_code,
        row.state,
        _rules_of(row),
        row.consent_version,
        row.snapshot,
        row.created_at,
        row.host,
        row.revotes,
        row.delete_after,
        row.start,
        bool(row.asks_for_prompts),
    )
