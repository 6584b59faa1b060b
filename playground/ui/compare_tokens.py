"""The part of Compare that colours each token by how much likelier a checkpoint finds it than a reference does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

import gradio as gr

from playground.errors import PlaygroundError
from playground.models.catalogue import shipped_checkpoints
from playground.types import Checkpoint
from playground.ui.checkpoint_lists import choices_of
from playground.ui.compare_panes import Pane, legend_html, panes_html, tokens_html
from playground.ui.comparing import Compared
from playground.ui.listener import QUIET
from playground.ui.problem import problem_html
from playground.ui.tab import workspace
from playground.ui.theme import static
from playground.workbench import Workbench

PARENT = "parent"  # as reference: the checkpoint that each one was trained from


def token_fold() -> tuple[gr.Dropdown, gr.Checkbox, gr.HTML]:
    """The fold: the reference, whether to colour, and what the colours mean."""
    with gr.Accordion("Which tokens changed", open=False, elem_id="compare-tokens"):
        gr.Markdown(
            "Colours each token by its log-ratio: how much likelier this checkpoint finds it than a reference does. "
            "That ratio is what DPO calls the implicit reward and what PPO's KL penalty adds up. Both read the "
            "prompt as the pane was given it.",
            elem_classes="note",
        )
        with gr.Row():
            with gr.Column(min_width=280):
                reference = gr.Dropdown(
                    reference_choices(shipped_checkpoints()),
                    value=PARENT,
                    label="Reference",
                    elem_id="compare-reference",
                )
            with gr.Column(min_width=180):
                colour = gr.Checkbox(label="Colour the tokens", elem_id="compare-colour")
        legend = gr.HTML(
            css_template=static("compare.css", "tokens.css"),
            js_on_load=None,
            apply_default_css=False,
            elem_id="compare-legend",
        )
    return reference, colour, legend


def reference_choices(checkpoints: Sequence[Checkpoint]) -> list[tuple[str, str]]:
    """What the checkpoints can be held against."""
    return [("What each was trained from", PARENT), *choices_of(checkpoints)]


def coloured(bench: Workbench, here: str, last: Compared | None, reference: str) -> tuple[str, str]:
    """The panes with coloured tokens, and the legend."""
    if last is None:
        raise PlaygroundError("There are no completions yet.", hint="Press Run first.")
    panes = [_coloured_pane(bench, here, pane, last, reference) for pane in last.panes()]
    what = "the checkpoint it was trained from" if reference == PARENT else bench.checkpoints.find(here, reference).name
    return panes_html(panes, last.sampling, last.prompt.text), legend_html(what)


def _coloured_pane(bench: Workbench, here: str, pane: Pane, last: Compared, reference: str) -> Pane:
    c = pane.checkpoint
    against = c.parent if reference == PARENT else reference
    if against is None:
        return replace(pane, note="Not coloured: it was trained from nothing. Choose another reference.")
    if against == c.id:
        return replace(pane, note="Not coloured: it is the reference itself.")
    if not pane.text:
        return replace(pane, note="Not coloured: there is no text.")
    try:
        scores = bench.completions.token_scores(here, c.id, against, last.prompt, pane.text, last.sampling)
    except PlaygroundError as error:
        return replace(pane, note=f"Not coloured: {escape(error.message)}")
    return replace(pane, tokens=tokens_html(scores, bench.checkpoints.find(here, against)))


def token_events(context, running, reference, colour, panes, line, legend, last) -> None:
    """Colour when it is asked for, and again after each run."""

    def draw(request: gr.Request, wanted: bool, against: str, compared: Compared | None) -> tuple:
        try:
            here = workspace(context, request)
            if not wanted:
                return compared.html() if compared else gr.skip(), "", gr.skip()
            return *coloured(context.bench, here, compared, against), gr.skip()
        except PlaygroundError as error:
            return gr.skip(), gr.skip(), problem_html(error)

    def after_run(request: gr.Request, wanted: bool, against: str, compared: Compared | None) -> tuple:
        return draw(request, True, against, compared) if wanted and compared else (gr.skip(),) * 3

    io = [colour, reference, last], [panes, legend, line]
    gr.on([colour.change, reference.change], draw, *io, **QUIET)
    running.then(after_run, *io, **QUIET)
