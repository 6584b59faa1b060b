"""Rank: judge completions blind, by hand or by a simulated annotator, and see the set they make."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.models.catalogue import shipped_checkpoints
from playground.pocket import PERSONAS
from playground.table_files import SUFFIXES
from playground.types import Json
from playground.ui.listener import told
from playground.ui.problem import problem_html
from playground.ui.rank_panel import panel_value, preference_table, rank_panel, rank_text, table_value
from playground.ui.rank_words import export_links, figures_line, file_preview, progress_bar
from playground.ui.tab import Context, Tab, workspace
from playground.workbench import Workbench

DEFAULT_IDS = ["pocket-sft"]
POCKET_PROMPTS, OWN_PROMPT = "Prompts of the pocket world", "A prompt of my own"
MOST_LABELS = 2000
_ROWS = 200
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build(context: Context, tab: gr.Tab) -> None:
    """Choose whose completions, judge, look at the set."""
    ids, prompts, typed = _sources()
    panel = rank_panel(panel_value(DEFAULT_IDS, None))
    figures = rank_text("rank-figures")
    search, refreshed = _set(context, tab, panel, figures)
    _persona(context, ids, search, refreshed)
    _import(context, search, refreshed)
    _follow_sources(context, tab, ids, prompts, typed, panel)


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


def _follow_sources(
    context: Context, tab: gr.Tab, ids: gr.Dropdown, prompts: gr.Radio, typed: gr.Textbox, panel: gr.HTML
) -> None:
    def choices(request: gr.Request) -> Any:
        return gr.Dropdown(choices=_choices(context.bench.checkpoints.all(workspace(context, request))))

    def sent_here(wanted: list[str], request: gr.Request) -> Any:
        if not wanted:
            return gr.skip()
        known = context.bench.checkpoints.all(workspace(context, request))
        return gr.Dropdown(choices=_choices(known), value=wanted[:2])

    def show(chosen: list[str], source: str, text: str) -> Json:
        prompt = text if source == OWN_PROMPT and text.strip() else None
        return panel_value(chosen or DEFAULT_IDS, prompt)

    inputs = [ids, prompts, typed]
    tab.select(told(choices), outputs=ids, **_QUIET)
    context.rank_ids.change(told(sent_here), context.rank_ids, ids, **_QUIET)
    prompts.change(lambda source: gr.Textbox(visible=source == OWN_PROMPT), prompts, typed, **_QUIET)
    gr.on([ids.change, prompts.change, typed.submit, typed.blur], show, inputs, panel, **_QUIET)


def _choices(checkpoints: list) -> list[tuple[str, str]]:
    return [(c.name, c.id) for c in checkpoints if c.kind == "policy"]


# --- the set --------------------------------------------------------------------------------------------------------


def _set(context: Context, tab: gr.Tab, panel: gr.HTML, figures: gr.HTML) -> tuple[gr.Textbox, list]:
    rank_text("set-heading", "<h2>The preference set</h2>")
    search = gr.Textbox(
        placeholder="Search prompts, completions, annotators",
        show_label=False,
        label="Search the set",
        elem_id="set-search",
    )
    table = preference_table(table_value([], 0, False))
    rank_text("set-export", export_links())

    def refresh(text: str, request: gr.Request) -> tuple[Json, str]:
        return shown_set(context.bench, workspace(context, request), text)

    def remove(text: str, request: gr.Request, event: gr.EventData) -> tuple[Json, str]:
        here = workspace(context, request)
        context.bench.preferences.remove(here, event.ids)
        return shown_set(context.bench, here, text)

    outputs = [table, figures]
    redraw = {"trigger_mode": "always_last", **_QUIET}
    gr.on([tab.select, search.change], told(refresh), search, outputs, **redraw)
    panel.saved(told(refresh), search, outputs, **redraw)
    table.remove(told(remove), search, outputs, **_QUIET)
    return search, outputs


def shown_set(bench: Workbench, here: str, search: str) -> tuple[Json, str]:
    """The table's value and the line of figures."""
    counts = bench.preferences.counts(here)
    rows = bench.preferences.rows(here, search.strip(), _ROWS)
    total = len(rows) if search.strip() else counts.total
    return table_value(rows, total, bool(search.strip())), figures_line(counts)


# --- a simulated annotator ------------------------------------------------------------------------------------------


def _persona(context: Context, ids: gr.Dropdown, search: gr.Textbox, refreshed: list) -> None:
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
    name.change(lambda chosen: PERSONAS[chosen].description, name, described, **_QUIET)

    def label(chosen: str, count: float | None, whose: list[str], text: str, request: gr.Request) -> Iterator[tuple]:
        try:
            here = workspace(context, request)
            for line in persona_progress(context.bench, here, chosen, count, (whose or DEFAULT_IDS)[0]):
                yield line, *shown_set(context.bench, here, text)
        except PlaygroundError as error:
            yield problem_html(error), gr.skip(), gr.skip()

    def stopped(text: str, request: gr.Request) -> tuple:
        words = "<p>Stopped. What was judged is kept.</p>"
        return words, *shown_set(context.bench, workspace(context, request), text)

    outputs = [progress, *refreshed]
    running = start.click(label, [name, n, ids, search], outputs, api_name="persona_label", show_progress="hidden")
    stop.click(told(stopped), search, outputs, cancels=[running], **_QUIET)


def persona_progress(bench: Workbench, here: str, persona: str, n: float | None, checkpoint_id: str) -> Iterator[str]:
    """Label n pairs; yields the progress in words and a bar."""
    if n is None or not 1 <= n <= MOST_LABELS:
        seen = "is missing" if n is None else f"is {n:.0f}"
        raise PlaygroundError(f"The number of pairs {seen}.", hint=f"Ask for 1 to {MOST_LABELS}.")
    n, started = int(n), time.monotonic()
    yield progress_bar(0, n, "Drawing the first completions.")
    for done in bench.preferences.persona_labels(here, persona, n, checkpoint_id):
        left_s = (time.monotonic() - started) / done * (n - done)
        yield progress_bar(done, n, f"About {left_s:.0f} s left." if done < n else "Done. All are marked as simulated.")


# --- preferences from a file ----------------------------------------------------------------------------------------


def _import(context: Context, search: gr.Textbox, refreshed: list) -> None:
    with gr.Accordion("Add preferences from a file", open=False, elem_id="import"):
        file = gr.File(
            label="JSONL, JSON, CSV or Parquet",
            file_types=list(SUFFIXES),
            elem_id="import-file",
        )
        preview = rank_text("import-preview")
        add = gr.Button("Add to the set", variant="primary", interactive=False, elem_id="import-add")

    def look(path: str | None) -> tuple:
        if path is None:
            return "", gr.Button("Add to the set", interactive=False)
        try:
            good, bad = context.bench.preferences.read_file(Path(path))
        except PlaygroundError as error:
            return problem_html(error), gr.Button("Add to the set", interactive=False)
        return file_preview(good, bad), gr.Button(f"Add {len(good)} to the set", interactive=bool(good))

    def store(path: str | None, text: str, request: gr.Request) -> tuple:
        if path is None:
            raise PlaygroundError("No file is chosen.", hint="Choose one first.")
        here = workspace(context, request)
        added, bad = context.bench.preferences.add_file(here, Path(path))
        words = f'<p role="status"><b>{added.added}</b> added. {len(bad)} rows could not be used.</p>'
        return words, gr.Button(interactive=False), *shown_set(context.bench, here, text)

    file.change(told(look), file, [preview, add], **_QUIET)
    add.click(told(store), [file, search], [preview, add, *refreshed], api_name="import", show_progress="hidden")
