"""Before a run: what it would learn from, in how many steps; and a plain no where it cannot learn anything."""

import re
from types import SimpleNamespace

import pytest

from playground.registry import algorithms, build_config
from playground.types import Checkpoint
from playground.ui.form import defaults, preset_of, preset_values
from playground.ui.train_facts import FEWEST_PREFERENCES, facts, steps_of

BY_PREFERENCES = [e for e in algorithms().values() if e.needs == "preferences"]
BY_PROMPTS = [e for e in algorithms().values() if e.needs == "prompts"]
SFT = algorithms()["sft"]


SFT_1 = Checkpoint("sft-1", "SFT 1", "policy", "pocket", "/x", run_id="sft-1")
SHIPPED = Checkpoint("pocket-sft", "Pocket, fine-tuned", "policy", "pocket", "/s")


def bench(preferences=0, seconds=12.0, by="pocket-sft", level=0, **warned):
    counts = SimpleNamespace(usable=preferences, total=preferences + level)
    return SimpleNamespace(
        runs=SimpleNamespace(estimate=lambda *_, **__: seconds, warned=lambda _, run: warned.get(run, set())),
        preferences=SimpleNamespace(counts=lambda _: counts, writers=lambda _: {frozenset({by}): preferences}),
        checkpoints=SimpleNamespace(all=lambda _: [SHIPPED, SFT_1]),
    )


def of(entry, have, own_rows=None, reward=None, **changed):
    return facts(have, "w", entry, defaults(entry) | changed, own_rows, reward, "pocket-sft")


@pytest.mark.parametrize("entry", BY_PREFERENCES, ids=lambda e: e.name)
@pytest.mark.parametrize("count", [0, 1, FEWEST_PREFERENCES - 1])
def test_too_few_preferences_are_said_and_lead_to_rank(entry, count):
    found = of(entry, bench(count))
    assert not found.ready
    assert (f"{count} preference" if count else "no preferences") in found.text
    assert f"at least {FEWEST_PREFERENCES}" in found.text and "(#rank)" in found.text
    assert "About" not in found.text


@pytest.mark.parametrize("entry", BY_PREFERENCES, ids=lambda e: e.name)
def test_a_set_of_ties_alone_is_told_why_it_teaches_nothing(entry):
    found = of(entry, bench(0, level=50))
    assert not found.ready and "no preferences and 50 choices without a winner" in found.text


@pytest.mark.parametrize("entry", BY_PREFERENCES, ids=lambda e: e.name)
def test_enough_preferences_are_counted_with_steps_and_seconds(entry):
    found = of(entry, bench(200))
    assert found.ready
    assert "200 of your preferences" in found.text and "**12 s**" in found.text and " steps" in found.text


@pytest.mark.parametrize("entry", BY_PREFERENCES, ids=lambda e: e.name)
def test_pairs_that_another_model_wrote_are_said_before_training_and_ones_own_are_not(entry):
    assert "SFT 1" in of(entry, bench(200, by="sft-1")).text
    assert "Not its own" in of(entry, bench(200, by="sft-1")).text
    assert "Not its own" not in of(entry, bench(200)).text


@pytest.mark.parametrize("entry", BY_PROMPTS, ids=lambda e: e.name)
def test_without_a_reward_model_there_is_a_link_to_where_one_is_made(entry):
    assert not of(entry, bench()).ready
    assert "(#reward-model)" in of(entry, bench()).text
    assert of(entry, bench(), reward="rm-1").ready


@pytest.mark.parametrize("entry", BY_PROMPTS, ids=lambda e: e.name)
def test_how_often_it_goes_round_is_said_with_where_to_change_it(entry):
    found = of(entry, bench(), reward="rm-1", iterations=7)
    assert "in 7 iterations (see More settings)" in found.text


def test_an_own_file_of_four_rows_is_warned_about_with_its_steps_and_what_would_help():
    found = of(SFT, bench(), own_rows=4)
    assert found.ready
    assert "4 examples from your file, 1 step." in found.text
    assert found.text.endswith("more than 4.")  # no number of epochs that may be set would do


def test_the_epochs_that_are_proposed_make_those_steps_and_silence_the_warning():
    text = of(SFT, bench(), own_rows=60).text
    epochs, steps = map(int, re.search(r"to (\d+): (\d+) steps", text).groups())
    assert steps_of(defaults(SFT) | {"epochs": epochs}, 60) == steps
    build_config(SFT, {"epochs": epochs})
    assert "Little to learn from" not in of(SFT, bench(), own_rows=60, epochs=epochs).text


def test_epochs_too_few_for_the_pairs_are_warned_about_where_somebody_chose_them():
    dpo = algorithms()["dpo"]
    text = of(dpo, bench(86), epochs=1).text
    assert "Little to learn from:** 5 steps" in text and "Judge more than 86, or set Epochs" in text
    assert "Little to learn from" not in of(dpo, bench(200), epochs=1).text


@pytest.mark.parametrize("entry", BY_PREFERENCES, ids=lambda e: e.name)
@pytest.mark.parametrize("count", [FEWEST_PREFERENCES, 9, 30, 81, 86, 200])
def test_the_usual_settings_are_never_warned_about_however_few_pairs_there_are(entry, count):
    first = preset_of(entry, defaults(entry))
    found = of(entry, bench(count), **preset_values(entry, first, count))
    assert found.ready and "Little to learn from" not in found.text


@pytest.mark.parametrize("entry", BY_PROMPTS, ids=lambda e: e.name)
def test_a_reward_model_at_chance_is_told_where_a_policy_would_follow_it(entry):
    found = of(entry, bench(bad={"chance_level"}, good={"memorising"}), reward="bad")
    assert found.ready and "no better than a coin" in found.text
    assert "coin" not in of(entry, bench(bad={"chance_level"}, good={"memorising"}), reward="good").text


def test_the_usual_fine_tuning_is_not_warned_about():
    assert "Little to learn from" not in of(SFT, bench()).text


@pytest.mark.parametrize(("rows", "share", "batch", "epochs", "steps"), [(4, 0.05, 16, 1, 1), (100, 0.1, 9, 2, 20)])
def test_steps_are_batches_times_epochs_of_what_is_not_held_out(rows, share, batch, epochs, steps):
    assert steps_of({"held_out_share": share, "batch_size": batch, "epochs": epochs}, rows) == steps


def test_an_algorithm_without_epochs_has_no_steps_to_foretell():
    assert steps_of({"iterations": 5}, 10) is None


def test_before_the_machine_is_measured_there_is_no_number_of_seconds():
    assert "The estimate follows" in of(SFT, bench(seconds=None)).text
