"""What a phone, or whoever pretends to be one, may send that no database and no rule expects: one answer in words each.

On both databases, since each has its own idea of what a text may hold.
"""

import json
import uuid
from contextlib import closing

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.api.routes import api_routes
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench

ODD = [
    "x" * 10_000,
    "🦊👩‍👩‍👧",
    "שלום \u202eעולם",
    "<b>Ann</b> **bold** <script>1</script>",
    "half \ud83d",
    "a\0b",
    "",
    " ",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request, tmp_path):
    elsewhere = request.getfixturevalue("postgres").new_database() if request.param == "postgresql" else ""
    with closing(Workbench(Settings(data_dir=tmp_path, database_url=elsewhere))) as made:
        yield made


@pytest.fixture
def session(bench):
    asked = [Prompt.user(f"Question {i}") for i in range(9)]
    pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
    made = bench.store.sessions.create("local", Rules("Tuesday", "Which?", "We store it."), pairs)
    return bench.workshop.move("local", made.id, "open")


@pytest.fixture
def post(bench):
    client = TestClient(FastAPI(routes=api_routes(bench)), raise_server_exceptions=False)

    def sent(path, body, secret="none"):
        text = json.dumps(body)  # half an emoji leaves as an escape, as a browser sends it
        headers = {"Content-Type": "application/json", "X-Device-Key": secret}
        return client.post(f"/api/workshop/{path}", content=text, headers=headers)

    return sent


@pytest.fixture
def ann(post, session):
    """The secret of somebody who has joined, and their pairs."""
    secret = uuid.uuid4().hex
    post("join", {"code": session.code, "secret": secret, "scope": "publish"})
    return secret, post("pairs", {}, secret).json()["pairs"]


def in_words(answer):
    return 400 <= answer.status_code < 500 and set(answer.json()) == {"message", "hint"}


@pytest.mark.parametrize("alias", ODD, ids=ascii)
def test_whoever_gives_an_odd_name_takes_part_and_the_host_reads_it(bench, session, post, alias):
    secret = uuid.uuid4().hex
    joined = post("join", {"code": session.code, "secret": secret, "alias": alias, "scope": "train"})
    assert joined.status_code == 200 and len(post("pairs", {}, secret).json()["pairs"]) == 4
    (person,) = bench.workshop.people("local", session.id)
    assert 1 <= len(person.alias) <= 43 and person.alias == joined.json()["alias"]


@pytest.mark.parametrize("code", ["closed", "WRONGX", *ODD], ids=ascii)
def test_a_wrong_or_closed_code_is_refused_in_words(bench, session, post, code):
    bench.workshop.move("local", session.id, "closed")
    code = session.code if code == "closed" else code
    assert in_words(post("join", {"code": code, "secret": "s" * 32, "scope": "train"}))


@pytest.mark.parametrize("field", ["id", "token", "choice"])
@pytest.mark.parametrize("value", ODD, ids=ascii)
def test_a_vote_whose_id_token_or_choice_is_no_such_thing_stores_nothing(bench, session, post, ann, field, value):
    secret, (pair, *_) = ann
    body = {"id": "one", "token": pair["token"], "choice": "left"}
    answer = post("vote", body | {field: value}, secret)
    assert in_words(answer) or (field == "id" and answer.json() == {"saved": value, "state": "open", "round": 0})
    assert bench.store.counts(session.id).total == (answer.status_code == 200)
    assert post("vote", body | {"id": "two"}, secret).status_code == (403 if answer.status_code == 200 else 200)


@pytest.mark.parametrize("comment", ODD[1:], ids=ascii)
def test_an_odd_comment_costs_no_vote(bench, session, post, ann, comment):
    secret, (pair, *_) = ann
    body = {"id": "one", "token": pair["token"], "choice": "skip", "comment": comment}
    assert post("vote", body, secret).status_code == 200
    assert bench.store.counts(session.id).total == 1


def test_two_tabs_of_one_person_have_the_same_pairs_and_one_vote_on_each(bench, session, post, ann):
    secret, pairs = ann
    assert post("pairs", {}, secret).json()["pairs"] == pairs
    answers = [post("vote", {"id": id, "token": pairs[0]["token"], "choice": "left"}, secret) for id in ("a", "b")]
    assert answers[0].status_code == 200 and in_words(answers[1])
    assert bench.store.counts(session.id).total == 1


def test_a_pair_of_a_round_that_is_over_trains_nothing_new(bench, session, post, ann):
    secret, (early, late, *_) = ann
    post("vote", {"id": "one", "token": early["token"], "choice": "left"}, secret)
    frozen = bench.workshop.freeze("local", session.id)
    prompt = Prompt.user("New")
    pairs = [(Completion(prompt, "before", "old"), Completion(prompt, "after", "new"))]
    bench.store.revotes.begin(bench.workshop.find("local", session.id), "old", "new", frozen.id, pairs)
    assert [pair["prompt"] for pair in post("pairs", {}, secret).json()["pairs"]] == ["New"]
    assert post("vote", {"id": "two", "token": late["token"], "choice": "left"}, secret).status_code == 200
    assert bench.workshop.frozen("local", session.id) == frozen


def test_a_sessions_file_with_one_bad_row_brings_in_the_others_and_names_that_one(bench, session, post, ann, tmp_path):
    secret, pairs = ann
    for pair in pairs[:3]:
        post("vote", {"id": uuid.uuid4().hex, "token": pair["token"], "choice": "left"}, secret)
    lines = bench.preferences.export(session.id, "jsonl", "everything").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "workshop.jsonl"
    path.write_text(
        "\n".join([lines[0], json.dumps(json.loads(lines[1]) | {"choice": "up"}), lines[2]]), encoding="utf-8"
    )
    last = list(bench.preferences.add_file("local", path))[-1]
    assert bench.store.counts("local").total == 2
    assert [row.number for row in last.refused] == [2] and "up" in last.refused[0].why
