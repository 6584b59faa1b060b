import pytest

from playground.errors import NothingToLearn
from playground.events import RunStarted, StepDone, Warned
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
