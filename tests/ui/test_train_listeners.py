"""A training tab when it opens: newest checkpoints, what another tab sent, and Train only where it can work."""

import dataclasses
from types import SimpleNamespace

import gradio as gr
import pytest

from playground.events import RunEnded, RunStarted, Saved, StepDone
from playground.registry import algorithms
from playground.settings import Settings
from playground.types import Checkpoint, Example, Prompt, RunSpec
from playground.ui.checkpoint_lists import pick
from playground.ui.form import draw_form, draw_rest
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
def policy(bench):
    """The Policy tab's panel."""
    with gr.Blocks():
        names = {f.name for f in dataclasses.fields(Context)} - {"bench", "tabs"}
        context = Context(bench=bench, tabs=gr.Tabs(), **{name: gr.State() for name in names})
        method = gr.Radio(list(methods()), value=next(iter(methods())))
        start, reward = pick("Start", "s", bench.checkpoints.all("local"), "pocket-sft"), pick("Reward", "r", [], None)
        forms = {name: draw_rest(draw_form(entry)) for name, entry in methods().items()}
        buttons = run_buttons("policy", "Train")
        return Panel(context, "policy", forms, method, start, reward, gr.Markdown(), *buttons, *run_side("p", ""))


def finished(bench, algorithm, number, method):
    """A run that has ended and kept a checkpoint."""
    run_id, kind = f"{algorithm}-{number}", "reward" if method == "reward_model" else "policy"
    start = bench.checkpoints.find("local", "pocket-base")
    config = dataclasses.asdict(algorithms()[algorithm].config())
    folder = bench.shelf.folder("local", run_id)
    folder.create(RunSpec(run_id, "local", algorithm, config, start, name=run_id, created_at=float(number)), [])
    made = Checkpoint(run_id, run_id, kind, "pocket", "/x", parent=start.id, method=method, run_id=run_id)
    for event in (RunStarted(1, 4), StepDone(1, {"loss": 1.0}), Saved(1, made), RunEnded("done")):
        folder.append(event)
    return run_id


def opened(panel, **changed):
    """(what the tab's components are set to when it opens, the updates themselves)"""
    does = Training(panel)
    given = {name: component.value for name, component in panel.inputs.items()}
    given |= {f"{field}_was": state.value for field, state in does.set_to.items()} | {"shown": None} | changed
    updates = does.open.__wrapped__(does, request=None, **given)
    return {name: updates[c].get("value", given[name]) for name, c in does.lists.items()}, updates


def test_policy_starts_from_the_newest_fine_tuned_model_and_the_newest_reward_model(bench, policy):
    for number in (1, 2):
        finished(bench, "sft", number, "sft")
        finished(bench, "reward_model", number, "reward_model")
    finished(bench, "dpo", 3, "dpo")
    assert opened(policy)[0] == {"start": "sft-2", "reward": "reward_model-2"}


def test_a_start_that_the_visitor_chose_is_left_alone(bench, policy):
    finished(bench, "sft", 1, "sft")
    assert opened(policy, start="pocket-base")[0]["start"] == "pocket-base"


def test_a_reward_model_that_was_sent_is_taken_with_the_method_that_uses_it(bench, policy):
    for number in (1, 2):
        finished(bench, "reward_model", number, "reward_model")
    values, updates = opened(policy, sent="reward_model-1")
    assert values["reward"] == "reward_model-1"
    assert "reward_model-1" in {i for _, i in updates[policy.reward]["choices"]}
    assert algorithms()[updates[policy.method]].needs == "prompts"
    assert updates[policy.context.reward_id] == ""
    assert updates[policy.train]["interactive"] is True


def test_a_reloaded_page_lands_on_the_method_of_the_run_it_shows(bench, policy):
    finished(bench, "dpo", 1, "dpo")
    finished(bench, "ppo", 2, "ppo")
    _, updates = opened(policy)
    assert updates[policy.view]["run"] == "ppo-2" and updates[policy.method] == "ppo"
    assert "reward model" in updates[policy.facts]  # what PPO lacks here, not what DPO does


def test_a_method_that_the_visitor_chose_is_left_alone(bench, policy):
    finished(bench, "ppo", 1, "ppo")
    other = next(name for name in methods() if name != policy.method.value)
    finished(bench, "dpo", 2, "dpo")
    assert policy.method not in opened(policy, method=other)[1]


def test_train_cannot_be_pressed_without_preferences_and_says_why(policy):
    _, updates = opened(policy)
    assert updates[policy.train]["interactive"] is False
    assert "(#rank)" in updates[policy.facts]


def test_train_cannot_be_pressed_while_a_run_goes_on(bench, policy):
    finished(bench, "reward_model", 1, "reward_model")
    config = dataclasses.asdict(algorithms()["ppo"].config())
    start = bench.checkpoints.find("local", "pocket-sft")
    bench.shelf.folder("local", "ppo-1").create(RunSpec("ppo-1", "local", "ppo", config, start, created_at=9.0), [])
    _, updates = opened(policy)
    assert updates[policy.train]["interactive"] is False
    assert updates[policy.stop]["visible"] is True and updates[policy.resume]["visible"] is False


@pytest.mark.parametrize(("rows", "examples"), [(4, 10), (700, 700)])
def test_of_a_file_of_ones_own_all_rows_are_learned_from_whatever_the_dial_said(policy, rows, examples):
    own = [Example(Prompt.user(str(i)), "b") for i in range(rows)]
    with gr.Blocks():
        forms = {"sft": draw_rest(draw_form(algorithms()["sft"]))}
    panel = dataclasses.replace(policy, forms=forms, method=None, examples=lambda given: own)
    _, values, kept = Training(panel)._asked({name: control.value for name, control in forms["sft"].inputs.items()})
    assert values["examples"] == examples and kept == own


def test_the_button_that_goes_on_with_a_run_names_it(bench, policy):
    """Under the settings of another method it would seem to go on with those."""
    config = dataclasses.asdict(algorithms()["dpo"].config())
    start = bench.checkpoints.find("local", "pocket-sft")
    folder = bench.shelf.folder("local", "dpo-1")
    folder.create(RunSpec("dpo-1", "local", "dpo", config, start, name="DPO 2", created_at=9.0), [])
    for event in (RunStarted(1, 4), RunEnded("stopped")):
        folder.append(event)
    _, updates = opened(policy, method="ppo")
    assert updates[policy.resume]["visible"] is True and updates[policy.resume]["value"] == "Resume DPO 2"


def test_a_preset_for_larger_models_is_kept_back_while_there_is_none(policy):
    _, updates = opened(policy)
    for form in policy.forms.values():
        assert "Larger model" in form.entry.presets
        assert "Larger model" not in updates[form.presets]["choices"]


def with_pairs(bench, monkeypatch, count):
    """The set holds that many pairs."""
    counts = SimpleNamespace(usable=count, total=count)
    monkeypatch.setattr(bench.preferences, "counts", lambda space: counts)


def test_while_a_preset_is_ticked_its_usual_epochs_follow_the_number_of_pairs(bench, policy, monkeypatch):
    epochs = policy.forms["dpo"].controls["epochs"]
    with_pairs(bench, monkeypatch, 30)
    _, updates = opened(policy, dpo_preset="Usual")
    assert updates[epochs] > epochs.value and "Little to learn from" not in updates[policy.facts]
    with_pairs(bench, monkeypatch, 300)
    assert opened(policy, dpo_preset="Usual", dpo_epochs=updates[epochs])[1][epochs] == epochs.value


def test_epochs_that_somebody_chose_stay_however_many_pairs_there_are(bench, policy, monkeypatch):
    with_pairs(bench, monkeypatch, 30)
    _, updates = opened(policy, dpo_preset=None, dpo_epochs=1)
    assert policy.forms["dpo"].controls["epochs"] not in updates
    assert "Little to learn from" in updates[policy.facts]


@pytest.mark.parametrize(("preset", "shown"), [("Usual", True), (None, False)])
def test_epochs_that_followed_the_pairs_count_as_set_by_nobody(bench, policy, monkeypatch, preset, shown):
    with_pairs(bench, monkeypatch, 30)
    config = dataclasses.asdict(algorithms()["dpo"].config(epochs=9))
    start = bench.checkpoints.find("local", "pocket-sft")
    bench.shelf.folder("local", "dpo-1").create(RunSpec("dpo-1", "local", "dpo", config, start, created_at=9.0), [])
    presets = {name: radio.value for name, radio in policy.presets.items()} | {"dpo_preset": preset}
    _, updates = opened(policy, **presets, dpo_epochs=6)
    set_to = updates.get(policy.forms["dpo"].controls["epochs"], {"value": None})
    assert (set_to["value"] == 9) is shown
