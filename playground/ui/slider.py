"""A slider that hands on what was typed beside it: Gradio's own ends in an error where the page says what is wrong."""

from __future__ import annotations

import gradio as gr


class Slider(gr.Slider):
    """Whoever reads it checks the value, which may be None or out of range."""

    is_template = True  # the browser draws it as Gradio's own

    def preprocess(self, payload: float | None) -> float | None:
        return payload
