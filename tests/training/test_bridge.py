import logging

import pytest

from playground.errors import NonFiniteLoss
from playground.events import RunStarted, Saved, StepDone
from playground.registry import algorithms, build_config
from playground.training.algorithms.sft import SFTConfig
from playground.training.trl_names import TRL_KEYS, renamed
from playground.training.trl_settings import micro_batch
from playground.training.trl_teller import due
from playground.vocabulary import METRICS
from tests.tiny import END, PAD, SPECIAL
from tests.training import tiny_runs


def test_every_name_of_ours_is_in_the_vocabulary():
    assert {name for name in TRL_KEYS.values() if name} <= set(METRICS)


@pytest.mark.parametrize("name", ["sft", "dpo", "reward_model"])
def test_every_key_that_trl_logs_is_mapped(name, train, pairs, examples, monkeypatch):
    import transformers

    seen: set[str] = set()
    plain = transformers.Trainer.log

    def log(self, logs, *args, **kwargs):
        seen.update(logs)
        return plain(self, logs, *args, **kwargs)

    monkeypatch.setattr(transformers.Trainer, "log", log)
    _, run = train(name, inputs={"preferences": pairs, "examples": examples}, batch_size=8, epochs=1)
    assert {"loss", "learning_rate", "train_runtime"} <= seen
    assert seen <= set(TRL_KEYS)
    for event in run.folder.events():
        if isinstance(event, StepDone):
            assert set(event.metrics) <= set(METRICS)


@pytest.mark.parametrize("name", ["sft", "dpo", "reward_model"])
def test_each_step_is_told_once_and_the_last_is_the_announced_one(name, train, pairs, examples):
    _, run = train(name, inputs={"preferences": pairs, "examples": examples}, batch_size=8, epochs=2)
    events = list(run.folder.events())
    started = next(e for e in events if isinstance(e, RunStarted))
    steps = [e.step for e in events if isinstance(e, StepDone)]
    assert steps == list(range(1, started.total_steps + 1))
    assert "held_out_loss" in [e for e in events if isinstance(e, StepDone)][-1].metrics


def test_an_unknown_key_is_named_not_swallowed():
    metrics, unknown = renamed({"loss": 1.0, "brand_new": 2.0})
    assert metrics == {"loss": 1.0} and unknown == ["brand_new"]


def test_before_anything_is_learned_accuracy_is_one_half():
    assert renamed({"rewards/accuracies": 0.0, "rewards/margins": 0.0})[0]["accuracy"] == 0.5
    assert renamed({"rewards/accuracies": 0.0, "rewards/margins": -0.1})[0]["accuracy"] == 0.0


def test_due_spreads_the_looks_evenly_and_looks_at_the_end():
    assert [s for s in range(1, 13) if due(s, 12, 4)] == [3, 6, 9, 12]
    assert [s for s in range(1, 4) if due(s, 3, 8)] == [1, 2, 3]


def test_rows_at_once_always_divides_the_batch():
    assert [micro_batch(SFTConfig(batch_size=16, rows_at_once=n)) for n in (0, 1, 4, 5, 99)] == [16, 1, 4, 4, 16]


@pytest.mark.parametrize("name", ["sft", "dpo", "reward_model"])
def test_a_loss_that_is_not_finite_raises_and_keeps_finite_weights(name, train, runs, pairs, examples, monkeypatch):
    import torch
    import trl
    from safetensors.torch import load_file

    trainer_class = {"sft": trl.SFTTrainer, "dpo": trl.DPOTrainer, "reward_model": trl.RewardTrainer}[name]
    plain, kept = trainer_class.training_step, {}

    def third_step_breaks(self, model, *args, **kwargs):
        if self.state.global_step == 1:
            kept.update({k: p.detach().clone() for k, p in self.model.named_parameters()})
        loss = plain(self, model, *args, **kwargs)
        return loss * float("nan") if self.state.global_step == 2 else loss

    monkeypatch.setattr(trainer_class, "training_step", third_step_breaks)
    inputs = {"preferences": pairs, "examples": examples}
    with pytest.raises(NonFiniteLoss, match="step 3"):
        train(name, inputs=inputs, batch_size=4, epochs=2, learning_rate=1e-3)
    (saved,) = [e for e in runs[0].folder.events() if isinstance(e, Saved)]
    weights = load_file(f"{saved.checkpoint.path}/model.safetensors")
    shared = kept.keys() & weights.keys()
    assert len(shared) > 10
    for key in shared:  # the weights of step 1: the last that gave a finite loss and gradient
        torch.testing.assert_close(weights[key], kept[key], rtol=0, atol=0)


@pytest.mark.parametrize("name", ["sft", "dpo", "reward_model"])
def test_nothing_is_left_wrapped_around_a_trained_model(name, train, pairs, examples, tiny):
    from playground.models.loader import load

    start = load(tiny, trainable=True, device="cpu")
    train(name, loaded=start, inputs={"preferences": pairs, "examples": examples}, batch_size=8, epochs=1)
    assert not [m for m in start.model.modules() if "forward" in m.__dict__]
    assert not start.model.training


def test_trl_is_not_chatty(train, pairs, capfd, caplog):
    with caplog.at_level(logging.WARNING):
        train("dpo", inputs={"preferences": pairs}, batch_size=8, epochs=1)
    assert "train_runtime" not in capfd.readouterr().out


@pytest.mark.parametrize("name", ["sft", "dpo"])
def test_logits_are_computed_for_learned_tokens_alone(name, train, pairs, examples, monkeypatch):
    from trl.trainer import utils

    plain, seen = utils._ChunkedLogProbFunction.apply, []

    def apply(hidden, weight, bias, labels, *rest):
        seen.append((len(hidden), labels.tolist()))
        return plain(hidden, weight, bias, labels, *rest)

    monkeypatch.setattr(utils._ChunkedLogProbFunction, "apply", apply)
    train(name, inputs={"preferences": pairs, "examples": examples}, batch_size=8, epochs=1)
    of_prompts_and_padding = {PAD, *map(SPECIAL.index, ("<|user|>", "<|assistant|>"))}
    assert seen and not any(of_prompts_and_padding & set(labels) for _, labels in seen)
    assert all(hidden == len(labels) for hidden, labels in seen)
    assert seen[0][1].count(END) == {"sft": 8, "dpo": 16}[name]
    assert utils._use_triton.__name__ == "_use_triton"


@pytest.mark.parametrize("name", sorted(algorithms()))
def test_a_seed_that_numpy_cannot_take_is_refused_with_its_range(name):
    with pytest.raises(ValueError, match=r"Seed is 4294967296.* 2147483647"):
        build_config(algorithms()[name], {"seed": 2**32})


@pytest.mark.parametrize("name", ["sft", "reward_model", "dpo"])
def test_the_largest_seed_trains(name, train):
    train(name, inputs=tiny_runs.rows(), batch_size=8, epochs=1, seed=2**31 - 1)
