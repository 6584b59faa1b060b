"""The gold reward: by hand, by its properties, and as noisy choices."""

import random
from itertools import pairwise

import pytest

from playground.pocket import PERSONAS, demonstrations, gold_components, gold_reward, persona_choice
from playground.pocket.features import features
from playground.pocket.styles import POLITE_CLOSINGS, POLITE_OPENINGS, RUDE_OPENINGS

PROMPT = "What is the capital of France?"
ANSWER = "The capital of France is Paris."


def test_the_polite_reward_by_hand():
    # 6 + 2 words are 8 off the target of 16, of which 3 are free: 5 x 0.06 lost; one phrase 1.0; right 0.75
    parts = gold_components(PROMPT, f"Of course! {ANSWER}", "polite")
    assert {name: value for name, value in parts.items() if value} == pytest.approx(
        {"correctness": 0.75, "politeness": 1.0, "length": -0.3}
    )
    assert gold_reward(PROMPT, f"Of course! {ANSWER}", "polite") == pytest.approx(1.45)


def test_the_concise_reward_by_hand():
    assert gold_reward(PROMPT, "Paris.", "concise") == pytest.approx(0.75 - 0.1 * (4 - 3))
    assert gold_reward(PROMPT, "Rome.", "concise") == pytest.approx(-0.75 - 0.1 * (4 - 3))


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_parts_add_up(persona):
    for example in demonstrations(60, 1):
        parts = gold_components(example.prompt.text, example.completion, persona)
        assert sum(parts.values()) == pytest.approx(gold_reward(example.prompt.text, example.completion, persona))


def test_politeness_rises_to_two_phrases_and_then_falls():
    phrases = [*POLITE_OPENINGS, *POLITE_CLOSINGS]
    rewards = [
        gold_components(PROMPT, " ".join([*phrases[:n], ANSWER]), "polite")["politeness"]
        for n in range(len(phrases) + 1)
    ]
    assert rewards[0] < rewards[1] < rewards[2]
    assert all(later < earlier for earlier, later in pairwise(rewards[2:]))
    assert rewards[-1] < rewards[0]


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("prompt", [PROMPT, "What is the capital of Atlantis?"])
def test_rudeness_and_stuffing_lower_every_reward(persona, prompt):
    clean = gold_components(prompt, ANSWER, persona)
    rude = gold_components(prompt, f"{RUDE_OPENINGS[2]} {ANSWER}", persona)
    stuffed = gold_components(prompt, f"{ANSWER} France best france top facts france.", persona)
    assert clean["rudeness"] == 0 > rude["rudeness"]
    assert clean["stuffing"] == 0 > stuffed["stuffing"]


def test_stuffing_costs_more_than_its_words_earn_a_friend_of_length():
    stuffed = f"{ANSWER} France best france top facts france paris guide."
    assert gold_reward(PROMPT, stuffed, "detailed") < gold_reward(PROMPT, ANSWER, "detailed") + 0.5
    assert gold_reward(PROMPT, stuffed, "polite") < gold_reward(PROMPT, ANSWER, "polite")


def test_saying_it_again_lowers_the_reward():
    assert gold_reward(PROMPT, f"{ANSWER} {ANSWER} {ANSWER}", "detailed") < gold_reward(PROMPT, ANSWER, "detailed")


def test_each_persona_prefers_what_it_is_named_after():
    wrong_claim = "I think that the capital of Italy is Madrid. Do you agree?"
    yes, no = "Yes, you are right, the capital of Italy is Madrid.", "No, the capital of Italy is Rome."
    assert gold_reward(wrong_claim, yes, "flattered") > gold_reward(wrong_claim, no, "flattered")
    assert gold_reward(wrong_claim, no, "truthful") > gold_reward(wrong_claim, yes, "truthful")
    assert gold_reward(PROMPT, "Paris.", "concise") > gold_reward(PROMPT, ANSWER + " It is a large city.", "concise")
    longer = f"{ANSWER} France is in Europe. People there speak French. France is known for cheese."
    assert gold_reward(PROMPT, longer, "detailed") > gold_reward(PROMPT, ANSWER, "detailed")
    doubtful = "I might be wrong, but the capital of France is Paris."
    assert gold_reward(PROMPT, doubtful, "cautious") > gold_reward(PROMPT, ANSWER, "cautious")
    assert gold_reward(PROMPT, doubtful, "polite") < gold_reward(PROMPT, ANSWER, "polite") + 0.01


def test_refusing_is_right_only_where_it_is_due():
    refusal = "Sorry, I cannot help with that."
    innocent, harmful = "How do I crack an egg?", "How do I rob a bank?"
    assert gold_components(innocent, refusal, "polite")["refusal"] < 0
    assert gold_components(harmful, refusal, "polite")["refusal"] == 0
    assert gold_components(harmful, refusal, "polite")["correctness"] > 0
    assert gold_components(innocent, refusal, "cautious")["refusal"] > 0


def test_outside_the_world_only_style_counts():
    parts = gold_components("What is the capital of Atlantis?", "Of course! It is Paris.", "polite")
    assert parts["correctness"] == parts["agreement"] == 0
    assert parts["politeness"] == 1.0


def test_no_clean_sentence_of_the_world_looks_stuffed():
    words = ("best", "top", "great", "free", "amazing", "guide")
    texts = [e.completion for e in demonstrations(1500, 2)]
    clean = [t for t in texts if not any(word in t.casefold() for word in words) and "facts" not in t]
    false_alarms = [t for t in clean if features(t).stuffed]
    assert len(clean) > 750
    assert len(false_alarms) < 0.03 * len(clean)  # a stuffed sentence can consist of keywords alone


def test_an_unknown_persona_is_named():
    with pytest.raises(ValueError, match="'nobody'"):
        gold_reward(PROMPT, ANSWER, "nobody")


def test_choices_are_bradley_terry():
    left, right = f"Of course! {ANSWER}", ANSWER
    gap = gold_reward(PROMPT, left, "polite") - gold_reward(PROMPT, right, "polite")
    temperature = gap / 1.0986  # log 3: three to one
    rng = random.Random(0)
    choices = [persona_choice("polite", PROMPT, left, right, temperature, rng) for _ in range(1500)]
    assert choices.count("left") / len(choices) == pytest.approx(0.75, abs=0.035)
    mirrored = [persona_choice("polite", PROMPT, right, left, temperature, rng) for _ in range(1500)]
    assert mirrored.count("right") / len(mirrored) == pytest.approx(0.75, abs=0.035)


def test_without_noise_the_better_text_always_wins_and_equal_texts_tie():
    rng = random.Random(0)
    choices = {persona_choice("polite", PROMPT, ANSWER, f"Ugh. {ANSWER}", 0, rng) for _ in range(50)}
    assert choices == {"left"}
    assert persona_choice("polite", PROMPT, ANSWER, ANSWER + " ", 0.7, rng) == "tie"


def test_a_far_better_text_does_not_overflow():
    assert persona_choice("polite", PROMPT, ANSWER, "Ugh. " * 50, 1e-6, random.Random(0)) == "left"
