"""A page with the app's own scripts and without its server."""

import pytest

from playground.ui.theme import SCRIPTS, STATIC


@pytest.fixture
def scripted(browser):
    """scripted(html) opens a page; %s in the html is where the app's scripts stand."""
    context = browser.new_context()

    def opened(html):
        page = context.new_page()
        scripts = "".join(f"<script>{(STATIC / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS)
        page.route("**/*", lambda route: route.fulfill(body=html % scripts, content_type="text/html; charset=utf-8"))
        page.route("**/api/status*", lambda route: route.fulfill(json={"ready": True, "text": "Ready.", "runs": {}}))
        page.goto("http://playground.test/")
        return page

    yield opened
    context.close()
