"""What anybody may send: little, however it is sent; nothing is parsed before that is known."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.api.body_limit import MOST_BYTES, SmallBodies
from playground.api.gate import FOR_ALL
from playground.api.routes import app_options
from playground.settings import Settings
from playground.workbench import Workbench

MODES = [{}, {"mode": "demo"}, {"mode": "workshop", "host_password": "a long password"}]


@pytest.fixture(params=MODES, ids=["local", "demo", "workshop"])
def client(tmp_path, request):
    with closing(Workbench(Settings(data_dir=tmp_path, **request.param))) as bench:
        yield TestClient(FastAPI(**app_options(bench)))


@pytest.mark.parametrize("path", ["/api/workshop/join", "/api/workshop/vote", "/host"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused_in_words(client, path, chunked):
    body = b"[" * (MOST_BYTES + 1)
    answer = client.post(path, content=iter([body]) if chunked else body)
    assert answer.status_code == 413
    assert "64 KB" in answer.json()["message"] and answer.json()["hint"]


def test_what_a_phone_sends_passes_unchanged(client):
    name = "x" * 20_000  # longer than any name is kept, and not malformed
    body = {"code": "WRONGX", "secret": "s" * 32, "alias": name, "scope": "train"}
    answer = client.post("/api/workshop/join", json=body)
    assert (answer.status_code, "No session has the code" in answer.json()["message"]) == (404, True)


def passed_on(path, chunks):
    """How many chunks the app was given, how many were read, and the status that was answered."""
    given, read, sent = [], [], []

    async def app(scope, receive, send):
        while (message := await receive()).get("more_body"):
            given.append(message)

    async def receive():
        read.append(1)
        return {"type": "http.request", "body": b"x" * 1024, "more_body": len(read) < chunks}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": "POST", "headers": []}
    with ThreadPoolExecutor(1) as own_thread:  # a browser of an earlier test may keep a loop running in this one
        own_thread.submit(asyncio.run, SmallBodies(app)(scope, receive, send)).result()
    return len(given), len(read), sent[0]["status"] if sent else None


def test_no_more_is_read_than_the_limit_and_nothing_is_handed_on():
    assert passed_on("/api/workshop/join", 10**9) == (0, MOST_BYTES // 1024 + 1, 413)


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/api/rank/pair"])
def test_what_only_the_host_may_send_is_as_large_as_it_likes(path):
    assert passed_on(path, 1000) == (999, 1000, None)


def test_the_limit_holds_for_every_path_that_is_for_all():
    assert {passed_on(path, 1000)[2] for path in (*FOR_ALL, "/join/x", "/api/workshop/vote")} == {413}
