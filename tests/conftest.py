"""One real browser for all tests that need one: two instances of Playwright in one thread refuse each other."""

import os

import pytest

from tests.driven import CHROMIUM, FLAGS
from tests.postgres import NoServer, started


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """Where pytest-xdist shares the tests out: those that drive the app in a browser in one process, else by file."""
    from xdist.scheduler import LoadScopeScheduling

    class ByRoom(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "browser" if nodeid.startswith("tests/browser/") else nodeid.split("::")[0]

    return ByRoom(config, log)


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


@pytest.fixture(scope="session")
def postgres():
    """A server of our own. Without PostgreSQL its tests are skipped, unless PLAYGROUND_REQUIRE_POSTGRES is set."""
    try:
        with started() as cluster:
            yield cluster
    except NoServer as reason:
        if os.environ.get("PLAYGROUND_REQUIRE_POSTGRES"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))
