"""The reveal in real browsers: each phone shows who wrote what its person chose, the projector what the room chose."""

import re

import pytest
from playwright.sync_api import expect

from tests.phones import choose, join

pytestmark = pytest.mark.browser
SOON_MS = 30_000  # a phone whose session is frozen asks every few seconds, one with pairs every fifteen to twenty


@pytest.fixture
def names(room):
    """What the two checkpoints of the room are called."""
    return [room.bench.checkpoints.find("local", id).name for id in ("pocket-sft", "pocket-base")]


def reveal(room):
    room.bench.workshop.freeze("local", room.session.id)
    room.bench.workshop.move("local", room.session.id, "revealed")


def test_a_phone_that_is_open_shows_who_wrote_what_was_chosen_on_it_in_its_language_and_as_text(phone, room, names):
    join(phone, room)
    wanted = "A is better" if phone.locator("#left").inner_text().startswith("yes") else "B is better"
    choose(phone, wanted)
    choose(phone, "Equally good")
    expect(phone.locator("#status")).to_have_text("2 saved")
    assert not [name for name in names if name in phone.content()]
    room.bench.workshop.freeze("local", room.session.id)
    phone.reload()
    expect(phone.get_by_role("heading", name="Thank you, judging is over for now")).to_be_visible()
    room.bench.workshop.move("local", room.session.id, "revealed")
    expect(phone.get_by_role("heading", name="Who wrote what")).to_be_visible(timeout=SOON_MS)
    own = phone.locator(".own")
    expect(own).to_have_count(2)
    expect(own.nth(0)).to_contain_text("Equally good")
    expect(own.nth(1).locator(".mine h3")).to_have_text(f"{names[0]}: you chose this")
    expect(own.nth(1).locator("article:not(.mine) h3")).to_have_text(names[1])
    expect(phone.locator("#told > h3")).to_have_text([names[0], names[1]])
    expect(phone.locator("#told > p").first).to_have_text("Preferred in 75 % of 2 choices")
    expect(phone.locator("#told")).to_contain_text("too few to tell")
    assert phone.evaluate("window.ran") is None and phone.locator("main img").count() == 0
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.locator("#language").select_option("de")
    expect(phone.get_by_role("heading", name="Wer was geschrieben hat")).to_be_visible()
    expect(phone.locator(".own .mine h3")).to_have_text(f"{names[0]}: Ihre Wahl")


def test_a_second_vote_after_the_reveal_takes_the_names_off_the_phone(phone, room, names):
    join(phone, room)
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("1 saved")
    reveal(room)
    phone.reload()
    expect(phone.locator("#told")).to_contain_text(names[0])
    session = room.bench.workshop.find("local", room.session.id)
    later = [pair for _, *pair in room.bench.store.sessions.texts(session)]
    room.bench.store.revotes.begin(session, "pocket-base", "pocket-sft", "", later)
    expect(phone.locator("#practice-note")).to_contain_text("You are not told which is which", timeout=SOON_MS)
    expect(phone.locator("#told")).to_be_hidden()
    choose(phone, "B is better")
    expect(phone.locator("#status")).to_have_text("2 saved")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (390, 844)])
def test_the_projector_shows_what_the_room_chose_and_all_of_it_fits(browser, phone, room, names, width, height):
    join(phone, room)
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("1 saved")
    reveal(room)
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.request.post(f"{room.address}/host", form={"password": "a long password"})
    page.goto(f"{room.address}/projector/{room.session.id}")
    expect(page.locator("#revealed b")).to_have_count(2)
    assert sorted(page.locator("#revealed b").all_inner_texts()) == sorted(names)
    expect(page.locator("#revealed p")).to_contain_text("Too few to tell")
    expect(page.locator("#state")).to_have_text(re.compile("^Who wrote what"))
    expect(page.locator("#picture")).to_be_hidden()
    wide, tall = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert wide <= width and (tall <= height or width < height)
    context.close()
