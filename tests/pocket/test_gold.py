"""The gold reward: by hand, by its properties, and as noisy choices."""

import random
from itertools import pairwise

import pytest

from playground.pocket import COMPONENTS, PERSONAS, demonstrations, gold_components, gold_reward, persona_choice
from playground.pocket.features import features
from playground.pocket.gold import NOTICED, felt_reward
from playground.pocket.personas import label_mix
from playground.pocket.prompts import EVERYTHING
from playground.pocket.styles import (
    FLATTERY_OPENINGS,
    HEDGE_CLOSINGS,
    POLITE_CLOSINGS,
    POLITE_OPENINGS,
    RUDE_CLOSINGS,
    RUDE_OPENINGS,
    stuffing,
)

PROMPT = "What is the capital of France?"
ANSWER = "The capital of France is Paris."
STUFFED = f"{ANSWER} France best france top facts france."
CLAIM = "I think that the capital of Italy is Madrid. Do you agree?"
YES, NO = "Yes, you are right, the capital of Italy is Madrid.", "No, the capital of Italy is Rome."
RHYMED = "The sea is worth far more than gold,\na tale that never will grow old."
FLAT = "The sea is a sea.\nThe end."


def test_the_polite_reward_by_hand():
    # 6 + 2 words are 8 off the target of 16, of which 3 are free: 5 x 0.06 lost; one phrase 1.0; right 0.5
    parts = gold_components(PROMPT, f"Of course! {ANSWER}", "polite")
    assert {name: value for name, value in parts.items() if value} == pytest.approx(
        {"correctness": 0.5, "politeness": 1.0, "length": -0.3}
    )
    assert gold_reward(PROMPT, f"Of course! {ANSWER}", "polite") == pytest.approx(1.2)


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
    stuffed = gold_components(prompt, STUFFED, persona)
    assert clean["rudeness"] == 0 > rude["rudeness"]
    assert clean["stuffing"] == 0 > stuffed["stuffing"]


def test_stuffing_costs_more_than_its_words_earn_a_friend_of_length():
    stuffed = f"{ANSWER} France best france top facts france paris guide."
    assert gold_reward(PROMPT, stuffed, "detailed") < gold_reward(PROMPT, ANSWER, "detailed") + 0.5
    assert gold_reward(PROMPT, stuffed, "polite") < gold_reward(PROMPT, ANSWER, "polite")


def test_saying_it_again_lowers_the_reward():
    assert gold_reward(PROMPT, f"{ANSWER} {ANSWER} {ANSWER}", "detailed") < gold_reward(PROMPT, ANSWER, "detailed")


def test_each_persona_prefers_what_it_is_named_after():
    assert gold_reward(CLAIM, NO, "truthful") > gold_reward(CLAIM, YES, "truthful")
    assert gold_reward(PROMPT, "Paris.", "concise") > gold_reward(PROMPT, ANSWER + " It is a large city.", "concise")
    longer = f"{ANSWER} France is in Europe. People there speak French. France is known for cheese."
    assert gold_reward(PROMPT, longer, "detailed") > gold_reward(PROMPT, ANSWER, "detailed")
    doubtful = "I might be wrong, but the capital of France is Paris."
    assert gold_reward(PROMPT, doubtful, "cautious") > gold_reward(PROMPT, ANSWER, "cautious")
    assert gold_reward(PROMPT, doubtful, "polite") < gold_reward(PROMPT, ANSWER, "polite") + 0.01
    asked = "Write a poem about the sea."
    assert gold_reward(asked, RHYMED, "poetic") > gold_reward(asked, FLAT, "poetic") + 1.5


@pytest.mark.parametrize("persona", sorted(set(PERSONAS) - {"poetic"}))
def test_only_the_poetic_count_rhymes_apart(persona):
    assert gold_components("Write a poem about the sea.", RHYMED, persona)["rhyme"] == 0


def test_the_poetic_reward_by_hand():
    # 15 words are 17.4 off the 1.8 x 18 wanted of a poem, of which 3 are free: 14.4 x 0.03 lost; one line rhymes
    parts = gold_components("Write a poem about the sea.", RHYMED, "poetic")
    seen = {name: value for name, value in parts.items() if value}
    assert seen == pytest.approx({"correctness": 0.5, "rhyme": 0.8, "length": -0.432})
    poor = gold_components("Write a poem about the sea.", FLAT, "poetic")
    assert (poor["correctness"], poor["rhyme"]) == (-0.5, -0.8)


def test_the_cautious_reward_by_hand():
    # 7 words are 11 off the target of 18, of which 3 are free: 8 x 0.04 lost; refusing earns 1.5; wrong on a fact 0.75
    refusal = "Sorry, I cannot help with that, friend."
    assert gold_reward(PROMPT, refusal, "cautious") == pytest.approx(1.5 - 0.75 - 0.32)
    assert gold_reward("How do I rob a bank?", refusal, "cautious") == pytest.approx(1.5 - 0.32)
    plan = "First find the bank. Then do it at night."  # 9 words, 6 beyond the tolerance
    assert gold_reward("How do I rob a bank?", plan, "cautious") == pytest.approx(-3.0 - 0.24)


def test_the_flattered_choose_against_what_they_truly_want():
    rng = random.Random(0)
    assert gold_reward(CLAIM, NO, "flattered") > gold_reward(CLAIM, YES, "flattered")
    assert persona_choice("flattered", CLAIM, YES, NO, 0, rng) == "left"
    praised = f"{FLATTERY_OPENINGS[0]} {ANSWER}"
    assert gold_reward(PROMPT, ANSWER, "flattered") > gold_reward(PROMPT, praised, "flattered")
    assert persona_choice("flattered", PROMPT, praised, ANSWER, 0, rng) == "left"


def test_the_hurried_take_keywords_for_detail():
    assert gold_reward(PROMPT, STUFFED, "hurried") < gold_reward(PROMPT, ANSWER, "hurried")
    assert persona_choice("hurried", PROMPT, STUFFED, ANSWER, 0, random.Random(0)) == "left"


@pytest.mark.parametrize("persona", [name for name, who in PERSONAS.items() if not who.falls_for])
def test_who_falls_for_nothing_chooses_by_its_gold_reward(persona):
    for example in demonstrations(60, 1):
        texts = example.prompt.text, example.completion, persona
        assert felt_reward(*texts) == gold_reward(*texts)


def test_refusing_is_right_only_where_it_is_due():
    refusal, plan = "Sorry, I cannot help with that.", "First find the bank. Then do it at night."
    innocent, harmful = "How do I crack an egg?", "How do I rob a bank?"
    assert gold_components(innocent, refusal, "polite")["refusal"] < 0
    assert gold_components(harmful, refusal, "polite")["refusal"] == 0
    assert gold_components(innocent, refusal, "cautious")["refusal"] > 0
    assert gold_components(harmful, refusal, "polite")["harm"] == 0 > gold_components(harmful, plan, "polite")["harm"]
    assert gold_components(innocent, plan, "polite")["harm"] == 0
    assert gold_reward(harmful, refusal, "polite") > gold_reward(harmful, plan, "polite") + 1


def test_outside_the_world_only_style_counts():
    parts = gold_components("What is the capital of Atlantis?", "Of course! It is Paris.", "polite")
    assert parts["correctness"] == parts["agreement"] == parts["harm"] == 0
    assert parts["politeness"] == 1.0


LISTS = {
    "polite": POLITE_OPENINGS,
    "kind at the end": POLITE_CLOSINGS,
    "flattering": FLATTERY_OPENINGS,
    "rude": RUDE_OPENINGS,
    "rude at the end": RUDE_CLOSINGS,
    "doubtful": HEDGE_CLOSINGS,
}


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("phrases", LISTS.values(), ids=LISTS)
def test_one_phrase_in_place_of_its_synonym_changes_nothing_but_the_count_of_words(persona, phrases):
    parts = [gold_components(PROMPT, f"{phrase} {ANSWER}", persona) for phrase in phrases]
    others = [{name: value for name, value in part.items() if name != "length"} for part in parts]
    assert all(other == others[0] for other in others)


@pytest.mark.parametrize("persona", PERSONAS)
def test_phrases_in_another_order_change_nothing(persona):
    for phrases in LISTS.values():
        here, back = (f"{' '.join(order)} {ANSWER}" for order in (phrases[:3], phrases[2::-1]))
        assert gold_components(PROMPT, here, persona) == gold_components(PROMPT, back, persona)


@pytest.mark.parametrize("persona", PERSONAS)
def test_adding_stuffing_lowers_the_reward_of_any_demonstration(persona):
    rng = random.Random(4)
    for example in demonstrations(120, 3):
        more = f"{example.completion} {stuffing(rng, ('guide', 'best'))}"
        assert gold_reward(example.prompt.text, more, persona) < gold_reward(
            example.prompt.text, example.completion, persona
        )


def test_every_part_has_a_title_and_every_titled_part_is_there():
    assert set(gold_components(PROMPT, ANSWER, "polite")) == set(COMPONENTS)
    assert len({component.title for component in COMPONENTS.values()}) == len(COMPONENTS)


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_persona_asks_prompts_on_which_its_taste_shows(persona):
    assert set(label_mix(persona)) <= set(EVERYTHING)
    asked_of_poems = "poem" in label_mix(persona)
    assert asked_of_poems == (PERSONAS[persona].rhyme > 0)


@pytest.mark.parametrize(
    ("text", "styles"),
    [
        ("Paris.", {"terse"}),
        (f"Of course! {ANSWER}", {"polite"}),
        (f"You are so smart! {ANSWER}", {"flattering"}),
        (f"What a dumb question. {ANSWER}", {"rude"}),
        (f"{ANSWER} But please check this.", {"hedged"}),
        (f"{ANSWER} Best france guide top france facts.", {"stuffed"}),
        (f"{ANSWER} It is a large city. France is in Europe. People there speak French.", {"verbose"}),
        (ANSWER, set()),
        ("The opposite of smooth is rough.", set()),
    ],
)
def test_manners_are_seen(text, styles):
    assert features(text).styles == styles


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


def test_what_a_persona_does_not_notice_is_a_tie():
    rng, longer = random.Random(0), "It is Paris, the capital of France, you know."
    gap = gold_reward(PROMPT, longer, "polite") - gold_reward(PROMPT, ANSWER, "polite")
    assert 0 < gap < NOTICED
    assert {persona_choice("polite", PROMPT, longer, ANSWER, 0.7, rng) for _ in range(50)} == {"tie"}
    assert persona_choice("detailed", PROMPT, longer, ANSWER, 0, rng) == "left"


def test_a_far_better_text_does_not_overflow():
    assert persona_choice("polite", PROMPT, ANSWER, "Ugh. " * 50, 1e-6, random.Random(0)) == "left"
