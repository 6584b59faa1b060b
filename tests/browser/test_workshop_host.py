"""What a host does to people and to a session, in a real browser: take out, let in, delete after reading what goes."""

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
SOON_MS = 15_000  # the board asks every five seconds


@pytest.fixture
def room(browser, tmp_path):
    """(workbench, session, the tab Workshop); Ann has judged four pairs."""
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        asked = [Prompt.user(f"Question {i}") for i in range(9)]
        pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
        made = bench.store.sessions.create("local", Rules("Tuesday", "Which?", "We store it."), pairs)
        session, secret = bench.workshop.move("local", made.id, "open"), uuid.uuid4().hex
        bench.workshop.join(session.code, secret, "<i>Ann</i>", "train")
        for _ in range(4):
            pair = bench.workshop.pairs(secret)[1][0]
            bench.workshop.vote(secret, pair.token, "left", judgment_id=uuid.uuid4().hex)
        blocks = build_page(bench)
        _, url, _ = blocks.launch(
            prevent_thread_lock=True, app_kwargs=app_options(bench), **launch_options(bench.settings)
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        open_tab(page, "Workshop")
        expect(page.locator(".board .tile").first).to_be_visible(timeout=SOON_MS)
        yield bench, session, page
        page.close()
        blocks.close()


def test_somebody_is_taken_out_and_let_in_again_and_the_session_is_deleted_once_what_goes_is_read(room):
    bench, session, page = room
    trains = page.locator(".board .tile", has_text="preferences to train on").locator("b")
    expect(trains).to_have_text("4")
    page.locator(".board .people summary").click()
    expect(page.locator(".board .people td").first).to_have_text("<i>Ann</i>")
    page.get_by_role("button", name="Take out: <i>Ann</i>").click()
    expect(page.get_by_role("button", name="Let in again: <i>Ann</i>")).to_be_visible()
    expect(trains).to_have_text("0", timeout=SOON_MS)
    expect(page.locator(".board .arrived")).to_contain_text("4 of people you took out")
    page.get_by_role("button", name="Let in again: <i>Ann</i>").click()
    expect(trains).to_have_text("4", timeout=SOON_MS)

    fold_out(page, "End the session")
    expect(page.get_by_role("button", name="Yes, delete it for good")).to_be_hidden()
    page.get_by_role("button", name="Delete all that was chosen").click()
    expect(page.locator("#workshop-goes")).to_contain_text("4 choices of 1 person and 0 sets")
    assert bench.store.counts(session.id).total == 4
    page.get_by_role("button", name="Yes, delete it for good").click()
    expect(page.get_by_text("No session yet")).to_be_visible()
    assert bench.workshop.all("local") == [] and bench.store.counts(session.id).total == 0
