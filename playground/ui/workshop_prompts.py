"""Prompts that people propose: whether the host asks for any, and the list of those that wait to be read."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.types import Json
from playground.ui.listener import QUIET
from playground.ui.theme import static

_ABOUT = (
    "People may then type a prompt on their phones, in the first vote. Nobody else reads it before you approve it; "
    "then the compared models answer it, and everybody may be asked to judge the pair. Should who typed it withdraw, "
    "it goes too, with all that was chosen on it."
)


def prompts_from_the_room(chosen: Any) -> None:
    """The fold; chosen: which session."""
    with gr.Accordion("Prompts from the room", open=False, elem_id="workshop-prompts"):
        gr.Markdown(_ABOUT, elem_classes="note")
        listed = gr.HTML(
            value={},
            html_template='<div class="proposals"></div>',
            css_template=static("workshop_prompts.css"),
            js_on_load="Playground.workshopPrompts(element, props, watch)",
            apply_default_css=False,
        )
    chosen.change(_of_session, chosen, listed, **QUIET)


def _of_session(id: str | None) -> Json:
    return {"id": id or ""}
