"""The line under the title: true about the models, and about whether the playground is there at all."""

import pytest
from playwright.sync_api import expect

from playground.ui.theme import STATIC

pytestmark = pytest.mark.browser
PAGE = """<body><header id="head"><p class="status-line">…</p>
<ul class="notes"></ul></header>
<script>window.Playground = {};</script>%s<script>Playground.status(document.getElementById("head"));</script></body>"""
SOON_MS = 10_000


class Server:
    """Answers the page, or does not."""

    def __init__(self, page):
        self.answer = {"ready": False, "text": "Models are loading.", "runs": {}}
        scripts = [(STATIC / name).read_text(encoding="utf-8") for name in ("page.js", "pulse.js")]
        body = PAGE % "".join(f"<script>{code}</script>" for code in scripts)
        page.route("**/*", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
        page.route("**/api/status*", self.status)
        page.goto("http://playground.test/")

    def status(self, route):
        if self.answer == "hangs":
            return
        if isinstance(self.answer, int):
            route.fulfill(status=self.answer, body="Bad gateway")
        elif self.answer is None:
            route.abort()
        else:
            route.fulfill(json=self.answer)


@pytest.fixture
def line(browser):
    page = browser.new_page()
    server = Server(page)
    yield server, page.locator(".status-line")
    page.close()


@pytest.mark.parametrize("dead", [None, 502, "hangs"], ids=["refused", "bad gateway", "hangs"])
def test_a_dead_playground_is_told_within_seconds_and_its_return_too(line, dead):
    server, words = line
    server.answer = {"ready": True, "text": "Ready.", "runs": {}}
    expect(words).to_have_attribute("data-state", "ready", timeout=SOON_MS)
    server.answer = dead
    expect(words).to_contain_text("does not answer", timeout=SOON_MS)
    expect(words).to_have_attribute("data-state", "lost")
    server.answer = {"ready": True, "text": "Ready again.", "runs": {}}
    expect(words).to_have_text("Ready again.", timeout=SOON_MS)
    expect(words).to_have_attribute("data-state", "ready")


def test_models_that_are_loading_are_not_called_ready(line):
    _, words = line
    expect(words).to_have_text("Models are loading.", timeout=SOON_MS)
    expect(words).to_have_attribute("data-state", "loading")
