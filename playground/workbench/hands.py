"""Hands of pairs: made beforehand, for one purpose, and dealt one after another to who asks for that hand."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from playground.types import Completion

Pair = tuple[Completion, Completion]
_KEPT = 20  # hands of one workspace


@dataclass(frozen=True, slots=True)
class Hand:
    """How far a hand has been dealt."""

    purpose: str  # one sentence for whoever judges
    left: int
    total: int


@dataclass(slots=True)
class _Waiting:
    purpose: str
    pairs: deque[Pair]
    total: int


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
            mine[token] = _Waiting(purpose, deque(pairs), len(pairs))
            while len(mine) > _KEPT:
                del mine[next(iter(mine))]
        return token

    def take(self, workspace: str, token: str) -> Pair | None:
        """The next pair of that hand; None where none is left or there is no such hand."""
        with self._lock:
            hand = self._hands.get(workspace, {}).get(token)
            return hand.pairs.popleft() if hand is not None and hand.pairs else None

    def find(self, workspace: str, token: str) -> Hand | None:
        """How far it is dealt; None where there is no such hand."""
        with self._lock:
            hand = self._hands.get(workspace, {}).get(token)
            return Hand(hand.purpose, len(hand.pairs), hand.total) if hand is not None else None

    def forget(self, workspace: str) -> None:
        """Let go of that workspace's."""
        with self._lock:
            self._hands.pop(workspace, None)
