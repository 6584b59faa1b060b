"""Which status a refusal has: a device drops what was refused for good and sends again what can be taken later."""

import sqlite3
import uuid
from contextlib import closing

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event

from playground.api.refusals import RefusalsAsJson
from playground.api.routes import api_routes
from playground.errors import NotAllowed, NotFound, PlaygroundError, TooFast
from playground.preferences import database
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench

LONG = "x" * 2000


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    with closing(Workbench(Settings(data_dir=tmp_path, mode="workshop", host_password="a long password"))) as made:
        yield made


@pytest.fixture
def client(bench):
    return TestClient(FastAPI(routes=api_routes(bench)))


@pytest.fixture
def vote(bench, client):
    """Sends a choice on the next pair of somebody who joined; returns the answer."""
    asked = [Prompt.user(f"Question {i}") for i in range(20)]
    pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
    session = bench.store.sessions.create("local", Rules("T", "Which?", "We store."), pairs)
    bench.workshop.move("local", session.id, "open")
    key = uuid.uuid4().hex
    client.post("/api/workshop/join", json={"code": session.code, "secret": key, "scope": "train"})
    waiting = []

    def send():
        waiting[:] = waiting or client.post("/api/workshop/pairs", headers={"X-Device-Key": key}).json()["pairs"]
        body = {"id": uuid.uuid4().hex, "token": waiting.pop(0)["token"], "choice": "left", "comment": LONG}
        return client.post("/api/workshop/vote", json=body, headers={"X-Device-Key": key})

    assert send().status_code == 200
    return send


def is_for_later(answer):
    return answer.status_code == 503 and set(answer.json()) == {"message", "hint"}


def test_a_vote_that_meets_a_full_disk_is_to_be_sent_again(bench, vote):
    most = [1]  # pages; SQLite takes fewer than there are as: none more

    def limit(connection, _record, _proxy):
        connection.execute(f"PRAGMA max_page_count={most[0]}")

    event.listen(bench.store._engine, "checkout", limit)
    assert is_for_later([vote() for _ in range(3)][-1])  # 2000 characters each; a page has 4096
    most[0] = 10**6
    assert vote().status_code == 200


def test_a_vote_that_meets_a_locked_database_is_to_be_sent_again(bench, vote):
    with closing(sqlite3.connect(bench.settings.data_dir / "playground.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = vote()
        other.execute("ROLLBACK")
    assert "locked" in answer.json()["message"] and is_for_later(answer)
    assert vote().status_code == 200


def test_a_vote_that_meets_a_closed_store_is_to_be_sent_again(bench, vote):
    bench.store.close()
    answer = vote()
    assert "closed" in answer.json()["message"] and is_for_later(answer)


def test_a_vote_that_meets_an_unreadable_database_is_to_be_sent_again(bench, vote):
    with closing(sqlite3.connect(bench.settings.data_dir / "playground.db")) as other:
        other.execute("ALTER TABLE annotator RENAME TO gone")
    assert is_for_later(vote())


REFUSALS = [(NotAllowed("no"), 403), (NotFound("no"), 404), (TooFast(1), 429), (PlaygroundError("no"), 422)]


@pytest.mark.parametrize("cause", [None, ValueError("a file that cannot be read")])
@pytest.mark.parametrize(("error", "status"), REFUSALS)
def test_no_other_refusal_is_taken_for_the_stores_fault(error, status, cause):
    router = APIRouter(route_class=RefusalsAsJson)

    @router.get("/")
    def refuse():
        raise error from cause

    assert TestClient(FastAPI(routes=router.routes)).get("/").status_code == status
