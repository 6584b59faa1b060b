"""Faults and company: reload in the middle of a run, two visitors, a killed trainer, a killed app."""

import os
import re
import signal
import time

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.test_walk import SECOND, judge_by_keyboard, judged, run_ends
from tests.driven import App, child_of, fold_out, open_tab

pytestmark = pytest.mark.browser


def label_with_persona(page, n):
    """n pairs by a simulated annotator, waited for."""
    open_tab(page, "Rank")
    expect(page.locator("#rank-a p")).not_to_be_empty(timeout=60 * SECOND)
    fold_out(page, "Let a simulated annotator judge pairs")
    page.locator("#persona-n input").first.fill(str(n))
    page.wait_for_timeout(500)
    page.locator("#persona-label").click()
    expect(page.locator("#rank-count")).to_contain_text("simulated", timeout=120 * SECOND)


def start_long_dpo(page):
    """A DPO run long enough to be disturbed."""
    open_tab(page, "Policy")
    fold_out(page, "More settings")
    page.get_by_label("Epochs").first.fill("20")
    page.get_by_label("Batch size").first.fill("1")  # more and smaller steps: it must outlast what is done to it
    page.locator("#policy-train").click()
    expect(page.locator("#policy-run")).to_contain_text(re.compile(r"step ([3-9]|\d\d+) of"), timeout=90 * SECOND)


@pytest.fixture(scope="module")
def own_app(tmp_path_factory):
    """An app that may be broken. Whoever breaks it leaves it running again."""
    running = App(tmp_path_factory.mktemp("broken"))
    yield running
    running.close()


@pytest.fixture
def visitor(browser):
    """Opens an app in a browser of its own, as often as asked. A page left open would ask a closed app for ever."""
    opened = []

    def visit(app):
        opened.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        page = opened[-1].new_page()
        page.goto(app.url)
        return page

    yield visit
    for context in opened:
        context.close()


def test_a_run_survives_reload_a_second_visitor_and_a_killed_trainer(visitor, own_app):
    page = visitor(own_app)
    label_with_persona(page, 120)
    start_long_dpo(page)

    page.reload()
    open_tab(page, "Policy")
    expect(page.locator("#policy-run")).to_contain_text(re.compile(r"step \d+ of"), timeout=30 * SECOND)

    other = visitor(own_app)
    open_tab(other, "Policy")
    expect(other.locator("#policy-run")).to_contain_text(re.compile(r"step \d+ of"), timeout=30 * SECOND)
    open_tab(other, "Compare")
    other.locator("#compare-prompt textarea").fill("typed by the other")
    open_tab(page, "Compare")
    assert page.locator("#compare-prompt textarea").input_value() != "typed by the other"

    for visiting in (page, other):
        open_tab(visiting, "Policy")
    os.kill(child_of(own_app, "trainer"), signal.SIGKILL)
    for visiting in (page, other):
        run_ends(visiting, "#policy-run", "killed or crashed", 15)
    page.locator("#policy-resume").click()
    for visiting in (page, other):  # the other has pressed nothing
        expect(visiting.locator("#policy-run")).to_contain_text(
            re.compile(r"Running, step \d+ of"), timeout=120 * SECOND
        )
        expect(visiting.locator("#policy-stop")).to_be_enabled(timeout=30 * SECOND)
    other.locator("#policy-stop").click()
    for visiting in (page, other):
        run_ends(visiting, "#policy-run", "Stopped", 60)


def test_nothing_acknowledged_is_lost_when_the_app_is_killed(visitor, own_app):
    page = visitor(own_app)
    open_tab(page, "Rank")
    before = judged(page)
    judge_by_keyboard(page, 5)
    status = page.locator("#head .status-line")
    expect(status).to_contain_text("Ready", timeout=30 * SECOND)
    own_app.kill()
    expect(status).to_contain_text("does not answer", timeout=15 * SECOND)
    own_app.start()
    expect(status).to_contain_text("Ready", timeout=30 * SECOND)  # nobody reloaded the page
    page.goto(own_app.url)
    open_tab(page, "Rank")
    expect(page.locator("#rank-count")).to_contain_text(f"{before + 5} by people", timeout=60 * SECOND)
    assert judged(page) == before + 5


def test_the_page_answers_before_the_models_are_loaded(tmp_path):
    app = App(tmp_path, wait=False)
    try:
        for _ in range(300):
            try:
                status = httpx.get(f"{app.url}/api/status", timeout=5).json()
                break
            except (httpx.HTTPError, ValueError):
                time.sleep(0.1)
        assert httpx.get(app.url, timeout=10).status_code == 200
        assert "text" in status
    finally:
        app.close()


def test_no_browser_of_a_demo_sees_what_another_did(visitor, tmp_path):
    app = App(tmp_path, PLAYGROUND_MODE="demo")
    try:
        anna, ben = visitor(app), visitor(app)
        open_tab(anna, "Rank")
        judge_by_keyboard(anna, 2)
        open_tab(ben, "Rank")
        expect(ben.locator("#rank-a p")).not_to_be_empty(timeout=60 * SECOND)
        assert judged(ben) == 0 and judged(anna) == 2
        assert httpx.get(f"{app.url}/api/rank/counts").status_code in (403, 405)
    finally:
        app.close()
