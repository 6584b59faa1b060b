"""The training tabs in a real browser, before a workbench without its models: what is typed, and what is in sight."""

import dataclasses

import gradio as gr
import pytest
from playwright.sync_api import expect

from playground.settings import Settings
from playground.ui.page import launch_options
from playground.ui.tab import Context, tabs
from playground.workbench import Workbench
from tests.driven import open_tab

pytestmark = pytest.mark.browser
SECOND = 1000  # milliseconds


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A page of Fine-tune and Policy, neither of which is open yet."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    bench = Workbench(settings)
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
        _, address, _ = blocks.launch(prevent_thread_lock=True, **launch_options(settings))
        yield address
    blocks.close()
    bench.close()


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
