"""Slips are slips: one a word, never another word of the world."""

import random

import pytest

from playground.pocket.careless import mistyped, roughened, slipped
from playground.pocket.facts import FACTS
from playground.pocket.recognise import is_one_slip

WORDS = sorted({word for fact in FACTS for word in fact.subject.split() if word.isalpha() and len(word) > 3})


@pytest.mark.parametrize("word", WORDS)
def test_a_slip_is_one_slip_and_keeps_the_first_letter(word):
    rng = random.Random(word)
    for _ in range(20):
        slip = slipped(rng, word)
        assert slip != word and slip[0] == word[0] and is_one_slip(slip.casefold(), word.casefold())


@pytest.mark.parametrize(
    ("word", "other", "one"),
    [
        ("frnace", "france", True),
        ("capitall", "capital", True),
        ("captal", "capital", True),
        ("bamk", "bank", True),
        ("frnaec", "france", False),
        ("paris", "rome", False),
        ("ab", "ba", False),
        ("abc", "acb", True),
        ("moo", "moo", False),
    ],
)
def test_one_slip_by_hand(word, other, one):
    assert is_one_slip(word, other) is one


def test_what_has_no_long_word_cannot_be_mistyped():
    assert mistyped(random.Random(1), "2 + 3 =") == "2 + 3 ="


def test_rough_typing_keeps_the_words():
    rng = random.Random(1)
    for _ in range(50):
        rough = roughened(rng, "What is the capital of France?").casefold()
        assert "capital of france" in rough
