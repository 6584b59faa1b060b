"""A training tab set to a run: the method, the start and every dial as they were when that run began."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from playground.types import RunSpec
from playground.ui.form import preset_of
from playground.ui.train_panel import Panel


def values_of(panel: Panel, spec: RunSpec) -> dict[str, Any]:
    """Listener arguments (as Panel.inputs names them) that would start this run again."""
    controls = panel.forms[spec.algorithm].controls
    values: dict[str, Any] = {
        f"{spec.algorithm}_{field}": value for field, value in spec.config.items() if field in controls
    }
    values["start"] = spec.start.id
    if panel.method is not None:
        values["method"] = spec.algorithm
    if panel.reward is not None and spec.reward is not None:
        values["reward"] = spec.reward.id
    return values


def shown_as_started(panel: Panel, spec: RunSpec, lists: dict[Component, Any]) -> dict[Component, Any]:
    """Updates that set the tab to the run. `lists` are fresh choices; where they name another value, that one stays."""
    updates = dict(lists)
    for name, value in values_of(panel, spec).items():
        component = panel.inputs[name]
        updates[component] = {**gr.update(value=value), **lists.get(component, {})}
    form = panel.forms[spec.algorithm]
    if form.presets is not None:
        pairs = spec.data_count if form.entry.needs == "preferences" else 0
        updates[form.presets] = gr.update(value=preset_of(form.entry, spec.config, pairs))
    return updates


def set_by_a_run(panel: Panel) -> list[Component]:
    """Every component that shown_as_started may set."""
    return [*panel.inputs.values(), *panel.presets.values()]
