"""A training tab's settings in a real browser: which preset is ticked, and how many columns the dials take."""

import pytest
from playwright.sync_api import expect

from tests.driven import fold_out, open_tab

pytestmark = pytest.mark.browser
COLUMNS = """() => new Set([...document.querySelectorAll(".dials input[type=number]")]
  .filter((field) => field.checkVisibility()).map((field) => Math.round(field.getBoundingClientRect().left))).size"""


def test_a_preset_is_ticked_only_while_its_dials_are_as_it_sets_them(page):
    open_tab(page, "Policy")
    usual, beta = page.locator("#dpo-presets").get_by_label("Usual"), page.locator("#dpo-beta input[type=number]")
    expect(usual).to_be_checked()
    before = beta.input_value()
    beta.fill("0.5")
    expect(page.locator("#dpo-presets input:checked")).to_have_count(0)
    page.locator("#dpo-presets").get_by_text("Usual").click()
    expect(beta).to_have_value(before)
    expect(usual).to_be_checked()
    beta.fill("0.5")
    expect(usual).not_to_be_checked()
    beta.fill(before)
    expect(usual).to_be_checked()


def test_folded_dials_stand_in_two_columns_on_a_wide_page_and_in_one_on_a_phone(page):
    open_tab(page, "Policy")
    page.locator("#policy-method").get_by_text("PPO").click()
    expect(page.locator("#policy-reward")).to_be_visible()
    fold_out(page, "More settings")
    expect(page.locator("#ppo-iterations")).to_be_visible()
    page.wait_for_function(f"({COLUMNS})() === 2")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(f"({COLUMNS})() === 1")
