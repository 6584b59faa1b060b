"""The page's head gets one script more, and nothing else is touched."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from playground.api.resting_page import SCRIPT, RestingPage

COUNT = "(at) => { count = performance.now() - 1e3; told = at; }"
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


@pytest.fixture
def page(browser):
    """An empty page with the script."""
    context = browser.new_context()
    page = context.new_page()
    page.evaluate("window.count = 0; window.told = null;")
    page.add_script_tag(content=SCRIPT.decode().removeprefix("<script>").removesuffix("</script>"))
    yield page
    context.close()


@pytest.mark.browser
def test_a_count_that_rests_is_told_the_time_as_a_frame_is(page):
    page.evaluate(f"requestAnimationFrame({COUNT})")
    page.wait_for_function("count !== 0")
    assert page.evaluate("typeof told") == "number"


@pytest.mark.browser
@pytest.mark.parametrize("then", [COUNT, "() => { count = 1; }"])
def test_whoever_asked_for_a_frame_can_cancel_it_and_no_other_one(page, then):
    page.evaluate(
        f"""window.others = 0;
        const rests = {COUNT.replace("count =", "others +=")}, draws = () => {{ others += 1; }};
        const before = [requestAnimationFrame(rests), requestAnimationFrame(draws)];
        cancelAnimationFrame(requestAnimationFrame({then}));
        window.ids = [...before, requestAnimationFrame(rests)];"""
    )
    page.wait_for_timeout(1200)
    assert page.evaluate("count") == 0
    assert page.evaluate("others") != 0 and page.evaluate("new Set(ids).size") == 3
