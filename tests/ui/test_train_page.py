"""The training tabs in a real browser, before a workbench without its models: what is typed, and what is in sight."""

import dataclasses
import threading

import gradio as gr
import pytest
from playwright.sync_api import expect

from playground.events import RunEnded, RunStarted
from playground.registry import algorithms
from playground.settings import Settings
from playground.types import RunSpec
from playground.ui.page import launch_options
from playground.ui.tab import Context, tabs
from playground.ui.train_listeners import Training
from playground.workbench import Workbench
from tests.driven import FRAMES, open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(bench):
    """A page of Fine-tune and Policy, neither of which is open yet."""
    shown = {tab.id: tab for tab in tabs()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")  # as app.py does
        with gr.Blocks(analytics_enabled=False) as blocks, gr.Tabs() as bar:
            states = {f.name for f in dataclasses.fields(Context)} - {"bench", "tabs"}
            context = Context(bench=bench, tabs=bar, **{name: gr.State("") for name in states})
            with gr.Tab("Start"):
                gr.Markdown("Nothing here.")
            for name in ("fine-tune", "policy"):
                with gr.Tab(shown[name].title, id=name) as item:
                    shown[name].build(context, item)
        blocks.queue(default_concurrency_limit=20)
        _, address, _ = blocks.launch(prevent_thread_lock=True, **launch_options(bench.settings))
        yield address
    blocks.close()


@pytest.fixture
def page(browser, url):
    visitor = browser.new_page()
    visitor.goto(url)
    yield visitor
    visitor.close()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Examples is empty"),
        ("-5", "Examples is -5; between 10 and 20000 is needed."),
        ("13.7", "Examples is 13.7; a whole number is needed."),
        ("99999999", "Examples is 99999999; between 10 and 20000 is needed."),
    ],
)
def test_what_is_typed_beside_a_slider_stays_and_is_refused_in_words(page, typed, words):
    open_tab(page, "Fine-tune")
    expect(page.locator("#sft-train")).to_be_enabled(timeout=20 * SECOND)
    field = page.locator("#sft-examples input[type=number]")
    field.fill(typed)
    field.blur()
    expect(page.locator("#sft-facts")).to_contain_text(words, timeout=20 * SECOND)
    expect(page.locator("#sft-train")).to_be_disabled()
    expect(field).to_have_value(typed)
    field.fill("40")
    expect(page.locator("#sft-train")).to_be_enabled(timeout=20 * SECOND)


def test_the_form_of_another_method_is_there_without_waiting_for_the_server(page):
    open_tab(page, "Policy")
    expect(page.locator("#policy-facts")).to_contain_text("Rank", timeout=20 * SECOND)
    page.route("**/gradio_api/**", lambda route: None)  # no answer to anything
    page.locator("#policy-method").get_by_text("PPO").click()
    expect(page.locator("#policy-form-ppo")).to_be_visible()
    expect(page.locator("#policy-form-dpo")).to_be_hidden()
    expect(page.locator("#policy-reward")).to_be_visible()


def test_the_list_and_the_buttons_belong_to_the_run_that_is_drawn_however_late_an_answer_about_another_comes(
    page, bench, monkeypatch
):
    config = dataclasses.asdict(algorithms()["sft"].config())
    spec = RunSpec("sft-0", "local", "sft", config, bench.checkpoints.find("local", "pocket-base"), name="Before")
    folder = bench.shelf.folder("local", spec.id)
    folder.create(spec, [])
    for event in (RunStarted(1, 4), RunEnded("stopped")):
        folder.append(event)
    pressed, asked, drawn = threading.Event(), threading.Event(), threading.Event()
    looked_at = []  # since Train was pressed
    start, standing = bench.runs.start, Training._standing

    def slow_start(*args, **kwargs):
        spec = start(*args, **kwargs)
        asked.wait(60)  # the heartbeat is faster than the answer to Train
        return spec

    def slow_standing(self, space, run_id, now, fresh):
        answer = standing(self, space, run_id, now, fresh)
        if not fresh and pressed.is_set():
            looked_at.append(run_id)
            asked.set()
            drawn.wait(60)  # and slower in its own answer
        return answer

    monkeypatch.setattr(bench.runs, "start", slow_start)
    monkeypatch.setattr(Training, "_standing", slow_standing)
    state = {"ready": True, "text": "Ready.", "runs": {}}
    page.route("**/api/status*", lambda r: r.fulfill(json=state | {"versions": {"runs": bench.runs.version("local")}}))
    page.route("**/api/runs/**", lambda r: r.fulfill(body="", content_type="text/event-stream"))
    with page.expect_response("**/api/status*", timeout=20 * SECOND):
        open_tab(page, "Fine-tune")
    expect(page.locator("#sft-resume")).to_be_visible(timeout=20 * SECOND)
    pressed.set()
    page.locator("#sft-train").click()
    expect(page.locator("#sft-stop")).to_be_visible(timeout=30 * SECOND)
    drawn.set()
    made = bench.runs.latest("local", ["sft"]).spec
    assert looked_at == [spec.id]  # the answer that comes too late
    for _ in range(100):
        if made.id not in looked_at:
            page.wait_for_timeout(100)
    page.evaluate(FRAMES)
    assert looked_at[-1] == made.id
    expect(page.locator("#sft-stop")).to_be_visible()
    expect(page.locator("#sft-train")).to_be_disabled()
    expect(page.locator("#sft-resume")).to_be_hidden()
    expect(page.locator("#sft-run-pick input")).to_have_value(f"{made.name} – waiting")
