"""Settings that follow presets, the number of pairs and the size of the start, as long as nobody has changed them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.components import Component

from playground.errors import PlaygroundError
from playground.registry import FOR_LARGER, Algorithm
from playground.types import Json
from playground.ui.form import Form, defaults, preset_of, preset_values, presets_for, typed
from playground.ui.listener import told
from playground.ui.tab import workspace
from playground.ui.train_panel import Panel
from playground.workbench import Workbench

_HIDDEN: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def pairs_for(bench: Workbench, space: str, entry: Algorithm) -> int:
    """How many pairs an algorithm would learn from; 0 where it learns from something else."""
    return bench.preferences.counts(space).usable if entry.needs == "preferences" else 0


def follow_presets(panel: Panel) -> None:
    """A preset that is pressed sets its dials; one is ticked only while the dials are as it sets them."""
    for form in panel.forms.values():
        if form.presets is not None:
            _follow_presets(panel, form, form.presets)


def _follow_presets(panel: Panel, form: Form, presets: gr.Radio) -> None:
    ruled = {field: form.controls[field] for field in preset_values(form.entry, next(iter(form.entry.presets)))}
    controls = list(ruled.values())

    def pressed(name: str, request: gr.Request) -> list[Any]:
        sets = preset_values(form.entry, name, pairs_for(bench, workspace(panel.context, request), form.entry))
        return [name, *(sets[field] for field in ruled)]

    def turned(request: gr.Request, **given: Any) -> Any:
        pairs = pairs_for(bench, workspace(panel.context, request), form.entry)
        return gr.update(value=ticked(form, given, pairs))

    bench = panel.context.bench
    presets.input(told(pressed), presets, [presets, *controls], **_HIDDEN)
    inputs = {name: control for name, control in form.inputs.items() if control in controls}
    changes = [control.input for control in controls]
    gr.on(changes, told(turned), None, presets, inputs_kwargs=inputs, trigger_mode="always_last", **_HIDDEN)


def ticked(form: Form, given: Mapping[str, Any], pairs: int = 0) -> str | None:
    """The preset that the dials are set to; None where they are none, or cannot be read."""
    names = {field: f"{form.entry.name}_{field}" for field in form.controls}
    try:
        values = typed(form.entry, {field: given[name] for field, name in names.items() if name in given})
    except PlaygroundError:
        return None
    return preset_of(form.entry, values, pairs)


def suited_to_pairs(panel: Panel, space: str, given: Mapping[str, Any]) -> tuple[dict[Component, Any], Json]:
    """(updates, the same as listener arguments): epochs of ticked presets for as many pairs as there are now."""
    updates: dict[Component, Any] = {}
    now: Json = {}
    for name, form in panel.forms.items():
        pairs, preset = pairs_for(panel.context.bench, space, form.entry), given.get(f"{name}_preset")
        sets = preset_values(form.entry, preset, pairs) if pairs and preset in form.entry.presets else {}
        if "epochs" in sets:
            updates[form.controls["epochs"]] = now[f"{name}_epochs"] = sets["epochs"]
    return updates, now


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
            updates |= suited_form(form, form.read(given), larger, pairs_for(bench, space, form.entry))
        return updates or gr.skip()

    panel.start.change(suit, None, outputs, inputs_kwargs=panel.inputs, **_HIDDEN)


def suited_form(form: Form, values: Json, larger: bool, pairs: int = 0) -> dict[Component, Any]:
    """What to set in a form for a start of that size; nothing where the visitor has settings of their own."""
    entry = form.entry
    first = preset_of(entry, defaults(entry))
    usual = defaults(entry) | (preset_values(entry, first, pairs) if first else {})
    if larger and values in (usual, defaults(entry)):
        preset, sets = FOR_LARGER, preset_values(entry, FOR_LARGER, pairs)
    elif not larger and preset_of(entry, values, pairs) == FOR_LARGER:
        preset, sets = first, usual
    else:
        return {}
    updates: dict[Component, Any] = {form.controls[field]: gr.update(value=value) for field, value in sets.items()}
    if form.presets is not None:
        updates[form.presets] = gr.update(choices=presets_for(entry, larger), value=preset)
    return updates
