"""The page: head, status line, tab bar, tabs in pipeline order."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.settings import Settings
from playground.table_files import MB
from playground.ui.tab import Context, tabs
from playground.ui.theme import head, theme
from playground.ui.words import build_explained
from playground.workbench import Workbench

_BRAND = """<header id="brand"><h1>Alignment Playground</h1>
<p>Take a base language model to an aligned one, step by step, and watch what each step does to it.</p>
<p class="status-line" role="status">Asking how the models are…</p>
<ul class="notes" aria-label="Keeping what you make"></ul></header>"""


def build_page(bench: Workbench) -> gr.Blocks:
    """The whole page as Blocks, not yet launched."""
    with gr.Blocks(title="Alignment Playground", analytics_enabled=False, delete_cache=_swept(bench.settings)) as page:
        gr.HTML(html_template=_BRAND, js_on_load="Playground.status(element)", apply_default_css=False, elem_id="head")
        bar = gr.Tabs(elem_id="steps", overflow_behavior="wrap")
        context = Context(bench, bar, gr.State([]), gr.State([]), *(gr.State("") for _ in range(4)))
        with bar:
            for number, tab in enumerate(tabs(), start=1):
                with gr.Tab(f"{number} {tab.title}", id=tab.id, elem_id=f"tab-{tab.id}") as item:
                    gr.Markdown(tab.intro, elem_classes="lead")
                    build_explained(tab, context, item)
        page.load(None, js="() => Playground.openFromAddress()")
    page.queue(default_concurrency_limit=20, max_size=500, status_update_rate=5)
    return page


def launch_options(settings: Settings) -> dict[str, Any]:
    """What launch() has to be told about looks and limits."""
    return {
        "theme": theme(),
        "head": head(),
        "max_threads": 120,
        "max_file_size": settings.upload_mb * MB,
        "ssr_mode": False,
        "run_history": False,  # it would keep blind rankings in the browser
        "footer_links": [],
        "quiet": True,
        "_frontend": False,  # else Gradio ends a start whose first answer takes three seconds, as on a busy machine
    }


def _swept(settings: Settings) -> tuple[int, int] | None:
    """(how often, what age): when Gradio deletes its copies of visitors' files, in seconds; None: never."""
    return (3600, 3600 * settings.demo_hours) if settings.mode == "demo" else None
