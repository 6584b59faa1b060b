"""What many ask for at about the same time is worked out once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
_MOST = 200  # names remembered


@dataclass(slots=True, eq=False)
class _Kept(Generic[T]):
    """An answer, when it was made, and the lock that lets one at a time make it."""

    value: T | None = None
    made_at: float = float("-inf")
    turn: threading.Lock = field(default_factory=threading.Lock)


class Shared(Generic[T]):
    """Answers by name, each at most fresh_s old. Raises what making it raised, to each who asked."""

    def __init__(self, fresh_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._fresh_s, self._clock = fresh_s, clock
        self._kept: dict[object, _Kept[T]] = {}
        self._lock = threading.Lock()

    def find(self, name: object) -> T | None:
        """The answer, where it is fresh; never waits."""
        kept = self._kept.get(name)
        return kept.value if kept is not None and self._fresh(kept) else None

    def get(self, name: object, make: Callable[[], T]) -> T:
        """The answer; who comes while another makes it waits for that one."""
        with self._lock:
            kept = self._kept.setdefault(name, _Kept())
            while len(self._kept) > _MOST:
                del self._kept[next(iter(self._kept))]
        with kept.turn:
            if not self._fresh(kept):
                kept.value = make()
                kept.made_at = self._clock()
            return kept.value

    def _fresh(self, kept: _Kept[T]) -> bool:
        return self._clock() - kept.made_at < self._fresh_s
