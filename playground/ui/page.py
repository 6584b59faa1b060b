"""The page: head, tab bar, tabs in pipeline order, status line."""

from __future__ import annotations

import gradio as gr

from playground.ui.tab import Context, tabs
from playground.workbench import Workbench


def build_page(bench: Workbench) -> gr.Blocks:
    """The whole page as Blocks, not yet launched."""
    with gr.Blocks(title="Alignment Playground", analytics_enabled=False) as page:
        gr.HTML("<h1>Alignment Playground</h1>")
        bar = gr.Tabs()
        context = Context(bench, bar, gr.State([]), gr.State([]), gr.State(""))
        with bar:
            for tab in tabs():
                with gr.Tab(tab.title, id=tab.id) as item:
                    gr.Markdown(tab.intro)
                    tab.build(context, item)
    page.queue(default_concurrency_limit=20, max_size=500, status_update_rate=5)
    return page
