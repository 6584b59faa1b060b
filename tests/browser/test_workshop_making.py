"""What a host chooses before a session, in a real browser: prompts of their own, a file of completions, the rest."""

import json
from contextlib import closing

import pytest
from playwright.sync_api import expect

from playground.api.routes import app_options
from playground.settings import Settings
from playground.types import Completion
from playground.ui.page import build_page, launch_options
from playground.workbench import Workbench
from tests.driven import fold_out, open_tab

pytestmark = pytest.mark.browser


def sample(workspace, id, prompts, sampling, n=1):
    return [[Completion(p, f"{sampling.seed} {at} {i}", id) for i in range(n)] for at, p in enumerate(prompts)]


@pytest.fixture
def host(browser, tmp_path):
    """(workbench with models that always say something new, the fold "Make a session")."""
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        bench.workshop._pairs._sample = sample
        blocks = build_page(bench)
        _, url, _ = blocks.launch(
            prevent_thread_lock=True, app_kwargs=app_options(bench), **launch_options(bench.settings)
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        open_tab(page, "Workshop")
        fold_out(page, "Make a session")
        yield bench, page
        page.close()
        blocks.close()


def choose(page, prompts):
    page.locator("#workshop-asked input").click()
    page.get_by_role("option", name=prompts).click()


def made(bench, page):
    page.get_by_role("button", name="Make the session").click()
    expect(page.locator(".board .code")).to_be_visible()
    (session,) = bench.workshop.all("local")
    return session, bench.store.sessions.texts(session)


def test_the_defaults_alone_make_a_session(host):
    bench, page = host
    expect(page.locator("#workshop-size")).to_contain_text("60 pairs: about 60 prompts, 2 completions each.")
    expect(page.locator("#workshop-lines")).to_be_hidden()
    session, pairs = made(bench, page)
    assert len(pairs) == 60 and {left.prompt.source for _, left, _ in pairs} == {"pocket"}
    assert (session.rules.overlap, session.rules.tie_rule, session.start) == (3, "drop", "pocket-sft")


def test_prompts_of_ones_own_are_asked_with_every_completion_against_every_other(host):
    bench, page = host
    choose(page, "My own")
    lines = page.locator("#workshop-lines textarea")
    lines.fill("One?\nTwo?\nThree?")
    page.locator("#workshop-pairs input").fill("18")
    fold_out(page, "More settings")
    page.locator("#workshop-k").get_by_text("4", exact=True).click()
    page.locator("#workshop-ties").get_by_text("is learned from").click()
    expect(page.locator("#workshop-size")).to_contain_text("Up to 18 pairs: 3 prompts, 4 completions each")
    session, pairs = made(bench, page)
    assert sorted(left.prompt.text for _, left, _ in pairs) == ["One?"] * 6 + ["Three?"] * 6 + ["Two?"] * 6
    assert session.rules.tie_rule == "both ways"


def test_a_file_of_completions_is_judged_and_its_bad_rows_are_named(host, tmp_path):
    bench, page = host
    choose(page, "A file with completions")
    expect(page.locator("#workshop-size")).to_contain_text("Each row is one prompt with its completions")
    expect(page.locator("#workshop-pairs")).to_be_hidden()
    rows = [{"prompt": "p", "completions": ["<b>a</b>", "b", "c"]}, {"prompt": "q", "completions": ["a"]}]
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, rows)))
    page.locator("#workshop-file input[type=file]").set_input_files(tmp_path / "mine.jsonl")
    expect(page.locator("#workshop-size")).to_contain_text("3 pairs on 1 prompt of the file.")
    expect(page.locator("#workshop-size")).to_contain_text("Row 2 has 1 completion; two or more are needed.")
    session, pairs = made(bench, page)
    assert {text.text for _, *pair in pairs for text in pair} == {"<b>a</b>", "b", "c"}
    assert bench.workshop.start_id("local", session.id) == "pocket-sft"
