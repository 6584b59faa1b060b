"""A real app, and a visitor in front of it."""

import pytest

from tests.driven import App
from tests.phones import open_room, phone_in


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


@pytest.fixture
def room(tmp_path):
    """A workshop with one open session, served without models."""
    with open_room(tmp_path) as made:
        yield made


@pytest.fixture
def phone(browser):
    """A narrow phone, with nothing stored."""
    with phone_in(browser) as page:
        yield page
