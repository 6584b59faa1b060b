"""How fast one person may ask. By who they are and never by their address: a room has one address."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from playground.errors import TooFast


class Pace:
    """Lets each name ask `burst` times at once, and `per_s` times a second for as long as they like."""

    def __init__(self, burst: int, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._per_s, self._clock = burst, per_s, clock
        self._left: dict[str, tuple[float, float]] = {}  # name -> (asks left, when that was)
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """One more request by that name. Raises: TooFast."""
        now = self._clock()
        with self._lock:
            left, then = self._left.get(name, (self._burst, now))
            left = min(self._burst, left + (now - then) * self._per_s)
            if left < 1:
                raise TooFast(1 / self._per_s)
            self._left[name] = left - 1, now
