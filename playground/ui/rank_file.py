"""Preferences from a file: look at what it holds, then add it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.table_files import SUFFIXES, FileLimits
from playground.ui.listener import QUIET, told
from playground.ui.problem import problem_html
from playground.ui.rank_panel import rank_text
from playground.ui.rank_set import SetView
from playground.ui.rank_words import file_preview, import_words, progress_bar
from playground.ui.tab import Context, workspace
from playground.workbench.preferences import Adding


def add_from_file(context: Context, view: SetView) -> None:
    """Draw the part here."""
    with gr.Accordion("Add preferences from a file", open=False, elem_id="import"):
        rank_text("import-what", f"<p>{_what(context.bench.settings.upload_limits)}</p>")
        file = gr.File(label="JSONL, JSON, CSV or Parquet", file_types=list(SUFFIXES), elem_id="import-file")
        preview = rank_text("import-preview")
        add = gr.Button("Add to the set", variant="primary", interactive=False, elem_id="import-add")

    def look(path: str | None, request: gr.Request) -> tuple[str, Any]:
        workspace(context, request)
        waiting = gr.Button("Add to the set", interactive=False)
        if path is None:
            return "", waiting
        try:
            good, bad = context.bench.preferences.read_file(Path(path))
        except PlaygroundError as error:
            return problem_html(error), waiting
        return file_preview(good, bad), gr.Button("Add to the set", interactive=bool(good))

    def store(
        path: str | None, whose: list[str], text: str, removed: bool, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        here, unchanged = workspace(context, request), [gr.skip()] * len(view.draws)
        if path is None:
            raise PlaygroundError("No file is chosen.", hint="Choose one first.")
        for adding in context.bench.preferences.add_file(here, Path(path)):
            yield reading_words(adding), gr.Button("Adding to the set", interactive=False), *unchanged
        words = import_words(adding.done, adding.refused)
        yield words, gr.Button("Add to the set"), *view.shown(context.bench, here, whose, text, removed)

    file.change(told(look), file, [preview, add], **QUIET)
    reads, draws = [file, *view.reads], [preview, add, *view.draws]
    add.click(told(store), reads, draws, api_name="import", show_progress="hidden")


def reading_words(adding: Adding) -> str:
    """How far the file is read; how many of its rows are new is known at the end."""
    return progress_bar(adding.rows, adding.total, "rows read", "Those that are here already are left out.")


def _what(limits: FileLimits) -> str:
    return (
        "Either file of this page, or any table with the columns prompt, chosen and rejected: "
        f"up to {limits.mb} MB and {limits.rows:,} rows. What is here already is not added twice."
    )
