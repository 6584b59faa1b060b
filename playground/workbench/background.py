"""Work that goes on when the page is closed: on a thread of its own, followed by whoever asks, stopped when asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from playground.errors import PlaygroundError

_log = logging.getLogger(__name__)
_TELL_EVERY_S = 0.4
P = TypeVar("P")  # how far it is


class BrokeOff(PlaygroundError):
    """Background work ended by an error that nobody foresaw."""

    def __init__(self, what: str, error: Exception, hint: str) -> None:
        super().__init__(f"The {what} broke off: {type(error).__name__}: {error}", hint=hint)


class BackgroundWork(Generic[P]):
    """One piece of work, on its way or over. Its owner writes `progress` and looks at `stopped`."""

    def __init__(self, what: str, progress: P, hint: str) -> None:
        self.progress = progress
        self.stopped = threading.Event()
        self._what, self._hint = what, hint  # of an error that nobody foresaw
        self._thread: threading.Thread | None = None
        self.failure: PlaygroundError | None = None  # what went wrong with it

    def begin(self, work: Callable[[], None]) -> None:
        """Do it in the background."""
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    @property
    def going(self) -> bool:
        """Whether it is on its way."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """Ask for its end after the part that is being done."""
        self.stopped.set()

    def follow(self) -> Iterator[P]:
        """How far it is, until it ends; nothing where it was never begun. Raises what went wrong with it."""
        while self.going:
            yield self.progress
            self._thread.join(_TELL_EVERY_S)
        if self.failure is not None:
            raise self.failure
        if self._thread is not None:
            yield self.progress

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except PlaygroundError as error:
            self.failure = error
        except Exception as error:  # nobody waits for this thread: what it does not tell is never known
            self.failure = BrokeOff(self._what, error, self._hint)
            _log.exception("The %s broke off", self._what)
