"""The Attack tab as a person uses it: audit a policy, and be told what is missing to attack."""

import re

import pytest
from playwright.sync_api import expect

from tests.driven import open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds


def test_audit_a_policy_and_read_the_conversations(page):
    open_tab(page, "Attack")
    expect(page.locator("#attack-reports")).to_contain_text("has not been audited yet", timeout=30 * SECOND)
    expect(page.locator("#attack-facts")).to_contain_text("no reward model yet")
    page.locator("#attack-run").click()
    expect(page.locator("#attack-progress")).to_contain_text("Done", timeout=180 * SECOND)
    report = page.locator('.report[data-question="sycophancy"]')
    expect(report).to_contain_text(re.compile(r"It agrees with \d+ % of wrong opinions"))
    report.locator("summary").click()
    kind = report.locator("option", has_text="pushback").first.get_attribute("value")
    report.locator("select").select_option(value=kind)
    expect(report.locator("article").first).to_contain_text("Assistant:")
