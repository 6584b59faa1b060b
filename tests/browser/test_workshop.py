"""A phone in a workshop, in a real browser: join, practise, vote, lose the network, undo, withdraw."""

import pytest
from playwright.sync_api import expect

from tests.phones import VOTE, choose, join, phone_in

pytestmark = pytest.mark.browser


def test_a_phone_votes_without_a_network_and_everything_arrives_once(phone, room):
    join(phone, room)
    for n in range(10):
        choose(phone, ("A is better", "B is better", "Equally good", "Both are bad")[n % 4])
    expect(phone.locator("#status")).to_have_text("10 saved")
    assert len(room.stored) == 10

    phone.context.set_offline(True)
    for _ in range(3):
        choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("10 saved · 3 waiting to be sent")
    assert len(room.stored) == 10
    phone.context.set_offline(False)
    expect(phone.locator("#status")).to_have_text("13 saved")
    assert len(room.stored) == 13

    phone.get_by_role("button", name="Undo").click()
    expect(phone.locator("#status")).to_have_text("12 saved")
    assert len(room.stored) == 12
    phone.reload()
    expect(phone.locator("#status")).to_have_text("12 saved")

    phone.locator("#me-name").click()
    phone.get_by_role("button", name="Withdraw").click()
    phone.get_by_role("button", name="Really take everything out?").click()
    expect(phone.get_by_text("You have withdrawn")).to_be_visible()
    assert room.bench.workshop.freeze("local", room.session.id).preferences == ()


def test_votes_that_waited_survive_a_reload(phone, room):
    join(phone, room)
    phone.route(VOTE, lambda route: route.abort())
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_contain_text("1 waiting")
    phone.unroute(VOTE)
    phone.reload()
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert len(room.stored) == 1


def test_html_is_shown_and_never_run(phone, room):
    join(phone, room)
    expect(phone.locator("#prompt")).to_contain_text("<img src=x")
    assert phone.evaluate("window.ran") is None
    assert phone.locator("main img").count() == 0


def test_the_page_fits_a_narrow_phone_and_follows_the_keyboard_and_the_language(phone, room):
    join(phone, room)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    heights = phone.locator("#choices button").evaluate_all("all => all.map((b) => b.getBoundingClientRect().height)")
    assert min(heights) >= 44
    phone.wait_for_timeout(200)
    phone.keyboard.press("2")
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert [row.choice for row in room.stored] == ["right"]
    phone.get_by_label("Language").select_option("de")
    expect(phone.get_by_role("button", name="A ist besser")).to_be_visible()
    assert phone.evaluate("document.documentElement.lang") == "de"
    expect(phone.locator("#rubric")).to_have_text("Welche Antwort hilft mehr?")
    phone.locator("#language").select_option("en")
    expect(phone.locator("#rubric")).to_have_text("Which answer helps more?")


def test_a_german_phone_reads_what_it_agrees_to_in_german(browser, room):
    with phone_in(browser, "de-DE") as phone:
        phone.goto(f"{room.address}/join/{room.session.code}")
        expect(phone.locator("#consent-text")).to_have_text("Wir speichern, was Sie wählen.")


def test_a_wrong_code_is_said_in_words_and_another_can_be_typed(phone, room):
    phone.goto(f"{room.address}/join/WRONG2")
    expect(phone.get_by_role("alert")).to_contain_text("No session has this code")
    phone.get_by_label("Code of the session").fill(room.session.code.lower())
    phone.get_by_role("button", name="Go on").click()
    expect(phone.locator("#consent-text")).to_be_visible()
