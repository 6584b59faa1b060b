"""The set below the panel: search, table, removal and its undo, the figures, and the files to take along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.types import Json
from playground.ui.listener import QUIET, told
from playground.ui.rank_contest import shown_contest
from playground.ui.rank_panel import preference_table, rank_text, table_value
from playground.ui.rank_words import export_words, figures_line
from playground.ui.tab import Context, workspace
from playground.ui.writers import names_of, set_words
from playground.workbench import Workbench

_LATEST = {"trigger_mode": "always_last", **QUIET}
_ROWS = 200


@dataclass(frozen=True, slots=True)
class SetView:
    """What any listener that changes the set has to read and to draw anew."""

    reads: list[Any]
    draws: list[Any]

    def shown(self, bench: Workbench, here: str, ids: Sequence[str], text: str, removed: bool) -> tuple[Any, ...]:
        """A value for each component it draws, from the values that it reads."""
        counts = bench.preferences.counts(here)
        table = shown_table(bench, here, text, removed)
        whose = set_words(bench.preferences.writers(here), names_of(bench.checkpoints.all(here)))
        return table, figures_line(counts, whose), export_words(counts), *shown_contest(bench, here, ids)


def set_view(context: Context, tab: gr.Tab, panel: gr.HTML, ids: gr.Dropdown, contest: Sequence[Any]) -> SetView:
    """Draw the set here. contest: the box above the panel and its words, which change with every choice too."""
    rank_text("set-heading", "<h2>The preference set</h2>")
    figures = rank_text("rank-figures")
    search = gr.Textbox(
        placeholder="Search prompts, completions, annotators",
        show_label=False,
        label="Search the set",
        elem_id="set-search",
    )
    table = preference_table(table_value([], 0, False))
    removed = gr.State(False)
    view = SetView([ids, search, removed], [table, figures, rank_text("set-export"), *contest])
    _follow(context, tab, panel, table, view)
    return view


def _follow(context: Context, tab: gr.Tab, panel: gr.HTML, table: gr.HTML, view: SetView) -> None:
    bench, (_, search, removed) = context.bench, view.reads

    def refresh(whose: list[str], text: str, out: bool, request: gr.Request) -> tuple[Any, ...]:
        return view.shown(bench, workspace(context, request), whose, text, out)

    def remove(whose: list[str], text: str, out: bool, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        bench.preferences.remove(workspace(context, request), event.ids)
        return refresh(whose, text, out, request)

    def restore(whose: list[str], text: str, out: bool, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        bench.preferences.restore(workspace(context, request), event.ids)
        return refresh(whose, text, out, request)

    def turn(whose: list[str], text: str, out: bool, request: gr.Request) -> tuple[Any, ...]:
        return not out, *refresh(whose, text, not out, request)

    gr.on([tab.select, search.change], told(refresh), view.reads, view.draws, **_LATEST)
    panel.saved(told(refresh), view.reads, view.draws, **_LATEST)
    table.others(told(refresh), view.reads, view.draws, **_LATEST)  # another page has changed the set
    table.remove(told(remove), view.reads, view.draws, **QUIET)
    table.restore(told(restore), view.reads, view.draws, **QUIET)
    table.turn(told(turn), view.reads, [removed, *view.draws], **QUIET)


def shown_table(bench: Workbench, here: str, text: str | None, removed: bool) -> Json:
    """The table's value: the set, or what was removed from it."""
    version = bench.preferences.version(here)  # read first: what comes meanwhile makes it another
    counts, text = bench.preferences.counts(here), (text or "").strip()  # None: the field was never drawn
    out = counts.dropped.get("removed", 0)
    rows = bench.preferences.rows(here, text, _ROWS, removed)
    total = len(rows) if text else out if removed else counts.total
    return table_value(rows, total, bool(text), removed, out, version)
