"""What a host does to people, their prompts and a session, in a real browser.

Take out, let in, approve and decline, delete after reading what goes.
"""

import uuid
from contextlib import closing
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from playground.api.routes import app_options
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.ui.page import build_page, launch_options
from playground.workbench import Workbench
from tests.driven import fold_out, open_tab
from tests.phones import choose, phone_in

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


def propose(phone, text):
    phone.locator("#ask summary").click()
    phone.get_by_label("What should the models be asked?").fill(text)
    phone.get_by_role("button", name="Send it to the host").click()
    expect(phone.get_by_text("Thank you: it waits for the host.")).to_be_visible()
    phone.locator("#ask summary").click()


def test_a_prompt_from_a_phone_is_read_by_the_host_and_then_asked_on_other_phones_as_text(room, browser):
    bench, session, page = room
    bench.proposals._pool._sample = lambda workspace, id, prompts, sampling, n=1: [
        [Completion(p, f"answer {k} {len(id)}", id) for k in range(n)] for p in prompts
    ]
    fold_out(page, "Prompts from the room")
    page.get_by_label("People may propose prompts").check()
    expect(page.get_by_text("No prompt waits for you.")).to_be_visible()
    with phone_in(browser) as phone:
        phone.goto(urljoin(page.url, f"/join/{session.code}"))
        phone.get_by_role("button", name="I agree, let me begin").click()
        choose(phone, "A is better")
        expect(phone.locator("#status")).to_have_text("0 saved")
        for text in ("<b>Why</b> 1 u 2?", "Not this one"):
            propose(phone, text)
        expect(phone.locator("#status")).to_have_text("0 saved")  # typing is not choosing
        waiting = page.locator(".proposals li .text")
        expect(waiting).to_have_text(["<b>Why</b> 1 u 2?", "Not this one"], timeout=SOON_MS)
        page.get_by_role("button", name="Decline: Not this one").click()
        page.get_by_role("button", name="Approve: <b>Why</b> 1 u 2?").click()
        expect(page.locator(".proposals summary")).to_have_text("1 approved, 1 declined", timeout=SOON_MS)
        assert len(bench.workshop.live("local", session.id)[0].labels) == 10
    with phone_in(browser) as other:
        other.goto(urljoin(page.url, f"/join/{session.code}"))
        other.get_by_role("button", name="I agree, let me begin").click()
        choose(other, "A is better")
        seen = []
        for number in range(10):
            expect(other.locator("#status")).to_have_text(f"{number} saved")
            seen.append(other.locator("#prompt").inner_text())
            choose(other, "B is better")
    assert "<b>Why</b> 1 u 2?" in seen and "Not this one" not in seen
