"""What is deleted by the clock: in demo mode a browser's workspace some hours after the last thing was made in it, and
everywhere a workshop's session that its host gave a day.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from playground.errors import PlaygroundError
from playground.preferences.store import PreferenceStore
from playground.runs.tail import RunShelf
from playground.workbench.pairs import PairPool
from playground.workbench.queue import TrainingQueue

OF_A_BROWSER = re.compile(r"w[0-9a-f]{24}")  # never "local", which a host may have used on the same folder
_LOOK_EVERY_S = 600.0


class Erasure:
    """Looks every ten minutes for what is due. hours: that a browser's workspace is kept; None: it is kept for good."""

    def __init__(
        self,
        hours: float | None,
        shelf: RunShelf,
        store: PreferenceStore,
        pairs: PairPool,
        queue: TrainingQueue,
        sessions: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keep_s = 3600.0 * hours if hours else None
        self._shelf, self._store, self._pairs, self._queue = shelf, store, pairs, queue
        self._delete_sessions = sessions
        self._clock = clock
        self._over = threading.Event()

    def start(self) -> None:
        """Look now and then from now on; returns at once."""
        threading.Thread(target=self._watch, name="erasure", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    def erase_due(self) -> list[str]:
        """Erase every browser's workspace whose time has come. Returns their names."""
        if self._keep_s is None:
            return []
        made = self._store.last_made()
        names = filter(OF_A_BROWSER.fullmatch, {*made, *self._shelf.workspaces()})
        due = [name for name in sorted(names) if self._is_due(name, made.get(name, 0.0))]
        for name in due:
            self._erase(name)
        return due

    def _is_due(self, workspace: str, stored_at: float) -> bool:
        last = max(stored_at, self._shelf.last_change(workspace))
        return self._clock() - last > self._keep_s and not self._queue.count(workspace)

    def _erase(self, workspace: str) -> None:
        self._store.erase(workspace)
        self._shelf.erase(workspace)
        self._pairs.forget(workspace)

    def _watch(self) -> None:
        while not self._over.is_set():
            with suppress(PlaygroundError):  # the database is out of reach: the next look tries again
                self.erase_due()
                self._delete_sessions()
            self._over.wait(_LOOK_EVERY_S)
