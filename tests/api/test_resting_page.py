"""The page's head gets one script more, and nothing else is touched."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from playground.api.resting_page import SCRIPT, RestingPage

PAGE = "<!doctype html><head><title>é</title></head><body>Hello <head></body>"


@pytest.fixture
def client():
    def page(request):
        return HTMLResponse(PAGE)

    def other(request):
        return StreamingResponse(iter(["<head>", "x"]), media_type="text/html")

    return TestClient(
        Starlette(routes=[Route("/", page), Route("/other", other)], middleware=[Middleware(RestingPage)])
    )


def test_the_script_stands_first_in_the_pages_head_and_the_length_is_right(client):
    answer = client.get("/")
    assert answer.text == PAGE.replace("<head>", "<head>" + SCRIPT.decode(), 1)
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_head_requests_and_other_paths_are_passed_on(client):
    assert client.head("/").status_code == 200
    assert client.get("/other").text == "<head>x"


def test_an_answer_without_a_head_stays_as_it_is():
    app = Starlette(routes=[Route("/", lambda request: Response("moved", 307))], middleware=[Middleware(RestingPage)])
    answer = TestClient(app).get("/", follow_redirects=False)
    assert (answer.status_code, answer.text, answer.headers["content-length"]) == (307, "moved", "5")
