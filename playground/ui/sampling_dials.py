"""How completions are drawn, as dials: temperature, top-p, length, seed, template."""

from __future__ import annotations

import gradio as gr

from playground.errors import PlaygroundError
from playground.types import Sampling

_TEMPLATES = [
    ("Automatic: chat where the checkpoint knows it", "auto"),
    ("Chat template for all", "chat"),
    ("Raw text for all", "raw"),
]


def sampling_fold() -> list[gr.components.Component]:
    """The folded dials, in the order in which read_sampling takes them."""
    with gr.Accordion("Sampling", open=False, elem_id="compare-sampling"):
        gr.Markdown(
            "The same for every checkpoint. The same seed gives the same completions again.", elem_classes="note"
        )
        with gr.Row():
            temperature = gr.Slider(
                0, 2, value=0.7, step=0.05, label="Temperature", info="0: always the likeliest token", min_width=240
            )
            top_p = gr.Slider(
                0.05,
                1,
                value=1.0,
                step=0.05,
                label="Top-p",
                info="Below 1: no unlikely tokens",
                min_width=240,
            )
            most = gr.Slider(1, 256, value=64, step=1, label="Longest completion, tokens", min_width=240)
        with gr.Row():
            seed = gr.Number(0, label="Seed", precision=0, min_width=240, elem_id="compare-seed")
            template = gr.Dropdown(
                _TEMPLATES,
                value="auto",
                label="Template",
                info="The base model has never seen the chat template, so it is given raw text.",
                min_width=240,
                elem_id="compare-template",
            )
    return [temperature, top_p, most, seed, template]


def read_sampling(temperature: float, top_p: float, most: float, seed: float | None, template: str) -> Sampling:
    """The dials as Sampling. Raises PlaygroundError where one of them is not usable."""
    if seed is None or not 0 <= seed < 2**31:
        seen = "missing" if seed is None else f"{seed:.0f}"
        raise PlaygroundError(f"The seed is {seen}.", hint="Type a whole number from 0 to 2147483647.")
    return Sampling(float(temperature), float(top_p), int(most), int(seed), template)
