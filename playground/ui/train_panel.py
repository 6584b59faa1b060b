"""What the three training tabs are drawn from: settings on the left; Train, Stop, Resume; the run on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component

from playground.types import Example
from playground.ui.form import Form
from playground.ui.formula import formula_fold
from playground.ui.newer import NewerLine
from playground.ui.run_view import run_view
from playground.ui.tab import Context


@dataclass(frozen=True, slots=True)
class Panel:
    """The components of one training tab. wire_panel brings them to life."""

    context: Context
    prefix: str  # of element ids and endpoint names: sft, reward, policy
    forms: dict[str, Form]  # algorithm -> its controls
    method: gr.Radio | None  # which algorithm, where there are several
    start: gr.Dropdown
    reward: gr.Dropdown | None
    facts: gr.Markdown
    train: gr.Button
    stop: gr.Button
    resume: gr.Button
    picked: gr.Dropdown
    view: gr.HTML
    after: gr.Column | None = None  # what to do with the run's checkpoint
    extra: dict[str, Component] = field(default_factory=dict)
    examples: Callable[[Mapping[str, Any]], list[Example] | None] = lambda given: None
    newer: dict[str, NewerLine] = field(default_factory=dict)  # start or reward -> the line below that list

    @property
    def inputs(self) -> dict[str, Component]:
        """Listener arguments: everything a run is decided by."""
        named: dict[str, Component] = {"start": self.start, **self.extra}
        for name, component in (("method", self.method), ("reward", self.reward)):
            if component is not None:
                named[name] = component
        for form in self.forms.values():
            named |= form.inputs
        return named

    @property
    def presets(self) -> dict[str, gr.Radio]:
        """Listener arguments: the preset that is ticked in each form."""
        forms = self.forms.items()
        return {f"{name}_preset": form.presets for name, form in forms if form.presets is not None}

    def form(self, given: Mapping[str, Any]) -> Form:
        """The form in sight."""
        return self.forms[given["method"]] if self.method else next(iter(self.forms.values()))


def run_buttons(prefix: str, label: str) -> tuple[gr.Button, gr.Button, gr.Button]:
    """Train, and what there is to press while a run goes on or once it was stopped."""
    with gr.Row(equal_height=True):
        train = gr.Button(label, variant="primary", elem_id=f"{prefix}-train", min_width=110, scale=2)
        stop = gr.Button("Stop", visible=False, elem_id=f"{prefix}-stop", min_width=70)
        resume = gr.Button("Resume", visible=False, elem_id=f"{prefix}-resume", min_width=110, scale=2)
    return train, stop, resume


def run_side(prefix: str, empty: str) -> tuple[gr.Dropdown, gr.HTML]:
    """The list of this tab's runs and the view of the chosen one."""
    picked = gr.Dropdown([], label="Run shown", elem_id=f"{prefix}-run-pick", filterable=False, visible=False)
    picked.preprocess = lambda payload: payload
    return picked, run_view(f"{prefix}-run", empty)


def formulas(forms: Mapping[str, Form]) -> None:
    """What each algorithm does, and its formula, folded."""
    entries = [form.entry for form in forms.values()]
    formula_fold([(entry.title if len(entries) > 1 else "", entry.about, entry.formula) for entry in entries])
