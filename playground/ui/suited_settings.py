"""Settings that follow the size of the model a training starts from, as long as nobody has changed them."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from playground.registry import FOR_LARGER
from playground.ui.form import Form, defaults, preset_of, preset_values, presets_for
from playground.ui.listener import told
from playground.ui.tab import workspace
from playground.ui.train_panel import Panel


def suit_settings(panel: Panel) -> None:
    """When another start is chosen: an adapter and gentle steps for a real model, the usual for the pocket one."""
    forms = [form for form in panel.forms.values() if FOR_LARGER in form.entry.presets]
    outputs = [c for form in forms for c in (form.presets, *form.controls.values()) if c is not None]

    @told
    def suit(request: gr.Request, **given: Any) -> dict[Component, Any]:
        bench, space = panel.context.bench, workspace(panel.context, request)
        larger = bool(given["start"]) and bench.checkpoints.find(space, given["start"]).card != "pocket"
        updates: dict[Component, Any] = {}
        for form in forms:
            updates |= suited_form(form, form.read(given), larger)
        return updates or gr.skip()

    panel.start.change(
        suit, None, outputs, inputs_kwargs=panel.inputs, queue=False, show_progress="hidden", api_visibility="private"
    )


def suited_form(form: Form, values: dict[str, Any], larger: bool) -> dict[Component, Any]:
    """What to set in a form for a start of that size; nothing where the visitor has settings of their own."""
    entry = form.entry
    usual = defaults(entry)
    if larger and values == usual:
        preset, sets = FOR_LARGER, preset_values(entry, FOR_LARGER)
    elif not larger and preset_of(entry, values) == FOR_LARGER:
        preset, sets = preset_of(entry, usual), usual
    else:
        return {}
    updates: dict[Component, Any] = {form.controls[field]: gr.update(value=value) for field, value in sets.items()}
    if form.presets is not None:
        updates[form.presets] = gr.update(choices=presets_for(entry, larger), value=preset)
    return updates
