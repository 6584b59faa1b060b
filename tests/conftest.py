"""One real browser for all tests that need one: two instances of Playwright in one thread refuse each other."""

import os
from collections.abc import Sequence

import pytest

from tests.driven import CHROMIUM, FLAGS


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Where pytest-xdist shares the tests out, all that need the browser stay in one process, any other file in one."""
    for item in items:
        room = "browser" if "browser" in item.fixturenames else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(room))


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium. Without it the tests are skipped, unless PLAYGROUND_REQUIRE_BROWSER asks for them."""
    if not CHROMIUM.exists():
        if os.environ.get("PLAYGROUND_REQUIRE_BROWSER"):
            pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium")
        pytest.skip("chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()
