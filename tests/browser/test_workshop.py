"""A phone in a workshop, in a real browser: join, practise, vote, lose the network, undo, withdraw."""

import socket
import threading
from contextlib import closing

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import expect

from playground.api.routes import api_routes
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench

pytestmark = pytest.mark.browser
HOSTILE = '<img src=x onerror="window.ran = 1"> **bold** \u202eright to left'
RULES = Rules("Tuesday", "Which answer helps more?", "We store your choices.")


@pytest.fixture
def bench(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path, mode="workshop", host_password="a long password"))) as made:
        yield made


@pytest.fixture
def session(bench):
    asked = [Prompt.user(f"Question {i}\n{HOSTILE}") for i in range(40)]
    pairs = [(Completion(p, f"yes {HOSTILE}", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
    made = bench.store.sessions.create("local", RULES, pairs)
    return bench.workshop.move("local", made.id, "open")


@pytest.fixture
def address(bench):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(FastAPI(routes=api_routes(bench)), port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def phone(browser):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, locale="en-GB"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def join(phone, address, session):
    phone.goto(f"{address}/join/{session.code}")
    expect(phone.locator("#consent-text")).to_have_text("We store your choices.")
    phone.get_by_role("button", name="I agree, let me begin").click()
    expect(phone.get_by_text("Practice: this one is not counted.")).to_be_visible()
    choose(phone, "A is better")
    expect(phone.locator("#prompt")).to_contain_text("Question")


def choose(phone, name):
    phone.wait_for_timeout(200)
    phone.get_by_role("button", name=name).click()


def test_a_phone_votes_without_a_network_and_everything_arrives_once(phone, address, bench, session):
    join(phone, address, session)
    for n in range(10):
        choose(phone, ("A is better", "B is better", "Equally good", "Both are bad")[n % 4])
    expect(phone.locator("#status")).to_have_text("10 saved")
    assert bench.store.counts(session.id).total == 10

    phone.context.set_offline(True)
    for _ in range(3):
        choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("10 saved · 3 waiting for the network")
    assert bench.store.counts(session.id).total == 10
    phone.context.set_offline(False)
    expect(phone.locator("#status")).to_have_text("13 saved")
    assert bench.store.counts(session.id).total == 13

    phone.get_by_role("button", name="Undo").click()
    expect(phone.locator("#status")).to_have_text("12 saved")
    assert bench.store.counts(session.id).total == 12
    phone.reload()
    expect(phone.locator("#status")).to_have_text("12 saved")

    phone.locator("#me-name").click()
    phone.get_by_role("button", name="Withdraw").click()
    phone.get_by_role("button", name="Really take everything out?").click()
    expect(phone.get_by_text("You have withdrawn")).to_be_visible()
    assert bench.workshop.freeze("local", session.id).preferences == ()


def test_votes_that_waited_survive_a_reload(phone, address, bench, session):
    join(phone, address, session)
    phone.route("**/api/workshop/vote", lambda route: route.abort())
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_contain_text("1 waiting")
    phone.unroute("**/api/workshop/vote")
    phone.reload()
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert bench.store.counts(session.id).total == 1


def test_html_is_shown_and_never_run(phone, address, session):
    join(phone, address, session)
    expect(phone.locator("#prompt")).to_contain_text("<img src=x")
    assert phone.evaluate("window.ran") is None
    assert phone.locator("main img").count() == 0


def test_the_page_fits_a_narrow_phone_and_follows_the_keyboard_and_the_language(phone, address, bench, session):
    join(phone, address, session)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    heights = phone.locator("#choices button").evaluate_all("all => all.map((b) => b.getBoundingClientRect().height)")
    assert min(heights) >= 44
    phone.wait_for_timeout(200)
    phone.keyboard.press("2")
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert [row.choice for row in bench.store.judgments(session.id)] == ["right"]
    phone.get_by_label("Language").select_option("de")
    expect(phone.get_by_role("button", name="A ist besser")).to_be_visible()
    assert phone.evaluate("document.documentElement.lang") == "de"


def test_a_wrong_code_is_said_in_words_and_another_can_be_typed(phone, address, session):
    phone.goto(f"{address}/join/WRONG2")
    expect(phone.get_by_role("alert")).to_contain_text("No session has the code")
    phone.get_by_label("Code of the session").fill(session.code.lower())
    phone.get_by_role("button", name="Go on").click()
    expect(phone.locator("#consent-text")).to_be_visible()
