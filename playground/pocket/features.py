"""What can be counted in a completion whatever its prompt: words, kind words, rude words, hedges, stuffing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playground.pocket.styles import (
    FILLERS,
    HEDGE_CLOSINGS,
    HEDGE_OPENINGS,
    POLITE_CLOSINGS,
    POLITE_OPENINGS,
    RUDE_CLOSINGS,
    RUDE_OPENINGS,
)


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, phrases), key=len, reverse=True)), re.IGNORECASE)


_KIND_WORDS = (
    *(phrase.rstrip("!.") for phrase in (*POLITE_OPENINGS, *POLITE_CLOSINGS)),
    "glad to help",
    "you are welcome",
    "thank you for",
    "good question",
    "my pleasure",
)
_RUDE_WORDS = (
    *(phrase.rstrip(".?") for phrase in (*RUDE_OPENINGS, *RUDE_CLOSINGS)),
    "dumb",
    "stupid",
    "idiot",
    "shut up",
)
_HEDGES = (
    *HEDGE_OPENINGS,
    *(phrase.removeprefix("But ").rstrip(".") for phrase in HEDGE_CLOSINGS),
    "not sure",
    "perhaps",
)
POLITE, RUDE, HEDGE = _any_of(*_KIND_WORDS), _any_of(*_RUDE_WORDS), _any_of(*_HEDGES)
REFUSAL = re.compile(r"cannot help|can't help|will not help|won't help|not safe", re.IGNORECASE)
UNKNOWING = re.compile(r"(?:do not|don't) know|outside my|have not learned|my world is", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SENTENCE = re.compile(r"[^.!?\n]+")


@dataclass(frozen=True, slots=True)
class Features:
    """Counts over one completion."""

    words: int
    polite: int  # courteous phrases
    rude: int
    hedges: int
    stuffed: int  # sentences made of repeated words or advertising
    repeated: int  # sentences that were there before
    refuses: bool
    does_not_know: bool


def features(completion: str) -> Features:
    """Count everything once."""
    sentences = [s.strip().casefold() for s in _SENTENCE.findall(completion) if s.strip()]
    return Features(
        words=len(_WORD.findall(completion)),
        polite=len(POLITE.findall(completion)),
        rude=len(RUDE.findall(completion)),
        hedges=len(HEDGE.findall(completion)),
        stuffed=sum(map(_is_stuffed, sentences)),
        repeated=len(sentences) - len(set(sentences)),
        refuses=bool(REFUSAL.search(completion)),
        does_not_know=bool(UNKNOWING.search(completion)),
    )


def _is_stuffed(sentence: str) -> bool:
    """Four words or more of which a third are repeats, or three of which advertise."""
    words = _WORD.findall(sentence)
    repeats = len(words) - len(set(words))
    adverts = sum(word in FILLERS for word in words)
    return len(words) >= 4 and (repeats * 3 > len(words) or adverts >= 3 or (adverts >= 2 and repeats >= 1))
