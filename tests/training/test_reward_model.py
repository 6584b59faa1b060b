import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from playground.errors import ModelNotUsable, TooFewPreferences
from playground.events import Measured, RunStarted, Saved, StepDone, Warned
from playground.models.adapters import add_lora
from playground.models.catalogue import fingerprint
from playground.models.loader import load
from playground.registry import algorithms, build_config
from playground.rewards.learned import load_reward
from playground.training import learning_curve, reward_members
from playground.types import Completion, Preference, Prompt
from tests.tiny import give_lora_weights
from tests.training import tiny_runs

FAST = {"batch_size": 8, "epochs": 6, "learning_rate": 3e-3}


def measured(run, name: str) -> list[Measured]:
    return [e for e in run.folder.events() if isinstance(e, Measured) and e.name == name]


def test_it_learns_what_the_annotator_prefers_also_on_held_out_prompts(train, pairs):
    checkpoint, run = train("reward_model", inputs={"preferences": pairs}, held_out_share=0.3, **FAST)
    (accuracy,) = measured(run, "accuracy")
    assert accuracy.data["accuracy"] == 1.0 and accuracy.data["low"] < 0.8 and accuracy.data["count"] >= 6
    reward = load_reward(checkpoint, device="cpu")
    high, low = reward([Completion(Prompt.user("say 99"), text) for text in ("FADE", "fade")])
    assert high > low


def test_what_is_saved_scores_as_what_was_tested(train, pairs):
    checkpoint, run = train("reward_model", inputs={"preferences": pairs}, held_out_share=0.3, **FAST)
    told = measured(run, "scores")[-1].data
    reward = load_reward(checkpoint, device="cpu")
    scores = reward([Completion(p.prompt, text) for p in pairs for text in (p.chosen, p.rejected)])
    for score in [*told["chosen"], *told["rejected"]]:
        assert min(abs(score - s) for s in scores) < 1e-5


def test_scores_do_not_depend_on_the_batch_they_are_in(train, pairs):
    checkpoint, _ = train("reward_model", inputs={"preferences": pairs}, **FAST)
    reward = load_reward(checkpoint, device="cpu")
    completions = [Completion(Prompt.user("say"), "x" * n) for n in (1, 30, 7)]
    alone = [reward([c])[0] for c in completions]
    assert reward(completions) == pytest.approx(alone, abs=1e-5)
    assert len({round(score, 4) for score in alone}) == 3


def test_the_end_token_is_scored_only_where_the_completion_ended(train, pairs):
    checkpoint, _ = train("reward_model", inputs={"preferences": pairs}, **FAST)
    reward = load_reward(checkpoint, device="cpu")
    ended, cut = reward([Completion(Prompt.user("say"), "fade", finish_reason=r) for r in ("stop", "length")])
    assert ended != cut


def test_disagreements_name_the_pairs_that_it_ranks_the_other_way(train, pairs):
    flipped = [Preference(p.prompt, p.rejected, p.chosen) if i % 12 == 5 else p for i, p in enumerate(pairs)]
    _, run = train("reward_model", inputs={"preferences": flipped}, held_out_share=0.5, **FAST)
    wrong = measured(run, "disagreements")[0].data["pairs"]
    accuracy = measured(run, "accuracy")[0].data
    margins = [pair["chosen_score"] - pair["rejected_score"] for pair in wrong]
    assert max(margins) < 0 and margins == sorted(margins)
    assert len(wrong) == round((1 - accuracy["accuracy"]) * accuracy["count"])


def test_a_disagreement_carries_the_scores_that_the_saved_network_gives(train, pairs):
    flipped = [Preference(p.prompt, p.rejected, p.chosen) if i % 12 == 5 else p for i, p in enumerate(pairs)]
    made, run = train("reward_model", inputs={"preferences": flipped}, held_out_share=0.5, **FAST)
    pair = measured(run, "disagreements")[0].data["pairs"][0]
    prompt = Prompt.user(pair["prompt"])
    scores = load_reward(made, device="cpu")([Completion(prompt, pair["chosen"]), Completion(prompt, pair["rejected"])])
    assert scores == pytest.approx([pair["chosen_score"], pair["rejected_score"]], abs=1e-4)


def test_calibration_counts_every_held_out_pair_once(train, pairs):
    _, run = train("reward_model", inputs={"preferences": pairs}, held_out_share=0.3, **FAST)
    held_out = next(e for e in run.folder.events() if isinstance(e, RunStarted)).held_out_count
    assert sum(b["count"] for b in measured(run, "calibration")[0].data["bins"]) == held_out > 0


def test_the_learning_curve_has_a_point_a_size_each_with_its_interval(train, pairs):
    _, run = train("reward_model", inputs={"preferences": pairs}, held_out_share=0.3, **FAST)
    points = measured(run, "learning_curve")[-1].data["points"]
    train_count = next(e for e in run.folder.events() if isinstance(e, RunStarted)).train_count
    assert [p["pairs"] for p in points] == [10, train_count]
    assert all(p["low"] <= p["accuracy"] <= p["high"] for p in points)
    assert points[-1]["accuracy"] == measured(run, "accuracy")[0].data["accuracy"]
    events = list(run.folder.events())
    assert len([e for e in events if isinstance(e, RunStarted)]) == 1
    saved = next(i for i, e in enumerate(events) if isinstance(e, Saved))
    assert saved < events.index(measured(run, "learning_curve")[0])  # the reward model does not wait for its curve


def test_a_learning_curve_that_is_stopped_leaves_no_half_trained_point_and_comes_when_resumed(
    train, pairs, monkeypatch
):
    stop, plain = threading.Event(), learning_curve._point

    def stopped(*given):
        stop.set()
        return plain(*given)

    monkeypatch.setattr(learning_curve, "_point", stopped)
    _, run = train("reward_model", inputs={"preferences": pairs}, stop=stop, **FAST)
    assert measured(run, "learning_curve") == []
    (kept,) = (e.checkpoint for e in run.folder.events() if isinstance(e, Saved))
    stop.clear()
    monkeypatch.setattr(learning_curve, "_point", plain)
    again, _ = train("reward_model", inputs={"preferences": pairs, "resume": True}, run=run, **FAST)
    assert again.fingerprint == kept.fingerprint
    assert len(measured(run, "learning_curve")[-1].data["points"]) == 2


def test_too_few_pairs_for_a_curve_draw_none(train, pairs):
    _, run = train("reward_model", inputs={"preferences": pairs[:10]}, **FAST)
    assert measured(run, "learning_curve") == []


def test_the_estimate_counts_the_pairs_that_the_curve_learns_from_again():
    entry = algorithms()["reward_model"]
    with_it, without = (
        entry.workload(build_config(entry, {"learning_curve": on, "held_out_share": 0.0}), 100, 1)
        for on in (True, False)
    )
    assert with_it.train_tokens / without.train_tokens == pytest.approx(1.4)  # 10 and 30 of 100 once more


def test_the_same_seed_gives_the_same_weights(train, pairs):
    first, _ = train("reward_model", inputs={"preferences": pairs}, batch_size=8)
    again, _ = train("reward_model", inputs={"preferences": pairs}, batch_size=8)
    assert first.fingerprint == again.fingerprint


def test_an_adapter_learns_too_and_is_saved_beside_the_head_alone(train, pairs, tiny):
    checkpoint, run = train("reward_model", inputs={"preferences": pairs}, adapter="lora", held_out_share=0.3, **FAST)
    told = measured(run, "scores")[-1].data
    scores = load_reward(checkpoint, "cpu", {"tiny": tiny}.__getitem__)([Completion(p.prompt, p.chosen) for p in pairs])
    assert all(min(abs(c - s) for s in scores) < 1e-4 for c in told["chosen"])
    assert measured(run, "accuracy")[0].data["accuracy"] > 0.8
    assert (checkpoint.form, checkpoint.parent, checkpoint.merges) == ("adapter", "tiny", False)
    weights = {path.name for path in Path(checkpoint.path).glob("*.safetensors")}
    assert weights == {"adapter_model.safetensors", "head.safetensors"}


def test_an_adapter_shares_its_backbone_in_memory_and_neither_changes_what_the_other_says(train, pairs, tiny):
    checkpoint, _ = train("reward_model", inputs={"preferences": pairs}, adapter="lora", **FAST)
    shown = [Completion(p.prompt, p.chosen) for p in pairs]
    alone = load_reward(checkpoint, "cpu", {"tiny": tiny}.__getitem__)(shown)
    policy = load(tiny, device="cpu")
    ids = torch.arange(5, 25)[None]
    before = policy.model(input_ids=ids).logits
    reward = load_reward(checkpoint, "cpu", backbone=policy)
    own = [w for name, w in reward.network.body.named_parameters() if "lora" not in name]
    mine = {w.data_ptr() for w in policy.model.parameters()}
    assert own and all(w.data_ptr() in mine for w in own)
    assert reward(shown) == pytest.approx(alone, abs=1e-5)
    assert torch.equal(policy.model(input_ids=ids).logits, before)
    learner = add_lora(policy, rank=2, alpha=4)
    give_lora_weights(learner.model)
    assert not torch.equal(learner.model(input_ids=ids).logits, before)
    assert reward(shown) == pytest.approx(alone, abs=1e-5)


def test_on_a_backbone_that_is_an_adapter_itself_it_has_weights_of_its_own(train, pairs, tiny):
    checkpoint, _ = train("reward_model", inputs={"preferences": pairs}, adapter="lora", **FAST)
    shown = [Completion(p.prompt, p.chosen) for p in pairs]
    policy = add_lora(load(tiny, device="cpu"), rank=2, alpha=4)
    give_lora_weights(policy.model)
    find = {"tiny": tiny}.__getitem__
    assert load_reward(checkpoint, "cpu", find, policy)(shown) == load_reward(checkpoint, "cpu", find)(shown)


def test_one_prompt_only_trains_without_a_test_and_says_so(train, pairs):
    alike = [Preference(Prompt.user("say"), p.chosen, p.rejected) for p in pairs]
    _, run = train("reward_model", inputs={"preferences": alike}, batch_size=8, epochs=1)
    assert "no_held_out" in [e.code for e in run.folder.events() if isinstance(e, Warned)]
    assert not measured(run, "accuracy")
    assert not any("held_out_accuracy" in e.metrics for e in run.folder.events() if isinstance(e, StepDone))


def test_three_preferences_are_too_few(train, pairs):
    with pytest.raises(TooFewPreferences, match="3 preferences stored, 4 needed"):
        train("reward_model", inputs={"preferences": pairs[:3]})


def test_an_ensemble_is_saved_whole_and_gives_what_the_least_pleased_of_it_gives(train, pairs):
    made, run = train("reward_model", inputs={"preferences": pairs}, held_out_share=0.3, members=3, **FAST)
    reward = load_reward(made, device="cpu")
    texts = [Completion(Prompt.user("say 99"), text) for text in ("FADE", "fade")]
    each = [replace(reward, network=member)(texts) for member in reward.network.members]
    assert len(each) == 3 and len({tuple(scores) for scores in each}) == 3
    assert reward(texts) == pytest.approx([min(scores) for scores in zip(*each, strict=True)], abs=1e-4)
    assert measured(run, "accuracy")[0].data["accuracy"] == 1.0


def test_an_ensembles_fingerprint_names_all_of_its_members(train, pairs):
    made, run = train("reward_model", inputs={"preferences": pairs}, members=2, **FAST)
    again, _ = train("reward_model", inputs={"preferences": pairs}, members=2, **FAST)
    assert again.fingerprint == made.fingerprint
    (run.folder.checkpoint_path / "model-2.safetensors").unlink()
    assert fingerprint(run.folder.checkpoint_path) != made.fingerprint


def test_an_ensemble_that_is_stopped_before_it_is_whole_keeps_the_first_and_goes_on_later(train, pairs, monkeypatch):
    stop, plain = threading.Event(), reward_members._member

    def stopped(*given):
        stop.set()
        return plain(*given)

    monkeypatch.setattr(reward_members, "_member", stopped)
    made, run = train("reward_model", inputs={"preferences": pairs}, stop=stop, members=3, **FAST)
    first = load_reward(made, device="cpu").network
    assert first.head.weight.any() and not hasattr(first, "members")
    stop.clear()
    monkeypatch.setattr(reward_members, "_member", plain)
    inputs = {"preferences": pairs, "resume": True}
    whole, _ = train("reward_model", inputs=inputs, run=run, members=3, **FAST)
    assert len(load_reward(whole, device="cpu").network.members) == 3


def test_a_stopped_ensemble_is_made_again_as_its_first_member(train, pairs, tiny, tmp_path):
    steps = 24 * 6 // 8
    config = build_config(algorithms()["reward_model"], {"members": 2, "held_out_share": 0.0, **FAST})
    run = tiny_runs.new_run("reward_model", tiny, tmp_path / "again", config)
    run.stop_at = (steps, 0)
    train("reward_model", inputs={"preferences": pairs}, run=run, members=2, held_out_share=0.0, **FAST)
    assert not (run.folder.checkpoint_path / "model-2.safetensors").exists()


def test_an_ensemble_of_adapters_is_refused_in_words(train, pairs):
    with pytest.raises(ModelNotUsable, match="ensemble of adapters") as refused:
        train("reward_model", inputs={"preferences": pairs}, members=2, adapter="lora", **FAST)
    assert "full" in refused.value.hint
