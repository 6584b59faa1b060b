"""A real app, and a visitor in front of it."""

import pytest

from tests.driven import App


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """One app for the tests that do not break it."""
    running = App(tmp_path_factory.mktemp("data"))
    yield running
    running.close()


@pytest.fixture
def page(browser, app):
    """A fresh visitor on the page; errors in the browser's console fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visitor = context.new_page()
    errors = []
    visitor.on("pageerror", lambda error: errors.append(str(error)))
    visitor.goto(app.url)
    yield visitor
    context.close()
    assert errors == []
