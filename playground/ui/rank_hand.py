"""The box above Rank's panel while it shows pairs that were put aside for a purpose."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from playground.ui.listener import QUIET, told
from playground.ui.rank_panel import rank_text
from playground.ui.tab import Context, workspace
from playground.workbench import Workbench


@dataclass(frozen=True, slots=True)
class HandBox:
    """Its components."""

    box: gr.Row
    words: gr.HTML
    leave: gr.Button

    @property
    def shows(self) -> list[Any]:
        """What changes with every pair."""
        return [self.box, self.words]


def hand_box() -> HandBox:
    """Draw it here, hidden."""
    with gr.Row(visible=False, elem_id="rank-hand", equal_height=False) as box:
        with gr.Column(scale=5, min_width=280):
            words = rank_text("rank-hand-words")
        with gr.Column(scale=1, min_width=230):
            leave = gr.Button("Leave these pairs", elem_id="rank-hand-leave")
    return HandBox(box, words, leave)


def hand_events(context: Context, parts: HandBox, hand: gr.State, panel: gr.HTML) -> None:
    """After every choice the words, and the way out."""

    @told
    def saved(token: str, request: gr.Request) -> tuple[Any, ...]:
        return shown_hand(context.bench, workspace(context, request), token)

    panel.saved(saved, hand, parts.shows, trigger_mode="always_last", **QUIET)
    parts.leave.click(lambda: "", None, hand, **QUIET)


def shown_hand(bench: Workbench, here: str, token: str) -> tuple[Any, str]:
    """The box and its words."""
    found = bench.preferences.hand(here, token) if token else None
    if found is None:
        return gr.Row(visible=False), ""
    rest = f"The {found.total} come first; the usual ones follow."
    if not found.left:
        rest = f"All {found.total} are judged; the usual ones follow."
    return gr.Row(visible=True), f"<p><b>{escape(found.purpose)}</b> {rest}</p>"
