"""A line with a one-click switch where a list stays on a visitor's choice although something newer was made since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from playground.types import Checkpoint
from playground.ui.listener import QUIET, told
from playground.ui.tab import Context, workspace


@dataclass(frozen=True, slots=True)
class NewerLine:
    """The line, drawn where it belongs and hidden until follow_newer has something to say."""

    box: gr.Row
    words: gr.HTML
    switch: gr.Button


def newer_line(name: str) -> NewerLine:
    """Draw it here. name: of the list it speaks of, for element ids."""
    with gr.Row(visible=False, elem_id=f"{name}-newer", elem_classes="newer", equal_height=False) as box:
        words = gr.HTML("", apply_default_css=False, js_on_load=None)
        switch = gr.Button("Switch to it", size="sm", scale=0, min_width=110, elem_id=f"{name}-switch")
    return NewerLine(box, words, switch)


def follow_newer(context: Context, line: NewerLine, shown: gr.Dropdown, set_to: gr.State, kind: str = "policy") -> None:
    """Keep the line true to the list. set_to: what the page itself would show there, set when the tab opens."""

    def look(request: gr.Request, now: str | list[str] | None, proposal: str | list[str] | None) -> tuple[gr.Row, str]:
        made = made_since(context.bench.checkpoints.all(workspace(context, request), kind), now, proposal)
        return gr.Row(visible=made is not None), newer_words(made) if made else ""

    gr.on([shown.change, set_to.change], told(look), [shown, set_to], [line.box, line.words], **QUIET)
    line.switch.click(lambda proposal: proposal, set_to, shown, **QUIET)


def made_since(
    known: Sequence[Checkpoint], now: str | list[str] | None, proposal: str | list[str] | None
) -> Checkpoint | None:
    """The visitor's own checkpoint that the page would show, where it is newer than all that are shown instead.

    known: oldest first. now, proposal: the id or ids that are shown, and that would be.
    """
    ages = {checkpoint.id: age for age, checkpoint in enumerate(known)}
    newest = max(_ids(proposal), key=lambda one: ages.get(one, -1), default="")
    made = next((c for c in known if c.id == newest and c.run_id), None)
    instead = [ages[one] for one in _ids(now) if one in ages]
    return made if made and instead and ages[newest] > max(instead) else None


def newer_words(made: Checkpoint) -> str:
    """What could be shown instead."""
    return f'<p role="status">You have made a newer one: <b>{escape(made.name)}</b>.</p>'


def _ids(ids: str | list[str] | None) -> list[str]:
    return [ids] if isinstance(ids, str) else ids or []
