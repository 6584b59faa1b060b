"""The page starts also where the machine is busy."""

import time

import gradio as gr
import httpx
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from playground.settings import Settings
from playground.ui.page import launch_options


def slow(request):
    """Longer than Gradio's own first question to the page waits."""
    time.sleep(4)
    return PlainTextResponse("At last.")


def test_a_page_that_is_slow_to_answer_at_first_still_starts(tmp_path):
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("Hello")
    options = launch_options(Settings(data_dir=tmp_path))
    _, url, _ = blocks.launch(prevent_thread_lock=True, app_kwargs={"routes": [Route("/", slow)]}, **options)
    try:
        assert httpx.get(url, timeout=30).text == "At last."
    finally:
        blocks.close()
