"""Rank: judge completions blind, by hand or by a simulated annotator, and see the set they make."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.models.catalogue import shipped_checkpoints
from playground.pocket import PERSONAS
from playground.types import Json
from playground.ui.listener import told
from playground.ui.problem import problem_html
from playground.ui.rank_contest import contest_box, shown_contest
from playground.ui.rank_file import add_from_file
from playground.ui.rank_panel import panel_value, rank_panel, rank_text
from playground.ui.rank_set import QUIET, SetView, set_view
from playground.ui.rank_words import progress_bar
from playground.ui.tab import Context, Tab, workspace
from playground.workbench import Workbench

DEFAULT_IDS = ["pocket-sft"]
POCKET_PROMPTS, OWN_PROMPT = "Prompts of the pocket world", "A prompt of my own"
MOST_LABELS = 2000


def build(context: Context, tab: gr.Tab) -> None:
    """Choose whose completions, judge, look at the set."""
    ids, prompts, typed = _sources()
    box, words, leave = contest_box()
    panel = rank_panel(panel_value(DEFAULT_IDS, None))
    view = set_view(context, tab, panel, ids, (box, words))
    _persona(context, view)
    add_from_file(context, view)
    _follow_sources(context, tab, [ids, prompts, typed], [panel, box, words])
    leave.click(lambda: DEFAULT_IDS, outputs=ids, **QUIET)


TAB = Tab(
    id="rank",
    order=30,
    title="Rank",
    intro=(
        "Read two completions and say which you prefer; you are not told which model wrote them. Every choice is kept, "
        "and the next steps train a model on exactly these choices."
    ),
    build=build,
)


# --- whose completions ----------------------------------------------------------------------------------------------


def _sources() -> tuple[gr.Dropdown, gr.Radio, gr.Textbox]:
    with gr.Accordion("Whose completions, and to which prompts", open=False, elem_id="rank-sources"), gr.Row():
        with gr.Column(min_width=300):
            ids = gr.Dropdown(
                _choices(shipped_checkpoints()),
                value=DEFAULT_IDS,
                multiselect=True,
                max_choices=2,
                label="Whose completions",
                info="One checkpoint: both completions are its own. Two: one from each, sides at random.",
                elem_id="rank-checkpoints",
            )
            ids.preprocess = lambda payload: payload  # trained ones are not in the first list
        with gr.Column(min_width=300):
            where = [POCKET_PROMPTS, OWN_PROMPT]
            prompts = gr.Radio(where, value=POCKET_PROMPTS, label="Prompts", elem_id="rank-prompts")
            typed = gr.Textbox(
                label="Your prompt",
                placeholder="Type it and press Enter",
                visible=False,
                max_lines=4,
                elem_id="rank-own-prompt",
            )
    return ids, prompts, typed


def _follow_sources(context: Context, tab: gr.Tab, sources: list[Any], outputs: list[Any]) -> None:
    """outputs: the panel, and the box that says which two are judged against each other."""
    ids, prompts, typed = sources

    def choices(request: gr.Request) -> Any:
        return gr.Dropdown(choices=_choices(context.bench.checkpoints.all(workspace(context, request))))

    def sent_here(wanted: list[str], request: gr.Request) -> tuple[Any, Any]:
        if not wanted:
            return gr.skip(), gr.skip()
        known = context.bench.checkpoints.all(workspace(context, request))
        return gr.Dropdown(choices=_choices(known), value=wanted[:2]), []  # emptied, so that the same may come again

    def show(chosen: list[str], source: str, text: str, request: gr.Request) -> tuple[Json, Any, str]:
        prompt = text if source == OWN_PROMPT and text.strip() else None
        here = workspace(context, request)
        return panel_value(chosen or DEFAULT_IDS, prompt), *shown_contest(context.bench, here, chosen)

    tab.select(told(choices), outputs=ids, **QUIET)
    context.rank_ids.change(told(sent_here), context.rank_ids, [ids, context.rank_ids], **QUIET)
    prompts.change(lambda source: gr.Textbox(visible=source == OWN_PROMPT), prompts, typed, **QUIET)
    gr.on([ids.change, prompts.change, typed.submit, typed.blur], told(show), sources, outputs, **QUIET)


def _choices(checkpoints: list) -> list[tuple[str, str]]:
    return [(c.name, c.id) for c in checkpoints if c.kind == "policy"]


# --- a simulated annotator ------------------------------------------------------------------------------------------


def _persona(context: Context, view: SetView) -> None:
    first = next(iter(PERSONAS))
    with gr.Accordion("Let a simulated annotator judge pairs", open=False, elem_id="persona"):
        with gr.Row():
            with gr.Column(min_width=300):
                titles = [(persona.title, name) for name, persona in PERSONAS.items()]
                name = gr.Dropdown(titles, value=first, label="Simulated annotator", elem_id="persona-name")
            with gr.Column(min_width=300):
                n = gr.Number(100, label="Pairs", precision=0, elem_id="persona-n")
        described = gr.Markdown(PERSONAS[first].description)
        with gr.Row():
            start = gr.Button("Judge pairs", variant="primary", scale=0, min_width=140, elem_id="persona-label")
            stop = gr.Button("Stop", scale=0, min_width=100, elem_id="persona-stop")
        progress = rank_text("persona-progress")
    name.change(lambda chosen: PERSONAS[chosen].description, name, described, **QUIET)

    def label(
        chosen: str, count: float | None, whose: list[str], text: str, removed: bool, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        try:
            here = workspace(context, request)
            for line in persona_progress(context.bench, here, chosen, count, whose or DEFAULT_IDS):
                yield line, *view.shown(context.bench, here, whose, text, removed)
        except PlaygroundError as error:
            yield problem_html(error), *[gr.skip()] * len(view.draws)

    def stopped(whose: list[str], text: str, removed: bool, request: gr.Request) -> tuple[Any, ...]:
        words = "<p>Stopped. What was judged is kept.</p>"
        return words, *view.shown(context.bench, workspace(context, request), whose, text, removed)

    reads, outputs = [name, n, *view.reads], [progress, *view.draws]
    running = start.click(label, reads, outputs, api_name="persona_label", show_progress="hidden")
    stop.click(told(stopped), view.reads, outputs, cancels=[running], **QUIET)


def persona_progress(bench: Workbench, here: str, persona: str, n: float | None, ids: list[str]) -> Iterator[str]:
    """Label n pairs; yields the progress in words and a bar."""
    if n is None or not 1 <= n <= MOST_LABELS:
        seen = "is missing" if n is None else f"is {n:.0f}"
        raise PlaygroundError(f"The number of pairs {seen}.", hint=f"Ask for 1 to {MOST_LABELS}.")
    n, started = int(n), time.monotonic()
    yield progress_bar(0, n, "pairs judged", "Drawing the first completions.")
    for done in bench.preferences.persona_labels(here, persona, n, ids):
        left_s = (time.monotonic() - started) / done * (n - done)
        words = f"About {left_s:.0f} s left." if done < n else "Done. All are marked as simulated."
        yield progress_bar(done, n, "pairs judged", words)
