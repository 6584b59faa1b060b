"""The gold reward taken apart: the parts are those that count, in words, and they add up."""

import pytest

from playground.pocket import COMPONENTS, gold_reward
from playground.workbench.gold import gold_of

PROMPT = "What is the capital of France?"


def test_only_what_counts_is_shown_and_it_adds_up():
    gold = gold_of(PROMPT, "Of course! The capital of France is Paris.", "polite")
    assert {part.title: round(part.value, 2) for part in gold.parts} == {
        "Courtesy": 1.0,
        "Right or wrong": 0.5,
        "Length": -0.3,
    }
    assert gold.total == pytest.approx(sum(part.value for part in gold.parts)) == pytest.approx(1.2)
    assert gold.annotator == "Polite"
    assert [part.about for part in gold.parts if part.title == "Courtesy"] == [COMPONENTS["politeness"].about]


def test_the_total_is_the_gold_reward_that_is_charted():
    answer = "Do you really have to ask? Perhaps it is Rome."
    assert gold_of(PROMPT, answer, "cautious").total == gold_reward(PROMPT, answer, "cautious")
