"""A form's values come back as the config's own types, for whatever algorithm is registered."""

import dataclasses

import gradio as gr
import pytest

from playground.errors import PlaygroundError
from playground.registry import algorithms, build_config, dial, dials
from playground.ui.form import defaults, draw_form, draw_rest, preset_values, typed

ENTRIES = list(algorithms().values())


def named(entry):
    return entry.name


@dataclasses.dataclass(frozen=True)
class Kinds:
    whole: int = dial(3, "Whole", "")
    broken: float = dial(0.5, "Broken", "")
    on: bool = dial(False, "On", "")
    word: str = dial("a", "Word", "", choices=("a", "b"))
    maybe: float | None = dial(None, "Maybe", "")


def kinds():
    return dataclasses.replace(ENTRIES[0], name="kinds", config=Kinds, presets={})


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_what_the_controls_show_builds_the_default_config(entry):
    with gr.Blocks():
        form = draw_rest(draw_form(entry))
    shown = {name: control.value for name, control in form.inputs.items()}
    assert build_config(entry, form.read(shown)) == entry.config()


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_values_that_went_through_the_browser_keep_their_types(entry):
    usual = defaults(entry)
    back = {k: float(v) if isinstance(v, int) and not isinstance(v, bool) else v for k, v in usual.items()}
    again = typed(entry, {k: back[k] for k in dials(entry.config)})
    assert {k: type(v) for k, v in again.items()} == {k: type(usual[k]) for k in again}
    assert again == {k: usual[k] for k in again}


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_every_dial_has_a_control_with_its_help(entry):
    with gr.Blocks():
        form = draw_rest(draw_form(entry))
    assert set(form.controls) == set(dials(entry.config))
    for field, look in dials(entry.config).items():
        assert (form.controls[field].label, form.controls[field].info) == (look.label, look.help)


@pytest.mark.parametrize("raw", [1.5, -0.5])
@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_a_fraction_reaches_the_check_for_whole_numbers_unrounded(entry, raw):
    with gr.Blocks():
        form = draw_rest(draw_form(entry))
    seen = form.controls["seed"].preprocess(raw)
    with pytest.raises(PlaygroundError, match=f"Seed is {raw}; a whole number"):
        typed(entry, {"seed": seen})


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_no_control_fails_on_an_empty_field_or_one_out_of_range_before_it_is_read(entry):
    with gr.Blocks():
        form = draw_rest(draw_form(entry))
    numbers = [c for c in form.controls.values() if isinstance(c, gr.Number | gr.Slider)]
    assert numbers
    for control in numbers:
        assert control.preprocess(None) is None and control.preprocess(-1e12) == -1e12


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_every_preset_is_a_config_that_can_be_built(entry):
    for name in entry.presets:
        build_config(entry, defaults(entry) | preset_values(entry, name))


def test_a_preset_takes_back_what_another_preset_has_set():
    entry = dataclasses.replace(kinds(), presets={"Far": {"whole": 9}, "Near": {"broken": 0.1}})
    assert preset_values(entry, "Near") == {"whole": 3, "broken": 0.1}


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("whole", 4.0, 4),
        ("whole", "7", 7),
        ("broken", 1, 1.0),
        ("on", 1, True),
        ("maybe", None, None),
        ("maybe", 2, 2.0),
    ],
)
def test_a_raw_value_becomes_the_fields_type(field, raw, value):
    got = typed(kinds(), {field: raw})[field]
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("field", "raw", "word"),
    [("whole", 2.5, "Whole"), ("whole", None, "Whole"), ("whole", float("nan"), "Whole"), ("broken", "much", "Broken")],
)
def test_a_value_that_cannot_be_used_is_refused_by_its_label(field, raw, word):
    with pytest.raises(PlaygroundError, match=word):
        typed(kinds(), {field: raw})
