"""A training tab opened on a run shows the method and the settings that run was started with."""

import dataclasses

import gradio as gr
import pytest

from playground.errors import NotFound
from playground.events import RunStarted, StepDone
from playground.registry import algorithms
from playground.settings import Settings
from playground.types import Checkpoint, RunSpec
from playground.ui.checkpoint_lists import pick
from playground.ui.form import draw_form, draw_rest, preset_of, preset_values
from playground.ui.run_view import run_shown, showing
from playground.ui.tab import Context
from playground.ui.tabs.policy import methods
from playground.ui.train_listeners import Training
from playground.ui.train_panel import Panel, run_buttons, run_side
from playground.workbench import Workbench


@pytest.fixture
def bench(tmp_path):
    made = Workbench(Settings(data_dir=tmp_path))
    yield made
    made.close()


@pytest.fixture
def panel(bench):
    """The Policy tab's components; the first of several methods is chosen."""
    entries = methods()
    with gr.Blocks():
        state = gr.State()
        names = {f.name for f in dataclasses.fields(Context)} - {"bench", "tabs"}
        context = Context(bench=bench, tabs=gr.Tabs(), **dict.fromkeys(names, state))
        method = gr.Radio(list(entries), value=next(iter(entries)))
        start, reward = pick("Start", "s", [], None), pick("Reward", "r", [], None)
        forms = {name: draw_rest(draw_form(entry)) for name, entry in entries.items()}
        buttons = run_buttons("policy", "Train")
        return Panel(context, "policy", forms, method, start, reward, gr.Markdown(), *buttons, *run_side("p", ""))


def start_run(bench, algorithm, **config):
    """A run's folder with a few steps, as a second browser finds it."""
    full = dataclasses.asdict(algorithms()[algorithm].config(**config))
    start = bench.checkpoints.find("local", "pocket-base")
    spec = RunSpec(f"{algorithm}-1", "local", algorithm, full, start, created_at=1.0)
    folder = bench.shelf.folder("local", spec.id)
    folder.create(spec, [])
    folder.append(RunStarted(40, 10))
    folder.append(StepDone(1, {"kl": 0.1}))
    return spec


def opened(panel, shown=None, **typed):
    """The updates that opening the tab gives, by the name of the listener's argument."""
    given = {name: component.value for name, component in panel.inputs.items()} | typed
    updates = Training(panel).open.__wrapped__(Training(panel), request=None, shown=shown, **given)
    return {name: updates[c] for name, c in panel.inputs.items() if c in updates}, updates


@pytest.mark.parametrize("algorithm", list(methods()))
def test_a_reload_during_a_run_lands_on_its_method_and_settings(bench, panel, algorithm):
    spec = start_run(bench, algorithm, seed=7)
    inputs, updates = opened(panel)
    assert run_shown(updates[panel.view]) == spec.id
    assert inputs["method"]["value"] == algorithm
    assert inputs[f"{algorithm}_seed"]["value"] == 7
    assert inputs["start"]["value"] == "pocket-base"
    for field in panel.forms[algorithm].controls:
        assert inputs[f"{algorithm}_{field}"]["value"] == spec.config[field]


def test_coming_back_to_the_tab_changes_nothing_that_was_typed(bench, panel):
    start_run(bench, "ppo")
    inputs, _ = opened(panel, shown=showing("ppo-1"))
    assert "method" not in inputs
    assert not any(name.startswith("ppo_") for name in inputs)


@pytest.mark.parametrize("name", ["dpo_beta", "ppo_seed", "method"])
def test_what_was_typed_before_somebody_else_started_a_run_stays(bench, panel, name):
    start_run(bench, "ppo")
    typed = {"dpo_beta": 0.5, "ppo_seed": 3, "method": "ppo"}[name]
    inputs, updates = opened(panel, **{name: typed})
    assert not any(key.startswith(("ppo_", "dpo_")) for key in inputs) and "method" not in inputs
    assert run_shown(updates[panel.view]) == "ppo-1"  # the run is shown all the same


def test_a_start_that_is_gone_gives_way_to_one_that_is_there(bench, panel):
    spec = start_run(bench, "dpo")
    folder = bench.shelf.folder("local", spec.id)
    folder.write_spec(dataclasses.replace(spec, start=Checkpoint("gone", "Gone", "policy", "pocket", "/nowhere")))
    with pytest.raises(NotFound):
        bench.checkpoints.find("local", "gone")
    inputs, _ = opened(panel)
    assert inputs["start"]["value"] in {checkpoint for _, checkpoint in inputs["start"]["choices"]}


@pytest.mark.parametrize("entry", [e for e in algorithms().values() if e.presets], ids=lambda e: e.name)
def test_settings_name_the_preset_they_are(entry):
    usual = dataclasses.asdict(entry.config())
    for name in entry.presets:
        assert preset_of(entry, usual | preset_values(entry, name)) == name
    assert preset_of(entry, dict.fromkeys(usual, "other")) is None
