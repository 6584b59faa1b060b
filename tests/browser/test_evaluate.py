"""The Evaluate tab as a person uses it: ask, wait, read a figure, open the completions, take the reports along."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.driven import fold_out, open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds


def test_evaluate_read_and_take_along(page):
    open_tab(page, "Evaluate")
    expect(page.locator("#evaluate-reports")).to_contain_text("has not been evaluated yet", timeout=30 * SECOND)
    fold_out(page, "Questions and judges")
    boxes = page.locator("#evaluate-questions input[type=checkbox]")
    for i in range(boxes.count()):
        boxes.nth(i).uncheck()
    page.locator("#evaluate-questions").get_by_label("What does it refuse?").check()
    page.wait_for_timeout(SECOND)  # each tick is told to the server, which answers with a new estimate
    expect(page.locator("#evaluate-questions input:checked")).to_have_count(1)
    page.locator("#evaluate-run").click()
    expect(page.locator("#evaluate-progress")).to_contain_text("Done", timeout=120 * SECOND)
    expect(page.locator("#evaluate-stop")).to_be_disabled(timeout=30 * SECOND)  # the reports as they are at the end

    report = page.locator(".report")
    expect(report).to_have_count(1)
    expect(report).to_contain_text(re.compile(r"It refuses \d+ % of what is harmful"))
    expect(report.locator("article")).to_have_count(0)
    report.locator("summary").click()
    expect(report.locator("article").first).to_be_visible()
    report.locator("select").select_option(index=1)
    one_kind = report.locator("article .verdict").all_inner_texts()
    assert one_kind and len(set(one_kind)) == 1

    with page.expect_download(timeout=30 * SECOND) as download:
        page.locator("#evaluate-json").click()
    (row,) = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert row["report"]["question"] == row["before"]["question"] == "refusals"
