import threading

import pytest

from playground.errors import NothingToLearn
from playground.events import RunStarted, Saved, StepDone, Warned
from playground.types import Example, Prompt


def losses(run) -> list[float]:
    return [e.metrics["loss"] for e in run.folder.events() if isinstance(e, StepDone)]


def test_the_demonstrated_answer_becomes_likely(train, examples):
    checkpoint, run = train("sft", inputs={"examples": examples}, batch_size=4, epochs=6, learning_rate=1e-2)
    assert losses(run)[-1] < 0.3 * losses(run)[0]
    assert checkpoint.method == "sft" and checkpoint.parent == "tiny" and checkpoint.knows_chat


def test_the_same_seed_gives_the_same_weights_and_another_does_not(train, examples):
    first, _ = train("sft", inputs={"examples": examples}, batch_size=4, seed=1)
    again, _ = train("sft", inputs={"examples": examples}, batch_size=4, seed=1)
    other, _ = train("sft", inputs={"examples": examples}, batch_size=4, seed=2)
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_no_loss_is_taken_on_the_prompt_but_on_the_end_token():
    from playground.training.algorithms.sft import _labelled

    row = _labelled({"prompt_ids": [7, 8, 9], "completion_ids": [10, 4]})
    assert row == {"input_ids": [7, 8, 9, 10, 4], "labels": [-100, -100, -100, 10, 4]}


def test_one_batch_of_8_equals_8_batches_of_1(train, examples):
    from safetensors.torch import load_file
    from torch.testing import assert_close

    at_once, _ = train("sft", inputs={"examples": examples}, batch_size=8)
    one_by_one, _ = train("sft", inputs={"examples": examples}, batch_size=8, rows_at_once=1)
    a, b = (load_file(f"{c.path}/model.safetensors") for c in (at_once, one_by_one))
    for key in a:
        assert_close(a[key], b[key], rtol=0, atol=2e-4)  # Adam turns tiny gradient differences into small steps


def test_rows_that_are_too_long_are_counted_and_said(train, examples):
    long = [Example(Prompt.user("say"), "no " * 60) for _ in range(5)]
    _, run = train("sft", inputs={"examples": examples + long}, batch_size=8, held_out_share=0.0)
    events = list(run.folder.events())
    (warned,) = [e for e in events if isinstance(e, Warned)]
    assert warned.code == "rows_dropped" and warned.text.startswith("5 of 29 rows")
    assert next(e for e in events if isinstance(e, RunStarted)).train_count == 24


def test_when_every_row_is_too_long_nothing_can_be_learned(train):
    with pytest.raises(NothingToLearn, match="longer than 96"):
        train("sft", inputs={"examples": [Example(Prompt.user("say"), "no " * 60)] * 8}, held_out_share=0.0)


@pytest.mark.parametrize("at", [3, 8])
@pytest.mark.parametrize("name", ["sft", "dpo"])
def test_a_stopped_run_keeps_its_weights_and_goes_on_to_the_same_end(name, at, train, examples, pairs, monkeypatch):
    """Stopped in the first or second epoch, then resumed: the weights are those of a run that was never stopped."""
    data = {"examples": examples, "preferences": pairs}
    values = {"batch_size": 4, "epochs": 2}
    whole, _ = train(name, inputs=data, **values)
    stop = threading.Event()
    _stop_at_step(at, stop, monkeypatch)
    stopped, run = train(name, inputs=data, stop=stop, **values)
    assert [e.step for e in run.folder.events() if isinstance(e, Saved)] == [at]
    assert stopped.fingerprint != whole.fingerprint
    stop.clear()
    monkeypatch.undo()
    resumed, _ = train(name, inputs={**data, "resume": True}, run=run, **values)
    steps = [e.step for e in run.folder.events() if isinstance(e, StepDone)]
    assert steps == list(range(1, len(steps) + 1))
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
