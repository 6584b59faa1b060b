import math

import pytest

from playground.errors import NothingToLearn, TooFewPreferences
from playground.events import RunStarted, StepDone, Warned
from playground.registry import algorithms, build_config
from playground.types import Preference, Prompt


def curve(run, metric: str) -> list[float]:
    return [e.metrics[metric] for e in run.folder.events() if isinstance(e, StepDone)]


@pytest.mark.parametrize("loss", ["sigmoid", "ipo", "hinge", "robust"])
def test_the_margin_widens(loss, train, pairs):
    values = {"label_smoothing": 0.1} if loss == "robust" else {}
    _, run = train(
        "dpo", inputs={"preferences": pairs}, batch_size=8, epochs=4, learning_rate=5e-3, loss=loss, **values
    )
    margins = curve(run, "margin")
    assert margins[0] == 0.0
    assert margins[-1] > 0.1 and curve(run, "accuracy")[-1] > 0.9


def test_the_first_loss_is_log_2_since_policy_and_reference_agree(train, pairs):
    _, run = train("dpo", inputs={"preferences": pairs}, batch_size=8, epochs=1)
    assert math.isclose(curve(run, "loss")[0], math.log(2), abs_tol=1e-4)
    assert curve(run, "accuracy")[0] == 0.5


def test_the_reference_is_the_model_in_memory_not_the_one_on_disk(train, pairs, tiny):
    """Without a reference TRL reloads one by name; a start changed in memory shows the difference."""
    import torch

    from playground.models.loader import load

    start = load(tiny, trainable=True, device="cpu")
    with torch.no_grad():
        for parameter in start.model.parameters():
            parameter.mul_(1.5)
    _, run = train("dpo", loaded=start, inputs={"preferences": pairs}, batch_size=8, epochs=1)
    assert curve(run, "chosen_reward")[0] == 0.0


def test_under_lora_the_reference_stays_the_start_exactly(train, pairs, tiny):
    import torch

    from playground.models.adapters import reference_off
    from playground.models.loader import load

    ids = torch.arange(5, 25)[None]
    before = load(tiny, device="cpu").model(input_ids=ids).logits
    checkpoint, run = train(
        "dpo", inputs={"preferences": pairs}, batch_size=8, epochs=3, learning_rate=1e-2, adapter="lora", lora_rank=4
    )
    assert curve(run, "margin")[0] == 0.0 and curve(run, "margin")[-1] > 0.1
    after = load(checkpoint, device="cpu", resolve={"tiny": tiny}.__getitem__)
    assert checkpoint.form == "adapter" and checkpoint.parent == "tiny"
    with torch.no_grad(), reference_off(after.model):
        assert torch.equal(after.model(input_ids=ids).logits, before)
    assert not torch.equal(after.model(input_ids=ids).logits, before)


def test_an_adapter_can_be_trained_on_top_of_an_adapter(train, pairs, tiny):
    from playground.models.loader import load

    first, _ = train("dpo", inputs={"preferences": pairs}, batch_size=8, adapter="lora", learning_rate=1e-2)
    known = {"tiny": tiny, first.id: first}
    start = load(first, device="cpu", trainable=True, resolve=known.__getitem__)
    _, run = train("dpo", loaded=start, inputs={"preferences": pairs}, batch_size=8, adapter="lora")
    assert curve(run, "margin")[0] == 0.0


def test_label_smoothing_is_refused_where_trl_would_ignore_it():
    import playground.training.algorithms.dpo  # noqa: F401

    entry = algorithms()["dpo"]
    with pytest.raises(ValueError, match="sigmoid loss does not read"):
        build_config(entry, {"label_smoothing": 0.1})
    assert build_config(entry, {"label_smoothing": 0.1, "loss": "robust"}).label_smoothing == 0.1


def test_label_smoothing_changes_what_the_robust_loss_learns(train, pairs):
    plain, _ = train("dpo", inputs={"preferences": pairs}, batch_size=8, loss="robust")
    smooth, _ = train("dpo", inputs={"preferences": pairs}, batch_size=8, loss="robust", label_smoothing=0.3)
    assert plain.fingerprint != smooth.fingerprint


def test_imitation_keeps_the_chosen_likelier(train, pairs):
    values = {"batch_size": 8, "epochs": 4, "learning_rate": 5e-3}
    _, without = train("dpo", inputs={"preferences": pairs}, **values)
    _, with_it = train("dpo", inputs={"preferences": pairs}, sft_coef=5.0, **values)
    assert curve(with_it, "chosen_logps")[-1] > curve(without, "chosen_logps")[-1] + 1


@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_the_same_seed_gives_the_same_weights_whatever_else_draws_random_numbers(adapter, train, pairs):
    import torch

    torch.manual_seed(1)
    first, _ = train("dpo", inputs={"preferences": pairs}, batch_size=8, adapter=adapter)
    torch.manual_seed(2)
    again, _ = train("dpo", inputs={"preferences": pairs}, batch_size=8, adapter=adapter)
    assert first.fingerprint == again.fingerprint


def test_what_cannot_be_used_is_said(train, pairs):
    same = [Preference(Prompt.user("x"), "as is", "as is")] * 3
    long = [Preference(Prompt.user("y"), "long " * 30, "short")] * 2
    _, run = train("dpo", inputs={"preferences": [*pairs, *same, *long]}, batch_size=8, held_out_share=0.0)
    events = list(run.folder.events())
    texts = [e.text for e in events if isinstance(e, Warned)]
    assert any(t.startswith("3 of 29 pairs") for t in texts) and any(t.startswith("2 of 26 rows") for t in texts)
    assert next(e for e in events if isinstance(e, RunStarted)).train_count == 24


def test_too_few_or_equal_pairs_are_refused(train, pairs):
    with pytest.raises(TooFewPreferences):
        train("dpo", inputs={"preferences": pairs[:3]})
    with pytest.raises(NothingToLearn, match="both texts are the same"):
        train("dpo", inputs={"preferences": [Preference(Prompt.user("x"), "a", "a")] * 6})
    with pytest.raises(NothingToLearn, match="same pair"):
        train("dpo", inputs={"preferences": [Preference(Prompt.user("x"), "a", "b")] * 6})
