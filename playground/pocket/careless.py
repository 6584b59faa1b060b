"""How people type in a hurry: small letters, marks left out, a letter slipped."""

from __future__ import annotations

import random
import re

from playground.pocket.facts import FACTS
from playground.pocket.world import lowered

_NAMED = frozenset(word.casefold() for fact in FACTS for word in (*fact.subject.split(), *fact.answer.split()))
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_WORD = re.compile(r"[A-Za-z]{4,}")


def roughened(rng: random.Random, text: str) -> str:
    """The text as typed in a hurry: small letters, no full stop, a `please` in front, or a mark twice."""
    bare = text.rstrip(".?!")
    doubled = text.replace("?", "??")
    return rng.choice([text.lower(), bare, bare.lower(), doubled, "please " + lowered(text), "hi, " + text.lower()])


def mistyped(rng: random.Random, text: str) -> str:
    """The text with one letter slipped in one of its words of four letters or more, if it has any."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    word = rng.choice(words)
    return text[: word.start()] + slipped(rng, word[0]) + text[word.end() :]


def slipped(rng: random.Random, word: str) -> str:
    """The word with two letters swapped, one left out, one doubled or one struck beside its key; never the first.

    A slip never makes another of the world's words: a three that lost its h would ask for a tree.
    """
    at = rng.randrange(1, len(word))
    swapped = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at > 1 else word
    slips = [
        swapped,
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + _beside(rng, word[at]) + word[at + 1 :],
    ]
    return rng.choice([slip for slip in slips if slip != word and slip.casefold() not in _NAMED])


def _beside(rng: random.Random, letter: str) -> str:
    row = next((row for row in _KEYS if letter.lower() in row), _KEYS[0])
    at = row.find(letter.lower())
    return rng.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
