"""Hands of pairs: made beforehand, for one purpose, and dealt to who asks for that hand until each has been judged."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from playground.types import Completion

Pair = tuple[Completion, Completion]
_KEPT = 20  # hands of one workspace
_COMES_AGAIN = 3  # deals after which a pair that nobody judged comes again: a page asks for one ahead


@dataclass(frozen=True, slots=True)
class Hand:
    """How far a hand has been judged."""

    purpose: str  # one sentence for whoever judges
    left: int
    total: int


@dataclass(slots=True)
class _Held:
    """A pair that waits for its judgment."""

    pair: Pair
    dealt: int | None = None  # at which deal of its hand it was shown last


@dataclass(slots=True)
class _Waiting:
    purpose: str
    total: int
    pairs: list[_Held] = field(default_factory=list)
    deals: int = 0

    def next(self) -> _Held | None:
        """One that was shown a while ago and not judged, else one that never was."""
        again = (one for one in self.pairs if one.dealt is not None and self.deals >= one.dealt + _COMES_AGAIN)
        fresh = (one for one in self.pairs if one.dealt is None)
        return next(again, None) or next(fresh, None)


class Hands:
    """The hands of every workspace. A restart loses them: whoever wants them again has them made again."""

    def __init__(self) -> None:
        self._hands: dict[str, dict[str, _Waiting]] = {}  # workspace -> token -> hand
        self._lock = threading.Lock()

    def add(self, workspace: str, purpose: str, pairs: Sequence[Pair]) -> str:
        """Keep a hand; returns its token."""
        token = uuid.uuid4().hex
        with self._lock:
            mine = self._hands.setdefault(workspace, {})
            mine[token] = _Waiting(purpose, len(pairs), [_Held(pair) for pair in pairs])
            while len(mine) > _KEPT:
                del mine[next(iter(mine))]
        return token

    def show(self, workspace: str, token: str) -> Pair | None:
        """A pair of that hand to be judged; it stays in the hand until it is. None where there is none to show."""
        with self._lock:
            hand = self._hands.get(workspace, {}).get(token)
            if hand is None:
                return None
            found = hand.next()
            if found is not None:
                found.dealt = hand.deals
            hand.deals += 1
            return found.pair if found is not None else None

    def take(self, workspace: str, token: str, n: int) -> list[Pair]:
        """Up to n pairs of that hand, for good: whoever takes them judges them at once."""
        with self._lock:
            hand = self._hands.get(workspace, {}).get(token)
            if hand is None:
                return []
            taken, hand.pairs = hand.pairs[:n], hand.pairs[n:]
            return [one.pair for one in taken]

    def judged(self, workspace: str, prompt_key: str, texts: frozenset[str]) -> None:
        """The pair of those texts has been judged: no hand shows it any more."""
        with self._lock:
            for hand in self._hands.get(workspace, {}).values():
                hand.pairs = [one for one in hand.pairs if name_of(one.pair) != (prompt_key, texts)]

    def find(self, workspace: str, token: str) -> Hand | None:
        """How far it is judged; None where there is no such hand."""
        with self._lock:
            hand = self._hands.get(workspace, {}).get(token)
            return Hand(hand.purpose, len(hand.pairs), hand.total) if hand is not None else None

    def holds(self, workspace: str) -> bool:
        """Whether any pair waits there."""
        with self._lock:
            return any(hand.pairs for hand in self._hands.get(workspace, {}).values())

    def forget(self, workspace: str) -> None:
        """Let go of that workspace's."""
        with self._lock:
            self._hands.pop(workspace, None)


def name_of(pair: Pair) -> tuple[str, frozenset[str]]:
    """The same for the same prompt and texts, whichever stands first."""
    return pair[0].prompt.key, frozenset(one.text for one in pair)
