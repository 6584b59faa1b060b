"""To the Hub: a fold that is there only where this machine has a token and one visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from playground.ui.listener import told
from playground.ui.tab import Context, workspace

Push = Callable[[str, str, Any], str]


def hub_fold(context: Context, what: str, push: Push, chosen: Component | None = None) -> None:
    """Draw the fold here. push(workspace, name, chosen's value) returns the address of what was put there."""
    if not context.bench.takeaway.can_push:
        return
    with gr.Accordion(f"Put {what} on the Hugging Face Hub", open=False):
        name = gr.Textbox(label="Private repository", placeholder="owner/name", max_lines=1)
        button = gr.Button("Put it there")
        said = gr.Markdown()

    @told
    def pushed(wanted: str | None, value: Any, request: gr.Request) -> str:
        return f"It is there: {push(workspace(context, request), wanted or '', value)}"

    button.click(pushed, [name, chosen or gr.State(None)], said, api_visibility="private")
