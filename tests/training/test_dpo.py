import math

import pytest

from playground import pocket
from playground.errors import NothingToLearn, TooFewPreferences
from playground.events import RunStarted, StepDone, Warned
from playground.registry import algorithms, build_config
from playground.training import execute
from playground.training.algorithms import dpo
from playground.training.trl_teller import due
from playground.training.watched import COMPLETIONS, MAX_NEW_TOKENS, times_in
from playground.types import Preference, Prompt
from tests.training import tiny_runs


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


WRITTEN = {"kl", "k3", "entropy", "length", "stop_rate"}


def seen(run) -> dict[int, dict[str, float]]:
    """Step -> its figures, where completions of the policy's own were measured."""
    steps = [e for e in run.folder.events() if isinstance(e, StepDone) and "kl" in e.metrics]
    return {e.step: e.metrics for e in steps}


@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_what_the_policy_writes_is_measured_at_the_first_and_at_the_last_step(adapter, train, pairs):
    values = {"batch_size": 4, "epochs": 3, "learning_rate": 5e-3, "adapter": adapter}
    _, run = train("dpo", inputs={"preferences": pairs, "gold": tiny_runs.letters}, **values)
    measured = seen(run)
    assert (min(measured), max(measured)) == (1, len(curve(run, "loss")))
    assert 2 < len(measured) < len(curve(run, "loss"))
    assert all(row.keys() >= WRITTEN | {"gold_reward"} for row in measured.values())
    assert measured[max(measured)]["k3"] > measured[1]["k3"] > 0


def test_the_gold_reward_is_that_of_what_the_policy_writes(train, pairs):
    written = []

    def gold(completions):
        written.extend(completions)
        return [float(len(completion.text)) for completion in completions]

    prompts = [Prompt.user(f"tell {i}") for i in range(16)]
    _, run = train("dpo", inputs={"preferences": pairs, "gold": gold, "prompts": prompts}, batch_size=8, epochs=1)
    assert {c.prompt for c in written} == set(prompts)
    rewards = [len(completion.text) for completion in written[-16:]]
    assert seen(run)[max(seen(run))]["gold_reward"] == pytest.approx(sum(rewards) / 16)


def test_without_a_persona_there_is_no_gold_reward(train, pairs):
    _, run = train("dpo", inputs={"preferences": pairs}, batch_size=8, epochs=1)
    assert all("gold_reward" not in row for row in seen(run).values())


@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_looking_at_what_it_writes_changes_nothing_that_is_learned(adapter, train, pairs, monkeypatch):
    values = {"inputs": {"preferences": pairs}, "batch_size": 5, "epochs": 3, "adapter": adapter}
    looked_at, run = train("dpo", **values)
    monkeypatch.setattr(dpo, "written_metrics", lambda *_: None)
    left_alone, other = train("dpo", **values)
    assert looked_at.fingerprint == left_alone.fingerprint
    assert curve(run, "loss") == curve(other, "loss")


def test_the_entropy_is_that_of_what_it_writes_and_never_that_of_the_pairs(train, pairs):
    _, run = train("dpo", inputs={"preferences": pairs}, batch_size=4, epochs=3)
    steps = [e.metrics for e in run.folder.events() if isinstance(e, StepDone)]
    assert ["entropy" in row for row in steps] == ["kl" in row for row in steps]


@pytest.mark.parametrize("pairs_stored", [20, 100, 2000])
def test_the_estimate_knows_how_often_the_policy_is_looked_at(pairs_stored):
    entry = algorithms()["dpo"]
    config = build_config(entry, {})
    steps = int(0.9 * pairs_stored * config.epochs / config.batch_size)
    looks = 1 + sum(due(step, steps, times_in(steps)) for step in range(2, steps + 1))
    work = entry.workload(config, pairs_stored, 40)
    assert work.sample_tokens == looks * COMPLETIONS * MAX_NEW_TOKENS / 2


def test_on_the_pocket_model_it_is_watched_on_the_prompts_that_ppo_learns_from(tiny, tmp_path, pairs):
    config = build_config(algorithms()["dpo"], {"batch_size": 8, "epochs": 1})
    run = tiny_runs.new_run("dpo", tiny, tmp_path / "run", config)
    given = execute._inputs(run, run.spec, None, pairs, None, config)
    assert given.prompts == pocket.prompt_set(512, run.spec.seed, kinds=pocket.training_mix())[:64]
    assert given.preferences == pairs
