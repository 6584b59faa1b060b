"""The over-optimisation lab and the hacks as a person uses them."""

import re

import pytest
from playwright.sync_api import expect

from tests.driven import App, fold_out, open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """An app of its own: a sweep leaves runs and reward models that other tests would take for theirs."""
    running = App(tmp_path_factory.mktemp("lab"))
    yield running
    running.close()


def test_a_sweep_grows_survives_a_reload_and_keeps_its_runs(page):
    open_tab(page, "Attack")
    expect(page.locator("#lab-estimate")).to_contain_text("KL coefficient 0.1", timeout=30 * SECOND)
    page.locator("#lab-kind label", has_text="How many labels").click()
    expect(page.locator("#lab-estimate")).to_contain_text("600 labels")
    fold_out(page, "Settings of the sweep")
    page.locator("#lab-values textarea, #lab-values input").fill("8, twelve")
    page.locator("#lab-run").click()
    expect(page.locator("#lab-estimate")).to_contain_text("is no list of numbers")
    expect(page.get_by_test_id("toast-text")).to_contain_text("Write it like this")
    page.locator("#lab-values textarea, #lab-values input").fill("8, 12")
    page.locator("#lab-iterations input[type=number]").fill("10")
    page.locator("#lab-run").click()
    expect(page.locator("#lab-stop")).to_be_enabled(timeout=20 * SECOND)
    expect(page.locator("#lab-view .legs")).to_contain_text("step", timeout=90 * SECOND)
    page.reload()
    open_tab(page, "Attack")
    expect(page.locator("#lab-view .state")).to_contain_text("Done", timeout=300 * SECOND)
    expect(page.locator("#lab-view .legs")).to_contain_text(re.compile("12 labels.*done.*step 10 of 10", re.DOTALL))
    expect(page.locator("#lab-view .chart")).to_contain_text("12 labels: gold", timeout=20 * SECOND)
    expect(page.locator("#lab-stop")).to_be_disabled()
    open_tab(page, "Runs")
    expect(page.locator("#runs-table")).to_contain_text("PPO, 12 labels")


def test_a_hack_says_what_it_does_and_can_be_stopped(page):
    open_tab(page, "Attack")
    page.locator("#hack-recipe label", has_text="Flattery").click()
    expect(page.locator("#hack-words")).to_contain_text("biased on purpose", ignore_case=True, timeout=20 * SECOND)
    expect(page.locator("#hack-cure")).to_be_disabled()
    page.locator("#hack-run").click()
    expect(page.locator("#hack-progress")).to_contain_text(re.compile("judges|training"), timeout=30 * SECOND)
    expect(page.locator("#attack-progress")).to_be_empty()  # it is no audit
    page.reload()
    open_tab(page, "Attack")
    expect(page.locator("#hack-progress")).to_contain_text(re.compile("judges|training"), timeout=30 * SECOND)
    page.locator("#hack-stop").click()
    expect(page.locator("#hack-progress")).to_contain_text("Stopped", timeout=60 * SECOND)
