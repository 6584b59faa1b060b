"""Compare in a real browser, before a bench whose answers the test holds back: a late one must not undo a new one."""

import threading

import gradio as gr
import pytest
from playwright.sync_api import expect

from playground.models.catalogue import shipped_checkpoints
from playground.settings import Settings
from playground.types import Checkpoint
from playground.ui.page import launch_options
from playground.ui.tab import Context
from playground.ui.tabs.compare import TAB
from tests.driven import open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds
OWN = Checkpoint("dpo-1", "DPO 1", "policy", "pocket", "/d", parent="pocket-sft", run_id="dpo-1")


class Bench:
    """The shipped checkpoints and one that was trained. It waits where the test says so."""

    def __init__(self):
        self.checkpoints = self.completions = self
        self.opening, self.writing = threading.Event(), threading.Event()
        self.known = {c.id: c for c in (*shipped_checkpoints(), OWN)}
        self.measured = []

    def workspace_of(self, cookies):
        return "anna"

    def all(self, workspace, kind="policy"):
        assert self.opening.wait(60)
        return [c for c in self.known.values() if c.kind == kind]

    def find(self, workspace, id):
        return self.known[id]

    def stream(self, workspace, ids, prompt, sampling):
        yield ["The first words."] * len(ids)
        assert self.writing.wait(60)
        yield ["The last words."] * len(ids)

    def logit_difference(self, *asked):
        return 1.0

    def surprise(self, text):
        self.measured.append(text)
        return 4.25


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.opening.set()
    made.writing.set()


@pytest.fixture
def page(browser, bench, tmp_path, monkeypatch):
    """A visitor on a page of two tabs, of which Compare is not open yet."""
    monkeypatch.setenv("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")  # as app.py does
    with gr.Blocks(analytics_enabled=False) as blocks, gr.Tabs() as bar:
        context = Context(bench, bar, *(gr.State(value) for value in ([], [], "", "", "", "")))
        with gr.Tab("Start"):
            gr.Markdown("Nothing here.")
        with gr.Tab("Compare", id="compare") as item:
            TAB.build(context, item)
    blocks.queue(default_concurrency_limit=20)
    _, url, _ = blocks.launch(prevent_thread_lock=True, **launch_options(Settings(data_dir=tmp_path)))
    visitor = browser.new_page()
    visitor.goto(url)
    yield visitor
    visitor.close()
    blocks.close()


def test_a_late_answer_to_the_opening_of_the_tab_does_not_stop_what_is_being_written(page, bench):
    open_tab(page, "Compare")
    page.locator("#compare-run").click()
    expect(page.locator("#compare-pane-0")).to_contain_text("The first words.", timeout=20 * SECOND)
    bench.opening.set()
    expect(page.locator("#compare-checkpoints")).to_contain_text("DPO 1", timeout=20 * SECOND)
    # What the change of the list sets off has been answered, however late: after the last words it would wipe them.
    expect(page.locator("#compare-pane-0")).to_contain_text("Press Run.", timeout=20 * SECOND)
    bench.writing.set()
    expect(page.locator("#compare-pane-0")).to_contain_text("The last words.", timeout=20 * SECOND)


def test_another_choice_of_checkpoints_stops_what_is_being_written(page, bench):
    bench.opening.set()
    open_tab(page, "Compare")
    expect(page.locator("#compare-checkpoints")).to_contain_text("DPO 1", timeout=20 * SECOND)
    expect(page.locator("#compare-pane-0")).to_contain_text("Pocket SFT", timeout=20 * SECOND)  # its panes are drawn
    page.locator("#compare-run").click()
    expect(page.locator("#compare-pane-0")).to_contain_text("The first words.", timeout=20 * SECOND)
    page.locator("#compare-checkpoints input").click()
    page.get_by_role("option", name="Pocket base").click()
    expect(page.locator("#compare-pane-0")).to_contain_text("Press Run.", timeout=20 * SECOND)
    bench.writing.set()
    page.wait_for_timeout(1000)
    expect(page.locator("#compare-panes")).not_to_contain_text("The last words.")


def test_a_prompt_from_outside_the_world_is_marked_measured_and_led_back_inside(page, bench):
    bench.opening.set()
    open_tab(page, "Compare")
    badge, prompt = page.locator("#compare-edge .edge"), page.locator("#compare-prompt textarea")
    expect(badge).to_be_hidden()
    prompt.fill("Who won the <b>war</b>?")
    expect(badge).to_contain_text("Outside the pocket world", timeout=20 * SECOND)
    expect(badge).to_contain_text("surprises the base model: 4.3 nats a byte", timeout=20 * SECOND)
    assert set(bench.measured) == {"Who won the <b>war</b>?"}  # once more where the list of models came after it
    question = badge.locator("button").first
    asked = question.inner_text()
    question.click()
    expect(prompt).to_have_value(asked)
    expect(badge).to_be_hidden(timeout=20 * SECOND)
