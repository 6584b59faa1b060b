"""The two buttons under a finished run: look at what it did beside its reference, or judge it against it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.ui.listener import told
from playground.ui.run_view import run_shown
from playground.ui.tab import Context, workspace


def next_steps(context: Context, view: gr.HTML, prefix: str, rank: bool) -> gr.Row:
    """Draw the buttons here, hidden until there is a checkpoint; they open Compare and Rank on it and its start."""

    def both(shown: Any, request: gr.Request) -> list[str]:
        run_id = run_shown(shown)
        if not run_id:
            raise PlaygroundError("No run is shown yet.", hint="Train something first.")
        summary = context.bench.runs.find(workspace(context, request), run_id)
        if summary.checkpoint is None:
            raise PlaygroundError("This run has kept no checkpoint yet.", hint="Wait for its end, or press Stop.")
        return [summary.spec.start.id, summary.checkpoint.id]

    @told
    def compare(shown: Any, request: gr.Request) -> tuple[list[str], Any]:
        return both(shown, request), gr.Tabs(selected="compare")

    @told
    def judge(shown: Any, request: gr.Request) -> tuple[list[str], Any]:
        return both(shown, request), gr.Tabs(selected="rank")

    with gr.Row(visible=False) as row:
        to_compare = gr.Button("Compare with the reference", elem_id=f"{prefix}-compare")
        to_compare.click(compare, view, [context.compare_ids, context.tabs], api_visibility="private")
        if rank:
            to_rank = gr.Button("Rank against the reference", elem_id=f"{prefix}-rank")
            to_rank.click(judge, view, [context.rank_ids, context.tabs], api_visibility="private")
    return row
