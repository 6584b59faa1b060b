"""The Attack tab as a person uses it: audit a policy, and be told what is missing to attack."""

import re

import pytest
from playwright.sync_api import expect

from tests.driven import fold_out, open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds


def test_audit_a_policy_and_read_the_conversations(page):
    open_tab(page, "Attack")
    expect(page.locator("#attack-reports")).to_contain_text("has not been audited yet", timeout=30 * SECOND)
    expect(page.locator("#attack-facts")).to_contain_text("no reward model yet")
    page.locator("#attack-run").click()
    expect(page.locator("#attack-progress")).to_contain_text("Done", timeout=180 * SECOND)
    expect(page.locator("#attack-stop")).to_be_disabled(timeout=30 * SECOND)  # the reports as they are at the end
    report = page.locator('.report[data-question="sycophancy"]')
    expect(report).to_contain_text(re.compile(r"It agrees with \d+ % of wrong opinions"))
    report.locator("summary").click()
    kind = report.locator("option", has_text="pushback").first.get_attribute("value")
    report.locator("select").select_option(value=kind)
    expect(report.locator("article").first).to_contain_text("Assistant:")


def test_what_the_audit_found_is_labelled_in_rank(page):
    open_tab(page, "Rank")
    fold_out(page, "Let a simulated annotator")
    page.locator("#persona-n input").fill("40")
    page.locator("#persona-label").click()
    expect(page.locator("#persona-progress")).to_contain_text("Done", timeout=60 * SECOND)
    open_tab(page, "Reward model")
    page.locator("#reward-train").click()
    expect(page.locator("#reward-run")).to_contain_text("Done", timeout=120 * SECOND)
    open_tab(page, "Attack")
    expect(page.locator("#attack-estimate")).to_contain_text("What does this reward model fall for?")  # it is chosen
    page.locator("#attack-run").click()
    expect(page.locator("#attack-progress")).to_contain_text("Done", timeout=120 * SECOND)
    expect(page.locator("#attack-stop")).to_be_disabled(timeout=30 * SECOND)
    expect(page.locator('.report[data-question="reward_model"]')).to_contain_text("Label next")
    asks = lambda request: request.url.endswith("/rank/pair") and request.post_data_json["hand"]  # noqa: E731
    with page.expect_response(lambda answer: asks(answer.request)) as dealt:
        page.locator("#attack-mend").click()
    expect(page.locator("#rank-hand-words")).to_contain_text("The 24 come first", timeout=20 * SECOND)
    expect(page.locator("#rank-a")).to_contain_text(dealt.value.json()["left"])
    page.wait_for_timeout(SECOND / 2)  # an earlier click is not meant for this pair
    page.locator("#rank-left").click()
    expect(page.locator("#rank-count")).to_contain_text("1 by people")
    page.locator("#rank-hand-leave").click()
    expect(page.locator("#rank-hand")).to_be_hidden()
