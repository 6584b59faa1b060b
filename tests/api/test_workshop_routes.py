"""Phones and the host by the routes they use: what each may do, what is sent, what bad input is answered."""

import json
import uuid
import zipfile
from contextlib import closing
from dataclasses import replace
from io import BytesIO

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pyarrow.parquet import read_table

from playground.api.routes import api_routes
from playground.api.workshop_routes import STATIC, Vote
from playground.preferences.record import Rules, Translation
from playground.settings import Settings
from playground.types import CHOICES, Completion, Prompt
from playground.ui.workshop_words import ENGLISH, GERMAN, in_german
from playground.workbench import Workbench
from playground.workbench.rights import HOST_COOKIE

PASSWORD = "a long password"
RULES = Rules("Tuesday", "Which answer helps more?", "We store your choices.")
HTML = "<img src=x onerror=alert(1)> **bold**"


@pytest.fixture
def bench(tmp_path):
    settings = Settings.from_environment(
        {"PLAYGROUND_DATA_DIR": str(tmp_path), "PLAYGROUND_HOST_PASSWORD": PASSWORD, "SPACE_ID": ""}
    )
    with closing(Workbench(settings)) as made:
        yield made


@pytest.fixture
def session(bench):
    asked = [Prompt.user(f"Question {i} {HTML}") for i in range(9)]
    pairs = [(Completion(p, f"yes {HTML}", "pocket-sft"), Completion(p, "no", "dpo-secret")) for p in asked]
    made = bench.store.sessions.create("local", RULES, pairs)
    return bench.workshop.move("local", made.id, "open")


@pytest.fixture
def client(bench):
    return TestClient(FastAPI(routes=api_routes(bench)), follow_redirects=False)


class Phone:
    """A participant's device."""

    def __init__(self, client, code, alias="", scope="train"):
        self.client, self.secret = client, uuid.uuid4().hex
        self.joined = client.post(
            "/api/workshop/join", json={"code": code, "secret": self.secret, "alias": alias, "scope": scope}
        )

    def post(self, path, body=None):
        return self.client.post(f"/api/workshop/{path}", json=body or {}, headers={"X-Device-Key": self.secret})

    def pairs(self):
        return self.post("pairs").json()["pairs"]

    def vote(self, pair, choice="left", **more):
        return self.post("vote", {"id": uuid.uuid4().hex, "token": pair["token"], "choice": choice, **more})


@pytest.fixture
def phone(client, session):
    return Phone(client, session.code)


def test_the_page_and_all_it_loads_are_under_60_kb(client):
    sizes = [
        len(client.get(path).content)
        for path in ("/join/ABC", "/workshop/workshop.js", "/workshop/workshop.css", "/workshop/workshop_words.json")
    ]
    assert min(sizes) > 500 and sum(sizes) < 60_000


def test_no_other_file_is_served(client):
    assert client.get("/workshop/host.html").status_code == 422
    assert client.get("/workshop/..%2f..%2fsettings.py").status_code in (404, 422)


def test_the_page_writes_texts_as_text_only():
    script = (STATIC / "workshop.js").read_text(encoding="utf-8")
    assert "textContent" in script
    assert not any(way in script for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"))


def test_what_is_stored_can_be_read_before_joining(client, session):
    told = client.get(f"/api/workshop/session/{session.code.lower()}").json()
    known = {"title": "Tuesday", "rubric": RULES.rubric, "consent": RULES.consent, "languages": {}}
    assert told == known | {"state": "open", "round": 0}


def test_nobody_joins_without_consent(client, session):
    answer = client.post("/api/workshop/join", json={"code": session.code, "secret": "s" * 32})
    assert answer.status_code == 422 and "scope" in answer.json()["message"]


def test_consent_is_stored_with_its_version_and_scope(bench, client, session):
    import sqlite3

    body = {"code": session.code, "secret": "s" * 32, "alias": "Ann", "scope": "publish"}
    client.post("/api/workshop/join", json=body)
    with closing(sqlite3.connect(bench.settings.data_dir / "playground.db")) as database:
        question = "select alias, consent_scope, consent_version, consent_at > 0, secret_hash from annotator"
        (alias, scope, version, when, hashed) = database.execute(question).fetchone()
    assert (alias, scope, version, when) == ("Ann", "publish", session.consent_version, 1)
    assert "s" * 32 not in hashed


@pytest.mark.parametrize("code", ["WRONGX", "", "🦊", "a" * 64])
def test_a_wrong_code_is_a_404_in_words(client, session, code):
    answer = client.post("/api/workshop/join", json={"code": code, "secret": "s" * 32, "scope": "train"})
    assert answer.status_code == 404 and set(answer.json()) == {"message", "hint"}


def test_a_pair_names_no_model_and_comes_byte_for_byte(phone):
    answer = phone.post("pairs")
    assert "pocket" not in answer.text and "secret" not in answer.text
    pair = answer.json()["pairs"][0]
    assert set(pair) == {"token", "prompt", "left", "right"}
    assert {pair["left"], pair["right"]} == {f"yes {HTML}", "no"}


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_is_stored_as_what_it_is(bench, session, phone, choice):
    assert phone.vote(phone.pairs()[0], choice, comment="cannot judge").status_code == 200
    assert [(row.choice, row.comment) for row in bench.store.judgments(session.id)] == [(choice, "cannot judge")]


def test_a_clock_that_is_hours_off_costs_no_vote(bench, session, phone):
    for clock, ms in ((0.0, -5), (4e12, 10**12), (-1.0, 0)):
        assert phone.vote(phone.pairs()[0], client_time=clock, decision_ms=ms).status_code == 200
    assert bench.store.counts(session.id).total == 3


def test_a_vote_sent_twice_is_stored_once_and_undone_once(bench, session, phone):
    pair = phone.pairs()[0]
    body = {"id": "one", "token": pair["token"], "choice": "left"}
    assert (
        phone.post("vote", body).json()
        == phone.post("vote", body).json()
        == {"saved": "one", "state": "open", "round": 0}
    )
    assert bench.store.counts(session.id).total == 1
    assert [phone.post("undo", {"id": "one"}).json()["undone"] for _ in range(2)] == [True, False]
    assert phone.pairs()[0]["token"] == pair["token"]


def test_another_person_cannot_use_a_token(bench, client, session, phone):
    pair, other = phone.pairs()[0], Phone(client, session.code)
    assert other.vote(pair).status_code == 403
    assert bench.store.counts(session.id).total == 0


def test_whoever_withdrew_has_no_pairs_and_no_vote_counts(bench, session, phone):
    pair, held = phone.pairs()[:2]
    phone.vote(pair)
    assert phone.post("withdraw").status_code == phone.post("withdraw").status_code == 200
    assert phone.post("pairs").status_code == phone.vote(held).status_code == 403
    assert bench.workshop.freeze("local", session.id).preferences == ()


def test_a_closed_session_takes_no_vote_and_says_so(bench, session, phone):
    pair = phone.pairs()[0]
    bench.workshop.move("local", session.id, "closed")
    assert phone.post("pairs").json() == {"state": "closed", "round": 0, "pairs": []}
    answer = phone.vote(pair)
    assert answer.status_code == 403 and "ended" in answer.json()["message"]


def test_a_vote_after_the_freeze_is_kept_but_is_not_in_the_snapshot(bench, session, phone):
    first, second = phone.pairs()[:2]
    phone.vote(first)
    snapshot = bench.workshop.freeze("local", session.id)
    assert phone.vote(second).status_code == 200
    assert len(snapshot.preferences) == 1 and bench.store.counts(session.id).total == 2
    assert bench.workshop.frozen("local", session.id) == snapshot


def test_a_device_that_never_joined_is_told_to_join(client):
    answer = client.post("/api/workshop/pairs", headers={"X-Device-Key": "x" * 32})
    assert answer.status_code == 404 and "Join" in answer.json()["hint"]


REFUSED = [
    ("post", "/api/rank/pair", {"checkpoints": ["pocket-sft"]}),
    ("post", "/api/rank/undo", None),
    ("get", "/api/rank/counts", None),
    ("get", "/api/rank/export/jsonl", None),
    ("get", "/api/rank/export/folder", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_a_participant_who_calls_a_hosts_route_is_refused(client, phone, method, path, body):
    client.cookies.set("playground_workspace", "a" * 32)
    answer = client.request(method, path, json=body, headers={"X-Device-Key": phone.secret})
    assert answer.status_code == 403
    assert answer.json()["message"] == "Only the host may do this."


TO_DO = (
    "Let it begin with bench.workspace_of(request.cookies); a 422 says what `body` here lacks; what is for phones "
    "belongs under /api/workshop/."
)
OPEN_TO_ALL = ("/api/status", "/vendor/", "/join", "/host", "/workshop/", "/api/workshop/")


def test_every_route_that_is_not_for_all_refuses_whoever_is_not_the_host(bench, client, session):
    body = {"checkpoints": ["pocket-sft"], "k": 3, "id": "i", "token": "t", "choice": "left", "order": [[0], [1]]}
    body |= {"prompt": "p", "completion": "c", "name": "n"}
    paths = {path: ways for path, ways in client.app.openapi()["paths"].items() if not path.startswith(OPEN_TO_ALL)}
    assert len(paths) > 8
    for path, ways in paths.items():
        named = {"session_id": session.id, "sweep_id": "s", "name": "length", "person": "p"}
        filled = path.format(run_id="r", kind="jsonl", form="md", **named)
        for method in ways:
            sent = {"json": body} if method == "post" else {"params": {"checkpoint": "pocket-sft"}}
            answer = client.request(method, filled, **sent)
            said = (answer.status_code, answer.json()["message"])
            assert said == (403, "Only the host may do this."), f"{method} {path} answered {said}. {TO_DO}"


def test_the_password_makes_a_host_and_nothing_else_does(bench, client):
    assert client.post("/host", data={"password": "wrong"}).status_code == 403
    assert client.get("/api/rank/counts").status_code == 403
    answer = client.post("/host", data={"password": PASSWORD})
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["set-cookie"] and PASSWORD not in answer.headers["set-cookie"]
    assert client.get("/api/rank/counts").status_code == 200
    client.cookies.set(HOST_COOKIE, "made up")
    client.cookies.delete(HOST_COOKIE, domain="testserver.local")
    assert client.get("/api/rank/counts").status_code == 403


def test_guessing_the_password_is_stopped_after_twenty_tries(client):
    for _ in range(20):
        client.post("/host", data={"password": "wrong"})
    answer = client.post("/host", data={"password": PASSWORD})
    assert answer.status_code == 403 and "Wait a minute" in answer.text


def test_a_session_has_room_for_a_thousand_and_says_when_it_is_full(bench, client, session, monkeypatch):
    from playground.workbench import workshop

    monkeypatch.setattr(workshop, "MOST_PEOPLE", 2)
    first = Phone(client, session.code)
    assert [one.joined.status_code for one in (first, Phone(client, session.code))] == [200, 200]
    answer = Phone(client, session.code).joined
    assert answer.status_code == 403 and "room for 2" in answer.json()["message"]
    body = {"code": session.code, "secret": first.secret, "scope": "train"}
    assert client.post("/api/workshop/join", json=body).status_code == 200  # who is in stays in


@pytest.fixture
def host(client):
    assert client.post("/host", data={"password": PASSWORD}).status_code == 303
    return client


def test_the_export_holds_every_choice_that_may_be_published_once_and_nobodys_name(bench, host, session):
    ann, bob = (Phone(host, session.code, name, "publish") for name in ("Ann", "Bob"))
    carl = Phone(host, session.code, "Carl")  # whose choices train here and no more
    kept = ann.vote(ann.pairs()[0], "left").json()["saved"]
    ann.vote(ann.pairs()[0], "tie")
    not_kept = [other.vote(other.pairs()[0]).json()["saved"] for other in (bob, carl)]
    bob.post("withdraw")
    rows = [json.loads(line) for line in host.get(f"/api/session/{session.id}/export/jsonl").text.splitlines()]
    assert [(row["choice"], row["annotator"]) for row in rows] == [("left", "person 1"), ("tie", "person 1")]
    trains = host.get(f"/api/session/{session.id}/export/csv", params={"form": "trl"}).text
    assert trains.count(kept) == 1 and "Ann" not in trains
    with zipfile.ZipFile(BytesIO(host.get(f"/api/session/{session.id}/export/folder").content)) as archive:
        held = read_table(BytesIO(archive.read("preferences/data/judgments.parquet")))
    assert set(held["id"].to_pylist()) == {row["id"] for row in rows}
    assert not {*not_kept} & {row["id"] for row in rows}


def test_the_live_figures_are_the_hosts_and_of_the_hosts_own_sessions(host, session):
    assert host.get(f"/api/session/{session.id}").json()["state"].startswith("Open")
    assert host.get("/api/session/other").status_code == 404
    assert host.get("/api/session/local/export/jsonl").status_code == 404


def test_the_host_reads_how_alike_the_room_judges_or_that_too_few_have(bench, host, session):
    def figures():
        return {
            words.split(" (")[0]: figure for figure, words in host.get(f"/api/session/{session.id}").json()["tiles"]
        }

    assert figures()["pairs with two labels to tell how alike people judge"] == "too few"
    asked = [Prompt.user(f"Question {i}") for i in range(12)]
    pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "dpo-1")) for p in asked]
    session = bench.store.sessions.create("local", RULES, pairs)
    bench.workshop.move("local", session.id, "open")
    for _ in range(12):
        phone = Phone(host, session.code)
        for _ in range(10):
            pair = phone.pairs()[0]
            phone.vote(pair, "left" if pair["left"] == "yes" else "right")
    found = host.get(f"/api/session/{session.id}").json()["tiles"]
    assert any(figure == "100 %" and "of choices are those of most others" in words for figure, words in found)
    assert any("no lean can be told" in words for _, words in found)


SAID = {  # what a vote carries, and the words that tell people so; a field that is new needs words of its own
    "id": "what you choose",
    "token": "what you choose",
    "choice": "what you choose",
    "comment": "why you skip",
    "decision_ms": "how long you take",
    "input": "whether you tap, click or type",
    "client_time": "your device's clock",
    "tapped": "how many choices you make",
}


SAID_IN_GERMAN = {
    "choice": "was Sie wählen",
    "comment": "warum Sie etwas auslassen",
    "decision_ms": "wie lange Sie brauchen",
    "input": "ob Sie tippen, klicken oder Tasten drücken",
    "client_time": "die Uhrzeit Ihres Geräts",
    "tapped": "wie viele Paare Sie beurteilen",
}


def test_the_consent_names_everything_that_a_vote_carries():
    assert SAID.keys() == Vote.model_fields.keys()
    assert all(words in ENGLISH.consent for words in SAID.values())
    assert all(words in GERMAN.consent for words in SAID_IN_GERMAN.values())


@pytest.mark.parametrize("ours", [ENGLISH, GERMAN])
def test_the_consent_names_where_copies_go_and_how_long_choices_are_kept(ours):
    assert "someone/room" in ours.agreed("someone/room")
    assert ours.agreed("") == ours.dated(ours.consent, 0) == ours.consent
    assert "30" in ours.dated(ours.consent, 30) and ours.kept not in ours.dated(ours.consent, 1)


def test_a_german_phone_never_reads_our_words_where_the_host_wrote_others():
    assert in_german(ENGLISH.rubric, ENGLISH.consent, "", "", "") == Translation("de", GERMAN.rubric, GERMAN.consent)
    assert in_german("Which is kinder?", "We store all.", "", "", "") == Translation("de", "", "")
    assert in_german("Which?", "We store all.", "Welches?", "Alles.", "") == Translation("de", "Welches?", "Alles.")


def test_what_a_host_wrote_in_two_languages_is_told_in_both_and_names_the_consent_anew(bench, client):
    german = Translation("de", "Welche Antwort hilft mehr?", "Wir speichern Ihre Wahl.")
    asked = Prompt.user("Hi")
    pairs = [(Completion(asked, "yes", "a"), Completion(asked, "no", "b"))]
    one, both = (
        bench.store.sessions.create("local", rules, pairs) for rules in (RULES, replace(RULES, translations=(german,)))
    )
    told = client.get(f"/api/workshop/session/{both.code}").json()
    assert told["languages"] == {"de": {"rubric": german.rubric, "consent": german.consent}}
    assert told["consent"] == RULES.consent and one.consent_version != both.consent_version


def test_a_rooms_curves_are_for_whoever_knows_its_code_and_tell_of_no_model(bench, client, session):
    told = client.get(f"/api/workshop/curves/{session.code}").json()
    assert told == {"state": "open", "round": 0, "runs": []}
    assert client.get("/api/workshop/curves/WRONGX").status_code == 404
    assert "checkpoint" not in client.get(f"/api/workshop/curves/{session.code}").text


def test_only_the_host_sees_the_people_and_takes_them_out(bench, host, session):
    ann = Phone(host, session.code, "Ann")
    ann.vote(ann.pairs()[0])
    (person,) = host.get(f"/api/session/{session.id}/people").json()
    assert (person["alias"], person["choices"], person["ejected"]) == ("Ann", 1, False)
    assert host.post(f"/api/session/{session.id}/eject/{person['id']}").status_code == 200
    assert ann.post("pairs").json() == {"state": "ejected", "round": 0, "pairs": []}
    assert host.post(f"/api/session/{session.id}/eject/nobody").status_code == 404
    assert host.post(f"/api/session/{session.id}/let-in/{person['id']}").status_code == 200
    assert len(ann.pairs()) == 4
