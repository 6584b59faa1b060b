"""A form from an algorithm's config: dials become controls, and the controls' values become typed settings again."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from playground.errors import PlaygroundError
from playground.registry import FOR_LARGER, Algorithm, Dial, dials
from playground.types import Json
from playground.ui.run_length import epochs_that_teach
from playground.ui.slider import Slider


@dataclass(frozen=True, slots=True)
class Form:
    """The controls of one algorithm, by config field."""

    entry: Algorithm
    controls: dict[str, Component]
    presets: gr.Radio | None

    @property
    def inputs(self) -> dict[str, Component]:
        """Listener arguments: `<algorithm>_<field>` -> control."""
        return {f"{self.entry.name}_{field}": control for field, control in self.controls.items()}

    def read(self, arguments: Mapping[str, Any]) -> Json:
        """Typed settings from listener arguments that were named by `inputs`."""
        return typed(self.entry, {field: arguments[f"{self.entry.name}_{field}"] for field in self.controls})


def draw_form(entry: Algorithm) -> Form:
    """Draw what stays in sight here: presets and main dials. draw_rest adds the others further down."""
    presets = _presets(entry)
    looks = dials(entry.config)
    controls = {f: _control(entry, f, look) for f, look in looks.items() if look.place == "main"}
    return Form(entry, controls, presets)


def draw_rest(form: Form, label: str = "More settings") -> Form:
    """The whole form, after drawing the remaining dials here in an accordion, group by group."""
    entry, controls = form.entry, dict(form.controls)
    rest = {field: look for field, look in dials(entry.config).items() if field not in controls}
    with gr.Accordion(label, open=False, elem_classes="more-settings"):
        for group in dict.fromkeys(look.group for look in rest.values()):
            if group:
                gr.Markdown(f"#### {group}")
            with gr.Row(elem_classes="dials"):
                controls |= {f: _control(entry, f, look) for f, look in rest.items() if look.group == group}
    return Form(entry, controls, form.presets)


def defaults(entry: Algorithm) -> Json:
    """The config's default values by field."""
    config = entry.config()
    return {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}


def presets_for(entry: Algorithm, larger: bool) -> list[str]:
    """The presets on offer: the one for larger models only where there is such a model."""
    return [name for name in entry.presets if larger or name != FOR_LARGER]


def preset_values(entry: Algorithm, name: str, pairs: int = 0) -> Json:
    """What choosing that preset sets: its own values, and defaults for whatever another preset would have set.

    pairs: how many it would learn from, where they are known. The usual epochs become as many as teach something.
    """
    touched = {field for values in entry.presets.values() for field in values}
    usual = defaults(entry)
    sets = {field: usual[field] for field in touched} | dict(entry.presets[name])
    if not pairs or sets.get("epochs") != usual.get("epochs"):
        return sets
    values = usual | sets
    return sets | {"epochs": epochs_that_teach(entry, values, min(pairs, values.get("labels", pairs)))}


def preset_of(entry: Algorithm, values: Json, pairs: int = 0) -> str | None:
    """The preset that those settings are, None where they are none of them."""
    presets = {name: preset_values(entry, name, pairs) for name in entry.presets}
    return next((name for name, sets in presets.items() if all(values.get(f) == v for f, v in sets.items())), None)


def typed(entry: Algorithm, given: Mapping[str, Any]) -> Json:
    """A form's raw values as the config's types: a slider's 3.0 becomes the int 3.

    Raises: PlaygroundError that names the dial when a value is missing or of the wrong kind.
    """
    hints = typing.get_type_hints(entry.config)
    looks = dials(entry.config)
    return {field: _typed(looks[field].label, hints[field], value) for field, value in given.items()}


def _typed(label: str, kind: Any, value: Any) -> Any:
    wanted, optional = _plain(kind)
    if value is None or (value == "" and wanted is not str):
        if optional:
            return None
        raise PlaygroundError(f"{label} is empty.", hint="Type a value, or choose a preset to get the usual one back.")
    if wanted is bool:
        return bool(value)
    if wanted is str:
        return str(value)
    return _number(label, wanted, value)


def _number(label: str, wanted: type, value: Any) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise PlaygroundError(f"{label} is {value!r}; a number is needed.", hint="Correct that setting.") from None
    if wanted is float:
        return number
    if not math.isfinite(number) or number != int(number):
        raise PlaygroundError(f"{label} is {value}; a whole number is needed.", hint="Correct that setting.")
    return int(number)


def _plain(kind: Any) -> tuple[type, bool]:
    """(the type without None, whether None is allowed)."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        parts = [k for k in typing.get_args(kind) if k is not type(None)]
        return _plain(parts[0])[0], True
    return (str, False) if typing.get_origin(kind) is typing.Literal else (kind, False)


def _control(entry: Algorithm, field: str, look: Dial) -> Component:
    value = defaults(entry)[field]
    wanted, _ = _plain(typing.get_type_hints(entry.config)[field])
    named: dict[str, Any] = {
        "label": look.label,
        "info": look.help,
        "elem_id": f"{entry.name}-{field}".replace("_", "-"),
    }
    if wanted is bool:
        return gr.Checkbox(value, **named)
    if look.choices:
        return gr.Radio(list(look.choices), value=value, **named)
    if wanted is str:
        return gr.Textbox(value, max_lines=1, **named)
    if look.place == "main" and look.minimum is not None and look.maximum is not None:
        return Slider(look.minimum, look.maximum, value=value, step=_step(wanted, look), **named)
    return gr.Number(value, **named)


def _step(wanted: type, look: Dial) -> float | None:
    return look.step or (1 if wanted is int else None)


def _presets(entry: Algorithm) -> gr.Radio | None:
    if not entry.presets:
        return None
    return gr.Radio(
        presets_for(entry, larger=False),
        value=preset_of(entry, defaults(entry)),
        label="Presets",
        info="Each sets a few of the dials. Change one of those by hand, and no preset is ticked any more.",
        elem_id=f"{entry.name}-presets".replace("_", "-"),
    )
