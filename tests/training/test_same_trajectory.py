"""Configurations that must give the same trajectory as one another."""

import threading

import pytest
import torch

from playground.events import Saved, StepDone
from playground.models.loader import load
from playground.registry import algorithms
from playground.rewards.learned import load_reward
from playground.types import Checkpoint
from tests.training import tiny_runs
from tests.training.golden import CONFIGS, differences

TRL = ("sft", "reward_model", "dpo")
ADAPTERS = ("full", "lora")
MOVED_BY_LEARNING = {"held_out_loss", "held_out_accuracy", "held_out_margin", "margin", "kl", "k3"}
MEANS_OVER_WHAT_IS_AT_ONCE_ON_THE_DEVICE = {"entropy", "token_accuracy"}  # TRL weighs a short row as a long one


def curve(run) -> list[dict[str, float]]:
    return [e.metrics for e in run.folder.events() if isinstance(e, StepDone)]


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("name", TRL)
def test_one_batch_of_8_equals_8_batches_of_1(name, adapter, train):
    values = {"inputs": tiny_runs.rows(), "batch_size": 8, "epochs": 2, "adapter": adapter}
    _, at_once = train(name, **values)
    _, one_by_one = train(name, rows_at_once=1, **values)
    apart = differences(curve(one_by_one), curve(at_once))
    assert all(apart[metric] < 1e-3 for metric in apart.keys() - MEANS_OVER_WHAT_IS_AT_ONCE_ON_THE_DEVICE), apart


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_an_adapter_that_does_not_learn_changes_nothing(name, tiny, tmp_path):
    config = algorithms()[name].config(**CONFIGS[name] | {"adapter": "lora", "learning_rate": 0.0})
    run = tiny_runs.new_run(name, tiny, tmp_path / "run", config)
    checkpoint = tiny_runs.train(run, config, tiny_runs.rows())
    for metric in MOVED_BY_LEARNING:
        assert len({row[metric] for row in curve(run) if metric in row}) <= 1
    assert MOVED_BY_LEARNING & curve(run)[-1].keys()
    assert torch.equal(states(checkpoint, tiny), states(tiny, tiny))


def states(checkpoint: Checkpoint, parent: Checkpoint) -> torch.Tensor:
    """What the body makes of a row of tokens."""
    if checkpoint.kind == "reward":
        body = load_reward(checkpoint, "cpu", {parent.id: parent}.__getitem__).network.body
    else:
        body = load(checkpoint, device="cpu", resolve={parent.id: parent}.__getitem__).model.base_model
    with torch.no_grad():
        return body(input_ids=torch.arange(5, 25)[None], output_hidden_states=True).hidden_states[-1]


@pytest.mark.parametrize("at", [3, 8])
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("name", TRL)
def test_a_stopped_run_keeps_its_weights_and_goes_on_to_the_same_end(name, adapter, at, train, monkeypatch):
    """Stopped in the first or second epoch, then resumed: the weights are those of a run that was never stopped."""
    data, values = tiny_runs.rows(), {"batch_size": 4, "epochs": 2, "adapter": adapter}
    whole, straight = train(name, inputs=data, **values)
    stop = threading.Event()
    _stop_at_step(at, stop, monkeypatch)
    stopped, run = train(name, inputs=data, stop=stop, **values)
    assert [e.step for e in run.folder.events() if isinstance(e, Saved)] == [at]
    assert stopped.fingerprint != whole.fingerprint
    stop.clear()
    monkeypatch.undo()
    resumed, _ = train(name, inputs={**data, "resume": True}, run=run, **values)
    assert curve(run)[at:] == curve(straight)[at:]
    assert resumed.fingerprint == whole.fingerprint


def _stop_at_step(step: int, stop: threading.Event, monkeypatch) -> None:
    """The request arrives while that step is computed."""
    import transformers

    plain = transformers.Trainer.training_step

    def training_step(self, *args, **kwargs):
        if self.state.global_step == step - 1:
            stop.set()
        return plain(self, *args, **kwargs)

    monkeypatch.setattr(transformers.Trainer, "training_step", training_step)
