"""A service for the tests of child processes: no torch, and ways to misbehave."""

import os
import threading
import time

from playground.errors import TooFewPreferences


class Toy:
    def warm_up(self):
        return "warm"

    def double(self, cancelled: threading.Event, x: int) -> int:
        return 2 * x

    def count(self, cancelled: threading.Event, n: int):
        for i in range(n):
            if cancelled.is_set():
                return
            yield i
            time.sleep(0.01)

    def refuse(self, cancelled: threading.Event) -> None:
        raise TooFewPreferences(1, 4)

    def crash(self, cancelled: threading.Event) -> None:
        os._exit(9)

    def error(self, cancelled: threading.Event) -> None:
        raise ZeroDivisionError("by hand")


def toy() -> Toy:
    return Toy()
