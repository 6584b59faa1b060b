"""How the page looks where a person would stumble: on a phone, and in the dark."""

import pytest
from playwright.sync_api import expect

from playground.ui.tab import tabs

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds
SCROLLS = """() => [...document.querySelectorAll("*")].filter((node) => node.checkVisibility()
  && node.scrollWidth > node.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(node).overflowX)
  && node !== document.documentElement).map((node) => node.outerHTML.slice(0, 120))"""
SETTLED = """() => {
  const before = window.height;
  window.height = document.documentElement.scrollHeight;
  return before === window.height;
}"""


COUNT_FRAMES = """window.frames_asked = 0;
const frame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (callback) => { window.frames_asked++; return frame(callback); };"""
RESTED = """() => {
  const asked = window.frames_asked;
  window.frames_asked = 0;
  return asked === 0;
}"""


@pytest.fixture
def phone(browser, app):
    """A visitor with a phone that prefers the dark."""
    size = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    context = browser.new_context(color_scheme="dark", **size)
    visitor = context.new_page()
    visitor.goto(app.url)
    expect(visitor.get_by_role("tab").first).to_be_visible(timeout=30 * SECOND)
    yield visitor
    context.close()


def test_no_tab_scrolls_sideways_on_a_phone(phone):
    for tab in tabs():
        phone.locator(f"#tab-{tab.id}-button").click()
        phone.locator(f"#tab-{tab.id}").locator("visible=true").first.wait_for(timeout=30 * SECOND)
        phone.evaluate("window.height = null")
        phone.wait_for_function(SETTLED, polling=700, timeout=30 * SECOND)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, tab.id
        assert phone.evaluate(SCROLLS) == [], tab.id


def test_a_page_that_nobody_touches_rests(browser, app):
    page = browser.new_page()
    page.add_init_script(COUNT_FRAMES)
    page.goto(app.url)
    expect(page.locator("#tab-start")).to_be_visible(timeout=30 * SECOND)
    page.wait_for_function(RESTED, polling=SECOND, timeout=30 * SECOND)
    page.close()


def test_in_the_dark_what_the_browser_draws_itself_is_dark_too(phone):
    phone.locator("#tab-policy-button").click()
    slider = phone.locator("#dpo-beta input[type=range]")
    slider.wait_for(timeout=30 * SECOND)
    track = "(node) => getComputedStyle(node).getPropertyValue('--neutral-200')"
    light = phone.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--neutral-200')")
    assert slider.evaluate(track) != light
    assert slider.evaluate("(node) => getComputedStyle(node).colorScheme") == "dark"
