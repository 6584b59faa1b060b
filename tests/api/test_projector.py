"""What the room sees of a session, and that figures are sent only where they are new."""

import uuid
from contextlib import closing

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.api import host_routes
from playground.api.routes import api_routes
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench


@pytest.fixture
def bench(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path))) as made:
        yield made


@pytest.fixture
def client(bench, monkeypatch):
    monkeypatch.setattr(host_routes, "_FRESH_S", 0.0)
    return TestClient(FastAPI(routes=api_routes(bench)), base_url="http://192.168.1.5:7860")


@pytest.fixture
def session(bench):
    asked = [Prompt.user(f"Question {i}") for i in range(9)]
    pairs = [(Completion(p, "a secret answer", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
    made = bench.store.sessions.create("local", Rules("Tuesday", "Which?", "We store it.", overlap=1), pairs)
    return bench.workshop.move("local", made.id, "open")


def judge(bench, session, alias):
    secret = uuid.uuid4().hex
    bench.workshop.join(session.code, secret, alias, "train")
    pair = bench.workshop.pairs(secret)[1][0]
    bench.workshop.vote(secret, pair.token, "left", judgment_id=uuid.uuid4().hex)


def test_the_projector_tells_how_to_join_and_how_far_the_room_is(bench, client, session):
    judge(bench, session, "Ann")
    told = client.get(f"/api/session/{session.id}/projector").json()
    assert (told["join"]["place"], told["join"]["code"]) == ("192.168.1.5:7860/join", session.code)
    assert told["join"]["picture"].startswith("data:image/svg+xml")
    assert told["figures"] == [["1", "people"], ["1", "choices"], ["1 of 9", "pairs have 1 label"]]


def test_the_projector_tells_nothing_of_a_person_or_a_model_or_a_text(bench, client, session):
    judge(bench, session, "Annabel")
    shown = client.get(f"/api/session/{session.id}/projector").text
    assert not [word for word in ("Annabel", "pocket", "secret answer", "Question") if word in shown]


def test_once_the_host_reveals_it_the_projector_tells_who_won_how_often_and_still_nothing_of_a_person(
    bench, client, session
):
    judge(bench, session, "Annabel")
    bench.workshop.freeze("local", session.id)
    assert client.get(f"/api/session/{session.id}/projector").json()["revealed"] is None
    bench.workshop.move("local", session.id, "revealed")
    answer = client.get(f"/api/session/{session.id}/projector")
    names = [bench.checkpoints.find("local", id).name for id in ("pocket-sft", "pocket-base")]
    assert sorted(bar["name"] for bar in answer.json()["revealed"]["bars"]) == sorted(names)
    assert "Too few to tell" in answer.json()["revealed"]["words"]
    assert not [word for word in ("Annabel", "secret answer", "Question") if word in answer.text]


def test_a_closed_session_shows_no_code_on_the_projector(bench, client, session):
    bench.workshop.move("local", session.id, "closed")
    told = client.get(f"/api/session/{session.id}/projector").json()
    assert told["join"] is None and "ended" in told["state"]


@pytest.mark.parametrize("path", ["", "/projector"])
def test_figures_are_sent_only_where_they_are_new(bench, client, session, path):
    first = client.get(f"/api/session/{session.id}{path}")
    known = {"If-None-Match": first.headers["etag"]}
    same = client.get(f"/api/session/{session.id}{path}", headers=known)
    assert (first.status_code, same.status_code, same.content) == (200, 304, b"")
    judge(bench, session, "Ann")
    assert client.get(f"/api/session/{session.id}{path}", headers=known).status_code == 200


@pytest.mark.parametrize("path", ["/projector/other", "/api/session/other/projector"])
def test_there_is_no_projector_for_a_session_that_is_not_the_hosts(client, session, path):
    assert client.get(path).status_code == 404
