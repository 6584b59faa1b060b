"""The fold with a step's formula: what it says in words, then in symbols."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

Entry = tuple[str, str, str]  # heading ("" for none), words, LaTeX without dollar signs


def formula_fold(entries: Sequence[Entry]) -> None:
    """Draw the entries one below the other, folded."""
    with gr.Accordion("The formula", open=False, elem_classes="formula"):
        for heading, words, latex in entries:
            title = f"**{heading}.** " if heading else ""
            gr.Markdown(
                f"{title}{words}\n\n$$ {latex} $$",
                latex_delimiters=[{"left": "$$", "right": "$$", "display": True}],
            )
