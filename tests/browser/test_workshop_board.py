"""The host's board in a real browser: sign in, the code, figures that grow, freeze, close, and figures that are old."""

import uuid
from contextlib import closing

import pytest
from playwright.sync_api import expect

from playground.api.routes import app_options
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.ui.page import build_page, launch_options
from playground.workbench import Workbench
from tests.driven import fold_out, open_tab

pytestmark = pytest.mark.browser
PASSWORD = "a long password"


@pytest.fixture
def bench(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path, mode="workshop", host_password=PASSWORD))) as made:
        yield made


@pytest.fixture
def session(bench):
    asked = [Prompt.user(f"Question {i}") for i in range(9)]
    pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
    rules = Rules("<b>Tuesday</b>", "Which?", "We store it.")
    return bench.workshop.move("local", bench.store.sessions.create("local", rules, pairs).id, "open")


@pytest.fixture
def host(bench, session, page_of):
    """The tab Workshop, as whoever knows the password sees it."""
    page = page_of(bench)
    page.get_by_label("Password of the host").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    open_tab(page, "Workshop")
    expect(page.locator(".board .code")).to_have_text(session.code)
    return page


@pytest.fixture
def page_of(browser):
    """The whole page as app.py launches it, without the processes that hold the models."""
    opened = []

    def launched(bench):
        blocks = build_page(bench)
        options = launch_options(bench.settings)
        _, url, _ = blocks.launch(prevent_thread_lock=True, app_kwargs=app_options(bench), **options)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        opened.extend((context, blocks))
        page = context.new_page()
        page.goto(url)
        return page

    yield launched
    for one in opened:
        one.close()


def judge(bench, session, n):
    secret = uuid.uuid4().hex
    bench.workshop.join(session.code, secret, "", "train")
    for _ in range(n):
        _, waiting = bench.workshop.pairs(secret)
        bench.workshop.vote(secret, waiting[0].token, "left", judgment_id=uuid.uuid4().hex)


def test_the_board_counts_what_comes_in_and_says_what_is_frozen_and_that_it_is_closed(bench, session, host):
    expect(host.get_by_text("<b>Tuesday</b>", exact=True)).to_be_visible()
    judge(bench, session, 4)
    expect(host.locator(".board .tile", has_text="choices stored").locator("b")).to_have_text("4", timeout=15_000)
    expect(host.locator(".board .pairs")).to_contain_text("9 pairs")
    expect(host.locator(".board .copy")).to_have_text("There is no copy of this outside this machine.")
    host.get_by_role("button", name="Freeze").click()
    expect(host.locator(".board .frozen")).to_contain_text("Frozen: 4 preferences")
    fold_out(host, "End the session")
    host.get_by_role("button", name="Close for good").click()
    expect(host.locator(".board .state")).to_have_text("Closed for good.")
    assert bench.workshop.find("local", session.id).state == "closed"


def test_the_host_reveals_who_wrote_what_once_it_is_frozen_and_not_before(bench, session, host):
    judge(bench, session, 4)
    host.get_by_role("button", name="Reveal").click()
    expect(host.get_by_text("Freeze it first.")).to_be_visible()
    host.get_by_role("button", name="Freeze").click()
    expect(host.locator(".board .frozen")).to_contain_text("Frozen: 4 preferences")
    expect(host.locator(".board .revealed")).to_be_hidden()
    host.get_by_role("button", name="Reveal").click()
    expect(host.locator(".board .revealed h3")).to_have_text("Who wrote what", timeout=15_000)
    names = [bench.checkpoints.find("local", id).name for id in ("pocket-sft", "pocket-base")]
    assert sorted(host.locator(".board .revealed .bar > span").all_inner_texts()) == sorted(names)
    expect(host.locator(".board .state")).to_contain_text("Revealed")


def test_the_board_says_when_its_figures_are_old_and_when_they_are_not_any_more(bench, session, host):
    old = host.get_by_text("These figures are old")
    expect(host.locator(".board .tile").first).to_be_visible()
    expect(old).to_be_hidden()
    host.route("**/api/session/*", lambda route: route.fulfill(status=403, json={"message": "m", "hint": "h"}))
    expect(old).to_be_visible(timeout=15_000)
    host.unroute("**/api/session/*")
    expect(old).to_be_hidden(timeout=15_000)
