"""The projector's page in a real browser: large enough for the back of a room, and its figures grow."""

import uuid

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def projector(browser, room):
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.request.post(f"{room.address}/host", form={"password": "a long password"})
    page.goto(f"{room.address}/projector/{room.session.id}")
    expect(page.locator("#code")).to_have_text(room.session.code)
    yield page
    context.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (1024, 768)])
def test_code_and_picture_are_large_and_all_of_it_fits_on_the_screen(projector, width, height):
    projector.set_viewport_size({"width": width, "height": height})
    seen, scrolls = projector.evaluate("[innerHeight, document.documentElement.scrollHeight > innerHeight]")
    picture, code = projector.locator("#picture").bounding_box(), projector.locator("#code").bounding_box()
    assert picture["height"] > 0.45 * height and code["height"] > 0.1 * height
    assert (seen, scrolls) == (height, False)
    assert code["x"] + code["width"] <= width


def test_the_figures_grow_while_people_judge(projector, room):
    secret = uuid.uuid4().hex
    room.bench.workshop.join(room.session.code, secret, "Ann", "train")
    pair = room.bench.workshop.pairs(secret)[1][0]
    room.bench.workshop.vote(secret, pair.token, "left", judgment_id=uuid.uuid4().hex)
    expect(projector.locator("#figures div", has_text="choices").locator("b")).to_have_text("1", timeout=15_000)


def test_the_projector_says_when_its_figures_are_old(projector):
    expect(projector.locator("#old")).to_be_hidden()
    projector.route("**/api/session/**", lambda route: route.abort())
    expect(projector.locator("#old")).to_be_visible(timeout=15_000)
