"""The main job, as a person does it: compare, rank, reward model, PPO, stop, resume, compare, export."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.driven import fold_out, open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds


def judged(page, by="by people"):
    """How many judgements of people, or simulated ones, the panel counts; other tests may have left some."""
    return int((re.search(rf"(\d+) {by}", page.locator("#rank-count").inner_text()) or [0, 0])[1])


def judge_by_keyboard(page, n):
    """n choices by the arrow keys; each is waited for until the server has saved it."""
    expect(page.locator("#rank-a p")).not_to_be_empty(timeout=60 * SECOND)
    before = judged(page)
    for done in range(1, n + 1):
        page.wait_for_timeout(500)  # nobody reads two completions faster; the panel ignores what comes sooner
        page.keyboard.press(["ArrowLeft", "ArrowRight", "ArrowRight"][done % 3])
        expect(page.locator("#rank-count")).to_contain_text(f"{before + done} by people", timeout=30 * SECOND)


def run_ends(page, view, words, limit_s):
    expect(page.locator(view)).to_contain_text(re.compile(words), timeout=limit_s * SECOND)


def completions_side_by_side(page):
    """What two checkpoints wrote to each prompt of the fold's set, with one seed: rows of two texts."""
    fold_out(page, "A whole set of prompts at once")
    page.locator("#compare-set-run").click()
    table = page.locator("#compare-set-table .set[aria-busy=false]")
    expect(table).to_be_visible(timeout=60 * SECOND)
    read = "rows => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))"
    return table.locator("tbody tr").evaluate_all(read)


def test_the_whole_loop(page, app, tmp_path):
    open_tab(page, "Compare")
    page.locator("#compare-prompt textarea").fill("What is the capital of France?")
    page.locator("#compare-run").click()
    panes = [page.locator(f"#compare-pane-{i}") for i in range(2)]
    expect(panes[1]).to_contain_text("Paris", timeout=60 * SECOND)
    expect(page.get_by_text("really differ")).to_be_visible(timeout=30 * SECOND)
    assert panes[0].inner_text() != panes[1].inner_text()

    open_tab(page, "Rank")
    judge_by_keyboard(page, 12)

    before = judged(page, "simulated")
    fold_out(page, "Let a simulated annotator judge pairs")
    page.locator("#persona-n input").first.fill("88")
    page.wait_for_timeout(500)
    page.locator("#persona-label").click()
    expect(page.locator("#rank-count")).to_contain_text(f"{before + 88} simulated", timeout=120 * SECOND)

    open_tab(page, "Reward model")
    page.locator("#reward-train").click()
    run_ends(page, "#reward-run", "Done", 120)
    expect(page.locator("#reward-run")).to_contain_text(re.compile("held-out", re.IGNORECASE))

    open_tab(page, "Policy")
    page.locator("#policy-method").get_by_text("PPO").click()
    expect(page.locator("#policy-reward")).to_be_visible()
    fold_out(page, "More settings")
    page.locator("#ppo-iterations input[type=number]").fill("10")
    page.locator("#policy-train").click()
    expect(page.locator("#policy-run")).to_contain_text(re.compile(r"step [3-9] of 10"), timeout=120 * SECOND)
    page.locator("#policy-stop").click()
    run_ends(page, "#policy-run", "Stopped", 30)
    page.locator("#policy-resume").click()
    run_ends(page, "#policy-run", "Done", 180)

    page.locator("#policy-compare").click()
    page.locator("#compare-prompt textarea").fill("What is the capital of France?")
    page.locator("#compare-run").click()
    expect(page.get_by_text("really differ")).to_be_visible(timeout=60 * SECOND)
    pairs = completions_side_by_side(page)
    assert pairs and all(before and after for before, after in pairs)
    assert any(before != after for before, after in pairs)

    open_tab(page, "Rank")
    with page.expect_download(timeout=60 * SECOND) as download:
        page.locator("#export-jsonl").click()
    download.value.save_as(tmp_path / "set.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "set.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) > 60
    assert {"prompt", "chosen", "rejected"} <= set(rows[0])
