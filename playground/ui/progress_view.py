"""How far background work is: the browser follows it by itself, so that nothing is lost with a connection."""

from __future__ import annotations

import time

import gradio as gr

from playground.errors import PlaygroundError
from playground.types import Json
from playground.ui.theme import static


def progress_view(elem_id: str, work: str = "") -> gr.HTML:
    """A sentence, the time left and a bar, live. `.moved(...)` fires when a part is done, `.ended(...)` at the end.

    work: which of a workspace's work it tells of; empty: the answering of questions.
    """
    return gr.HTML(
        value=None,
        html_template='<div class="progress-view"></div>',
        css_template=static("rank_set.css"),
        js_on_load="Playground.progressView(element, props, watch, () => trigger('moved'), () => trigger('ended'))",
        apply_default_css=False,
        elem_id=elem_id,
        work=work,
    )


def following() -> Json:
    """The view's value while there is work to follow. Each call is a new one."""
    return {"since": time.time()}


def refused(error: PlaygroundError) -> Json:
    """The view's value where it did not begin."""
    return {"problem": error.message, "hint": error.hint}
