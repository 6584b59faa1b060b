"""What if the frozen set were another one: a reward model on it, as an ordinary run."""

from __future__ import annotations

from typing import Any, get_args

import gradio as gr

from playground.errors import PlaygroundError
from playground.preferences.what_if import WhatIf
from playground.ui.listener import QUIET, told
from playground.ui.tab import Context, workspace

_PERSON: WhatIf = "without one person"
_ABOUT = (
    "Trains a reward model on the frozen set as it would be without one person, without choices made three times as "
    "fast as usual, with each tie put in both ways, or with one row for each pair, as most chose. The tab Runs shows "
    "such a run beside the others; the second vote is never about it."
)


def what_if(context: Context, chosen: Any) -> None:
    """The fold; chosen: which session."""
    bench = context.bench
    with gr.Accordion("What if the set were another one?", open=False, elem_id="workshop-what-if"):
        gr.Markdown(_ABOUT, elem_classes="note")
        with gr.Row():
            kind = gr.Dropdown(list(get_args(WhatIf)), value="by majority", label="The set", filterable=False)
            person = gr.Dropdown([], label="Whom to leave out", visible=False, filterable=False)
            person.preprocess = lambda payload: payload
        train = gr.Button("Train a reward model on that set", elem_id="workshop-what-if-train")

    def picked(kind: WhatIf, id: str | None, request: gr.Request) -> Any:
        here = workspace(context, request)
        people = bench.workshop.people(here, id) if id and kind == _PERSON else []
        listed = [(f"{one.alias} ({one.choices} choices)", one.id) for one in people if not one.ejected]
        return gr.update(choices=listed, value=listed[0][1] if listed else None, visible=kind == _PERSON)

    def trained(kind: WhatIf, who: str | None, id: str | None, request: gr.Request) -> Any:
        here = workspace(context, request)
        if not id:
            raise PlaygroundError("No session is chosen.", hint="Make one, or choose one from the list.")
        other = bench.workshop.what_if(here, id, kind, who or "")
        start_id = bench.workshop.start_id(here, id)
        bench.runs.start(here, "reward_model", {}, start_id=start_id, frozen=other, name=f"Reward model {kind}")
        return gr.Tabs(selected="reward-model")

    kind.input(told(picked), [kind, chosen], person, **QUIET)
    train.click(told(trained), [kind, person, chosen], context.tabs, api_name="workshop_what_if")
