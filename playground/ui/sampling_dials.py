"""How completions are drawn, as dials: temperature, top-p, length, seed, template."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.types import Sampling
from playground.ui.slider import Slider

_TEMPLATES = [
    ("Each checkpoint's own", "auto"),
    ("The chat template for all", "chat"),
    ("Raw text for all", "raw"),
]
_MOST_SEEN = 40  # characters of what was sent that a refusal repeats


def sampling_fold() -> list[gr.components.Component]:
    """The folded dials, in the order in which read_sampling takes them."""
    with gr.Accordion("Sampling", open=False, elem_id="compare-sampling"):
        gr.Markdown(
            "The same for every checkpoint; only the template may be each one's own. The same seed gives the same "
            "completions again.",
            elem_classes="note",
        )
        with gr.Row():
            temperature = _slider(0, 2, 0.05, 0.7, "Temperature", "0: always the likeliest token")
            top_p = _slider(0.05, 1, 0.05, 1.0, "Top-p", "Below 1: no unlikely tokens")
            most = _slider(1, 256, 1, 64, "Longest completion, tokens")
        with gr.Row():
            seed = gr.Number(0, label="Seed", min_width=240, elem_id="compare-seed")
            template = gr.Dropdown(
                _TEMPLATES,
                value="auto",
                label="Template",
                info="One that has learned the chat template gets it; the base model, which has not, gets raw text.",
                min_width=240,
                elem_id="compare-template",
            )
    return [temperature, top_p, most, seed, template]


def read_sampling(temperature: Any, top_p: Any, most: Any, seed: Any, template: Any) -> Sampling:
    """The dials as Sampling; a program may have sent anything. Raises PlaygroundError where one is not usable."""
    known = [name for _, name in _TEMPLATES]
    if template not in known:
        raise PlaygroundError(f"There is no template {template!r}.", hint=f"Choose among {', '.join(known)}.")
    return Sampling(
        _number("temperature", temperature, 0, 2),
        _number("top-p", top_p, 0.05, 1),
        int(_number("longest completion", most, 1, 256, whole=True)),
        int(_number("seed", seed, 0, 2**31 - 1, whole=True)),
        template,
    )


def _number(name: str, value: Any, least: float, most: float, whole: bool = False) -> float:
    counts = isinstance(value, int | float) and not isinstance(value, bool)
    if not counts or not least <= value <= most or (whole and value != int(value)):
        seen = "missing" if value is None else f"{value:.10g}" if counts else repr(value)[:_MOST_SEEN]
        hint = f"Type a {'whole ' if whole else ''}number from {least} to {most}."
        raise PlaygroundError(f"The {name} is {seen}.", hint=hint)
    return float(value)


def _slider(least: float, most: float, step: float, value: float, label: str, info: str | None = None) -> Slider:
    return Slider(least, most, value=value, step=step, label=label, info=info, min_width=240)
