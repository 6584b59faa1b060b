"""The part of Compare that runs a whole set of prompts: a table with one completion per checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from playground.errors import EmptyPrompt, PlaygroundError
from playground.pocket import prompt_chips
from playground.types import Sampling
from playground.ui.compare_panes import set_html, status_html, template_words
from playground.ui.problem import problem_html
from playground.ui.sampling_dials import read_sampling
from playground.ui.tab import Context, workspace
from playground.ui.theme import static
from playground.workbench import Workbench
from playground.workbench.typed_prompt import prompt_lines

MOST_PROMPTS = 40


def compare_set(context: Context, ids: gr.Dropdown, dials: list) -> None:
    """The fold with its lines, buttons and table."""
    lines, run, stop, table = _fold()

    def go(request: gr.Request, chosen: list[str], text: str, *values: Any) -> Iterator[str]:
        try:
            yield from sample_set(context.bench, workspace(context, request), chosen, text, read_sampling(*values))
        except PlaygroundError as error:
            yield problem_html(error)

    running = run.click(go, [ids, lines, *dials], table, show_progress="hidden", api_visibility="private")
    stop.click(None, cancels=[running], api_visibility="private")


def _fold() -> tuple[gr.Textbox, gr.Button, gr.Button, gr.HTML]:
    with gr.Accordion("A whole set of prompts at once", open=False, elem_id="compare-set"):
        lines = gr.Textbox(
            "\n".join(texts[0] for texts in prompt_chips().values()),
            label=f"One prompt a line, at most {MOST_PROMPTS}",
            lines=6,
            max_lines=12,
            elem_id="compare-set-prompts",
        )
        with gr.Row():
            run = gr.Button("Run the set", variant="primary", scale=0, min_width=140, elem_id="compare-set-run")
            stop = gr.Button("Stop", scale=0, min_width=100, elem_id="compare-set-stop")
        table = gr.HTML(
            css_template=static("compare_set.css"),
            js_on_load=None,
            apply_default_css=False,
            elem_id="compare-set-table",
        )
    return lines, run, stop, table


def sample_set(bench: Workbench, here: str, ids: Sequence[str], lines: str, sampling: Sampling) -> Iterator[str]:
    """The table, growing by one checkpoint at a time."""
    asked = prompt_lines(lines)
    prompts = [prompt.text for prompt in asked]
    if not prompts:
        raise EmptyPrompt
    if len(prompts) > MOST_PROMPTS:
        raise PlaygroundError(f"{len(prompts)} prompts are given, at most {MOST_PROMPTS} are run.", hint="Remove some.")
    if not ids:
        raise PlaygroundError("No checkpoint is chosen.", hint="Choose some at the top of this page.")
    checkpoints = [bench.checkpoints.find(here, i) for i in ids]
    names, columns = [c.name for c in checkpoints], [[] for _ in checkpoints]
    heads = [f"{c.name}, given {template_words(c, sampling)}" for c in checkpoints]
    yield set_html(heads, prompts, columns, busy=True) + status_html(f"{names[0]} is answering.")
    for i, checkpoint in enumerate(checkpoints):
        drawn = bench.completions.sample(here, checkpoint.id, asked, sampling)
        columns[i] = [completions[0].text for completions in drawn]
        done = i + 1 == len(checkpoints)
        words = f"{len(prompts)} prompts, {len(names)} checkpoints." if done else f"{names[i + 1]} is answering."
        yield set_html(heads, prompts, columns, busy=not done) + status_html(words)
