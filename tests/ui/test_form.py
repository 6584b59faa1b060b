"""A form's values come back as the config's own types, for whatever algorithm is registered."""

import dataclasses

import gradio as gr
import pytest

from playground.errors import PlaygroundError
from playground.registry import algorithms, build_config, dial, dials
from playground.settings import Settings
from playground.ui.form import defaults, draw_form, draw_rest, preset_of, preset_values, typed
from playground.ui.page import build_page
from playground.ui.run_length import FEWEST_STEPS, steps_of
from playground.ui.suited_settings import ticked
from playground.workbench import Workbench

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


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_a_preset_is_ticked_until_one_of_its_dials_is_changed_and_again_once_it_is_back(entry):
    with gr.Blocks():
        form = draw_rest(draw_form(entry))
    for name in entry.presets:
        sets = defaults(entry) | preset_values(entry, name)
        as_named = {f"{entry.name}_{field}": value for field, value in sets.items()}
        assert ticked(form, as_named) == name
        for field in preset_values(entry, name):
            assert ticked(form, as_named | {f"{entry.name}_{field}": None}) is None
        if "learning_rate" in preset_values(entry, name):
            assert ticked(form, as_named | {f"{entry.name}_learning_rate": 5e-3}) is None


def test_every_dial_that_a_preset_sets_unticks_it_and_no_other_dial_does(tmp_path):
    bench = Workbench(Settings(data_dir=tmp_path))
    page = build_page(bench)
    bench.close()
    heard = {
        page.blocks[one].elem_id
        for fn in page.fns.values()
        for one, event in fn.targets
        if event == "input" and any((out.elem_id or "").endswith("-presets") for out in fn.outputs)
    }
    ruled = {f"{e.name}-{field}" for e in ENTRIES for name in e.presets for field in preset_values(e, name)}
    presets = {f"{e.name}-presets" for e in ENTRIES if e.presets}
    assert heard == {name.replace("_", "-") for name in ruled | presets}


def test_ppos_folded_dials_all_stand_under_a_heading_and_in_few_groups():
    looks = [look for look in dials(algorithms()["ppo"].config).values() if look.place == "folded"]
    headings = {look.group for look in looks}
    assert "" not in headings and 4 <= len(headings) <= 9
    with gr.Blocks() as page:
        draw_rest(draw_form(algorithms()["ppo"]))
    drawn = [block.value for block in page.blocks.values() if isinstance(block, gr.Markdown)]
    assert drawn == [f"#### {one}" for one in dict.fromkeys(look.group for look in looks)]


@pytest.mark.parametrize("pairs", [4, 30, 81, 1000])
@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.needs == "preferences"], ids=named)
def test_the_usual_epochs_are_as_many_as_teach_something_and_a_presets_own_stay(entry, pairs):
    for name, own in entry.presets.items():
        sets = preset_values(entry, name, pairs)
        usual = defaults(entry)["epochs"]
        build_config(entry, defaults(entry) | sets)
        if own.get("epochs", usual) != usual:
            assert sets["epochs"] == own["epochs"]
        else:
            assert steps_of(defaults(entry) | sets, pairs) >= FEWEST_STEPS[entry.needs]
            assert sets["epochs"] == usual or steps_of(defaults(entry) | sets | {"epochs": usual}, pairs) < 12
        assert preset_of(entry, defaults(entry) | sets, pairs) == name


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
