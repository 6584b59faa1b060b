"""Two pages of one workspace: what one of them makes, the other one shows without being touched."""

import pytest
from playwright.sync_api import expect

from tests.driven import App, fold_out, open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """An app of its own, where nobody has judged or trained before."""
    running = App(tmp_path_factory.mktemp("two-pages"))
    yield running
    running.close()


@pytest.fixture
def other(browser, app):
    """A second page, in a browser of its own."""
    context = browser.new_context()
    visitor = context.new_page()
    visitor.goto(app.url)
    yield visitor
    context.close()


def shown_by(page):
    """How many judgments the table says it shows."""
    return page.locator("#set-table .shown")


def test_the_set_and_the_runs_of_one_page_are_those_of_the_other(page, other):
    open_tab(other, "Rank")
    expect(shown_by(other)).to_contain_text("0 shown", timeout=30 * SECOND)
    open_tab(page, "Rank")
    fold_out(page, "Let a simulated annotator judge pairs")
    page.locator("#persona-n input").first.fill("40")
    page.wait_for_timeout(500)
    page.locator("#persona-label").click()
    expect(shown_by(other)).to_contain_text("40 shown", timeout=60 * SECOND)

    open_tab(other, "Runs")
    table = other.locator("#runs-table")
    expect(table).to_contain_text("recorded", timeout=30 * SECOND)
    known = table.locator("tr[data-run]").count()
    open_tab(page, "Reward model")
    expect(page.locator("#reward-train")).to_be_enabled(timeout=30 * SECOND)
    page.locator("#reward-train").click()
    expect(table.locator("tr[data-run]")).to_have_count(known + 1, timeout=30 * SECOND)
    expect(table.locator("tr[data-run]").first).to_contain_text("done", timeout=60 * SECOND)
