"""The badge under a typed prompt that leaves the pocket world: what lies near, and how strange it is."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from playground.types import Json
from playground.ui.listener import QUIET, told
from playground.ui.tab import Context, workspace
from playground.ui.theme import static
from playground.workbench import Workbench
from playground.workbench.edge import near, outside, strange


def world_edge(context: Context, prompt: gr.Textbox, models: gr.Dropdown, elem_id: str) -> gr.events.Dependency:
    """Draw the badge here. Returns what happens when one of the near questions is clicked: it is in the prompt."""
    badge = gr.HTML(
        None,
        html_template=static("world_edge.html"),
        css_template=static("world_edge.css"),
        js_on_load=static("world_edge.js"),
        apply_default_css=False,
        elem_id=elem_id,
    )
    bench = context.bench

    def look(text: str, ids: str | list[str] | None, request: gr.Request) -> Json | None:
        return edge_value(bench, workspace(context, request), text, [ids] if isinstance(ids, str) else ids or [])

    @told
    def measure(text: str, value: Json | None, request: gr.Request) -> Json | None:
        workspace(context, request)
        return measured(bench, text, value)

    gr.on([prompt.change, models.change], look, [prompt, models], badge, trigger_mode="always_last", **QUIET)
    badge.measure(measure, [prompt, badge], badge, trigger_mode="always_last", **QUIET)
    return badge.pick(_picked, outputs=prompt, queue=False, **QUIET)


def edge_value(bench: Workbench, here: str, text: str, ids: Sequence[str]) -> Json | None:
    """What the badge shows; None: no badge, as the world holds the prompt or no pocket model is asked."""
    asked = outside(text or "")
    known = {c.id: c.card for c in bench.checkpoints.all(here)}
    if asked is None or not any(known.get(one) == "pocket" for one in ids):
        return None
    return {"asked": asked, "near": near(asked), "strange": None}


def measured(bench: Workbench, text: str, value: Json | None) -> Json | None:
    """The same with its strangeness, unless the prompt has changed meanwhile."""
    if not value or outside(text or "") != value["asked"]:
        return gr.skip()
    found = strange(bench.completions.surprise, value["asked"])
    return value | {"strange": {"surprise": found.surprise, "usual": found.usual}}


def _picked(event: gr.EventData) -> str:
    return str(event.text)
