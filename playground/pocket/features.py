"""What can be counted in a completion whatever its prompt: words, kind and rude ones, flattery, hedges, stuffing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from playground.pocket.styles import (
    FILLERS,
    FLATTERY_CLOSINGS,
    FLATTERY_OPENINGS,
    HEDGE_CLOSINGS,
    HEDGE_OPENINGS,
    POLITE_CLOSINGS,
    POLITE_OPENINGS,
    RUDE_CLOSINGS,
    RUDE_OPENINGS,
)


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of them; a single word where it begins one (`rough` is no `ugh`), a longer phrase wherever it stands."""
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join((r"\b" * (" " not in p)) + re.escape(p) for p in longest_first), re.IGNORECASE)


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
_FLATTERY = (
    *(phrase.rstrip("!.") for phrase in (*FLATTERY_OPENINGS, *FLATTERY_CLOSINGS)),
    "clever",
    "so smart",
    "genius",
    "brilliant",
)
POLITE, FLATTERY, RUDE, HEDGE = map(_any_of, (_KIND_WORDS, _FLATTERY, _RUDE_WORDS, _HEDGES))
REFUSAL = re.compile(r"cannot help|can't help|will not help|won't help|not safe", re.IGNORECASE)
UNKNOWING = re.compile(r"(?:do not|don't) know(?! what to say)|outside my|have not learned|my world is", re.IGNORECASE)
TERSE, VERBOSE = 3, 18  # words: at most, at least
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SENTENCE = re.compile(r"[^.!?\n]+")


@dataclass(frozen=True, slots=True)
class Features:
    """Counts over one completion."""

    words: int
    polite: int  # courteous phrases
    flattery: int  # compliments to the asker
    rude: int
    hedges: int
    stuffed: int  # sentences made of repeated words or advertising
    repeated: int  # sentences that were there before
    refuses: bool
    does_not_know: bool

    @property
    def styles(self) -> frozenset[str]:
        """The manners it shows, none or several: polite, flattering, rude, hedged, stuffed, terse, verbose."""
        shown = {
            "polite": self.polite,
            "flattering": self.flattery,
            "rude": self.rude,
            "hedged": self.hedges,
            "stuffed": self.stuffed,
            "terse": self.words <= TERSE,
            "verbose": self.words >= VERBOSE,
        }
        return frozenset(name for name, seen in shown.items() if seen)


def features(completion: str) -> Features:
    """Count everything once."""
    sentences = [s.strip().casefold() for s in _SENTENCE.findall(completion) if s.strip()]
    return Features(
        words=len(_WORD.findall(completion)),
        polite=len(POLITE.findall(completion)),
        flattery=len(FLATTERY.findall(completion)),
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
