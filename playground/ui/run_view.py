"""The one component that shows a run, wherever one is shown. Its value names the run; the browser follows it."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from playground.types import Json


def run_view(elem_id: str, empty: str) -> gr.HTML:
    """A live view. Its `.ended(...)` event fires when its run ends, goes on or is another, or other runs come."""
    return gr.HTML(
        value=None,
        html_template='<div class="run-view"></div>',
        js_on_load="Playground.runView(element, props, watch, () => trigger('ended'))",
        apply_default_css=False,
        elem_id=elem_id,
        empty=empty,
    )


def showing(run_id: str | None) -> Json | None:
    """The view's value for that run. Each call is a new value, so a resumed run is followed again."""
    return {"run": run_id, "since": time.time()} if run_id else None


def run_shown(value: Any) -> str | None:
    """The run that a view's value names, None for an empty view."""
    return value.get("run") if isinstance(value, dict) else None
