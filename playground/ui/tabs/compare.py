"""Compare: the same prompt to two to four checkpoints, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.models.catalogue import shipped_checkpoints
from playground.pocket import prompt_chips
from playground.ui.checkpoint_lists import FIRST_COMPARED, choices_of, follow, newest_beside_its_start
from playground.ui.compare_panes import status_html, waiting_html
from playground.ui.compare_set import compare_set
from playground.ui.compare_tokens import reference_choices, token_events, token_fold
from playground.ui.comparing import compare
from playground.ui.formula import formula_fold
from playground.ui.listener import QUIET, told
from playground.ui.newer import follow_newer, newer_line
from playground.ui.problem import problem_html
from playground.ui.sampling_dials import read_sampling, sampling_fold
from playground.ui.tab import Context, Tab, workspace
from playground.ui.theme import static
from playground.ui.world_edge import world_edge
from playground.workbench.typed_prompt import HOW

FIRST_PROMPT = "What is the capital of France?"
FORMULAS = (
    (
        "How a token is drawn",
        "The model gives every token t that it knows a number, its logit z. The temperature T spreads the odds: near 0 "
        "the likeliest token always wins, above 1 unlikely ones get their chance.",
        r"p(t \mid x, y_{<t}) = \frac{e^{z_t / T}}{\sum_j e^{z_j / T}}",
    ),
    (
        "What the colours show",
        "How much likelier a checkpoint finds a token than the reference does, in nats: 0.7 is twice as likely.",
        r"\log \frac{\pi(y_t \mid x, y_{<t})}{\pi_{ref}(y_t \mid x, y_{<t})}",
    ),
)


def build(context: Context, tab: gr.Tab) -> None:
    """Choose checkpoints and prompt, watch them answer, look closer."""
    ids = _checkpoints()
    newer = newer_line("compare")
    prompt, run, stop = _prompt_row()
    world_edge(context, prompt, ids, "compare-edge")
    panes = _html("compare-panes", _before_the_first_run(), js=static("compare.js"))
    line = _html("compare-status")
    last = gr.State(None)
    dials = sampling_fold()
    reference, colour, legend = token_fold()
    running = _run_events(context, ids, prompt, dials, run, stop, panes, line, last)
    token_events(context, running, reference, colour, panes, line, legend, last)
    compare_set(context, ids, dials)
    formula_fold(FORMULAS)
    set_to = gr.State(FIRST_COMPARED)
    _follow_checkpoints(context, tab, ids, set_to, reference)
    follow_newer(context, newer, ids, set_to)
    _fresh_panes(context, running, ids, panes, line, legend, last)


TAB = Tab(
    id="compare",
    order=20,
    title="Compare",
    intro=(
        "Give the same prompt to several checkpoints and read their completions side by side. "
        "This is how you see what a training step changed, and what it did not."
    ),
    build=build,
    words=("logit", "log-ratio", "nats"),
)


# --- what is on the page --------------------------------------------------------------------------------------------


def _checkpoints() -> gr.Dropdown:
    ids = gr.Dropdown(
        choices_of(shipped_checkpoints()),
        value=FIRST_COMPARED,
        multiselect=True,
        max_choices=4,
        label="Checkpoints, two to four",
        info="Your newest one beside the one it was trained from, until you choose others.",
        elem_id="compare-checkpoints",
    )
    ids.preprocess = lambda payload: payload  # trained ones are not in the first list; the workbench refuses strangers
    return ids


def _prompt_row() -> tuple[gr.Textbox, gr.Button, gr.Button]:
    with gr.Row():
        with gr.Column(scale=5, min_width=300):
            prompt = gr.Textbox(
                FIRST_PROMPT, label="Prompt", placeholder=HOW, lines=2, max_lines=8, elem_id="compare-prompt"
            )
        with gr.Column(scale=2, min_width=220), gr.Row():
            run = gr.Button("Run", variant="primary", min_width=90, elem_id="compare-run")
            stop = gr.Button("Stop", min_width=90, elem_id="compare-stop")
    chips = gr.HTML(
        prompt_chips(),
        html_template='<div class="kinds" role="group" aria-label="Kinds of prompt"></div>'
        '<div class="chips" role="group" aria-label="Prompts to try"></div>',
        css_template=static("compare_chips.css"),
        js_on_load=static("compare_chips.js"),
        apply_default_css=False,
        elem_id="compare-chips",
    )
    chips.pick(_picked, outputs=prompt, queue=False, **QUIET)
    return prompt, run, stop


def _picked(event: gr.EventData) -> str:
    return str(event.text)


def _before_the_first_run() -> str:
    return waiting_html([c for c in shipped_checkpoints() if c.id in FIRST_COMPARED])


def _html(elem_id: str, html: str = "", js: str | None = None) -> gr.HTML:
    return gr.HTML(html, css_template=static("compare.css"), js_on_load=js, apply_default_css=False, elem_id=elem_id)


# --- the same prompt to all -----------------------------------------------------------------------------------------


def _run_events(context, ids, prompt, dials, run, stop, panes, line, last) -> gr.events.Dependency:
    def go(request: gr.Request, chosen: list[str], text: str, *values: Any) -> Iterator[tuple]:
        try:
            yield from compare(context.bench, workspace(context, request), chosen, text, read_sampling(*values))
        except PlaygroundError as error:
            yield gr.skip(), gr.skip(), problem_html(error)

    asked = [run.click, prompt.submit]
    running = gr.on(asked, go, [ids, prompt, *dials], [last, panes, line], api_name="compare", show_progress="hidden")
    stop.click(lambda: status_html("Stopped."), outputs=line, cancels=[running], **QUIET)
    return running


# --- which checkpoints ----------------------------------------------------------------------------------------------


def _follow_checkpoints(
    context: Context, tab: gr.Tab, ids: gr.Dropdown, set_to: gr.State, reference: gr.Dropdown
) -> None:
    """When the tab opens: fresh lists, and what another tab sent here, else the visitor's newest beside its start."""

    def opened(request: gr.Request, now: list[str], before: list[str], sent: list[str]) -> tuple:
        known = context.bench.checkpoints.all(workspace(context, request))
        proposal = newest_beside_its_start(known)
        return (
            gr.update(**follow(known, now, before, proposal, sent[:4])),
            proposal,
            [],
            gr.Dropdown(choices=reference_choices(known)),
        )

    sent = context.compare_ids
    tab.select(told(opened), [ids, set_to, sent], [ids, set_to, sent, reference], **QUIET)


def _fresh_panes(context, running, ids, panes, line, legend, last) -> None:
    """Other checkpoints are chosen: completions of the old ones go, also where they are still being written."""
    drawn = gr.State(FIRST_COMPARED)

    def clear(request: gr.Request, chosen: list[str], before: list[str]) -> tuple:
        if chosen == before:  # told twice, as a list that has just been mounted does: what was written since stays
            return (gr.skip(),) * 5
        here = workspace(context, request)
        return waiting_html([context.bench.checkpoints.find(here, i) for i in chosen]), "", "", None, chosen

    ids.change(told(clear), [ids, drawn], [panes, line, legend, last, drawn], **QUIET)
    # Only a person's own choice stops what is being written: a late answer to the opening of the tab is a change too.
    ids.input(None, cancels=[running], **QUIET)
