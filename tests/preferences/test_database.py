from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from playground.errors import PlaygroundError
from playground.preferences import database
from playground.preferences.record import Rules
from playground.preferences.store import PreferenceStore
from playground.preferences.tables import SCHEMA_VERSION
from playground.types import Completion, Prompt
from tests.preferences.conftest import ON_SQLITE

MOUNTS = """/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/local\\040disk ext4 rw 0 0
bucket /data fuse.gcsfuse rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/srv/a.db", False),
        ("/home/ann/a.db", True),
        ("/home/local disk/a.db", False),
        ("/data/a.db", True),
        ("/database/a.db", False),
    ],
)
def test_a_network_disk_is_recognised_by_the_deepest_mount(path, network):
    assert database.is_network_disk(Path(path), MOUNTS) is network


@ON_SQLITE
@pytest.mark.parametrize(("network", "mode"), [(False, "wal"), (True, "delete")])
def test_the_journal_suits_the_disk(url, tmp_path, monkeypatch, network, mode):
    monkeypatch.setattr(database, "is_network_disk", lambda path, mounts: network)
    PreferenceStore(url).close()
    assert sqlite3.connect(tmp_path / "playground.db").execute("pragma journal_mode").fetchone() == (mode,)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "playground.db", ""])
def test_an_address_that_cannot_keep_judgments_is_refused_with_what_to_do(url):
    with pytest.raises(PlaygroundError) as error:
        PreferenceStore(url)
    assert "PLAYGROUND_DATABASE_URL" in error.value.hint


def test_the_folder_of_a_new_database_is_made(tmp_path):
    PreferenceStore(f"sqlite:///{tmp_path}/new/folder/a.db").close()
    assert (tmp_path / "new/folder/a.db").is_file()


def test_what_was_stored_is_there_when_opened_again(url, store, vote):
    id = vote()
    again = PreferenceStore(url)
    assert [row.id for row in again.rows("room")] == [id]
    again.close()


def run(url, *statements):
    with create_engine(url).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def version(url):
    with create_engine(url).connect() as connection:
        return list(connection.scalars(text("select version from schema_version")))


def test_a_database_of_another_version_is_refused_and_left_as_it_is(url):
    PreferenceStore(url).close()
    run(url, "update schema_version set version = 99")
    with pytest.raises(PlaygroundError, match="99"):
        PreferenceStore(url)
    assert version(url) == [99]


LATER_INDICES = ("one_session_per_code", "annotator_by_secret", "assignments_of_a_session")
LATER_COLUMNS = [("session", name) for name in ("host", "rubric", "consent", "translations", "snapshot", "revotes")]
LATER_COLUMNS += [("judgment", "tapped"), ("snapshot", "what_if"), ("completion", "fingerprint"), ("pair", "better")]
SINCE_VERSION_6 = [("session", "asks_for_prompts"), ("annotator", "consent_language"), ("session", "start")]


def test_a_database_of_the_first_version_is_brought_up_to_date_and_keeps_its_judgments(url, store, vote):
    id = vote()
    store.close()
    run(url, *(f"drop index {name}" for name in LATER_INDICES))
    run(url, *(f"drop table {name}" for name in ("revote", "later_prompt", "proposal")))
    later = LATER_COLUMNS + SINCE_VERSION_6
    run(url, *(f"alter table {table} drop column {column}" for table, column in later))
    run(url, "update schema_version set version = 1")
    again = PreferenceStore(url)
    assert again.sessions.all("local") == []
    assert [row.id for row in again.rows("room")] == [id]
    ann = again.annotator("room", "person", "Ann")
    asked = Prompt.user("Hi")
    again.show_pair("room", ann, Completion(asked, "a", "c1", fingerprint="f1"), Completion(asked, "b", "c1"))
    again.close()
    PreferenceStore(url).close()
    assert version(url) == [SCHEMA_VERSION]


def test_a_session_of_version_6_keeps_its_people_and_choices_and_may_ask_for_prompts(url, store):
    asked = [Prompt.user(f"Question {i}") for i in range(4)]
    pairs = [(Completion(p, "yes", "old"), Completion(p, "no", "new")) for p in asked]
    session = store.sessions.create("local", Rules("Tuesday", "Which?", "We store it."), pairs)
    store.sessions.move("local", session.id, "open")
    ann = store.sessions.join(session.code, "s" * 32, "Ann", "train")
    shown = store.sessions.to_judge(ann)[0]
    store.judge(session.id, shown.token, "left", id="kept", by=ann.annotator)
    store.close()
    run(
        url,
        "drop table proposal",
        "drop table later_prompt",
        *(f"alter table {table} drop column {name}" for table, name in SINCE_VERSION_6),
    )
    run(url, "update schema_version set version = 6")
    again = PreferenceStore(url)
    found = again.sessions.participant("s" * 32)
    assert (found.annotator.alias, found.session.asks_for_prompts) == ("Ann", False)
    assert [row.id for row in again.judgments(session.id)] == ["kept"]
    again.proposals.ask(session.id, True)
    again.proposals.add(again.sessions.participant("s" * 32), "Why is the sky blue?")
    assert [one.text for one in again.proposals.all(session.id)] == ["Why is the sky blue?"]
    again.close()
    assert version(url) == [SCHEMA_VERSION]
