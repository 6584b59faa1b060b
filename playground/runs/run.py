"""What a trainer holds of its run: a folder to write to and the question whether to stop."""

from __future__ import annotations

import threading

from playground.events import Event
from playground.runs.folder import RunFolder
from playground.types import RunSpec


class Run:
    """Handed to a train function. It may emit events, ask for a stop request, and write into its folder."""

    def __init__(
        self,
        folder: RunFolder,
        spec: RunSpec,
        stop: threading.Event | None = None,
        stop_at: tuple[int, int] | None = None,
    ) -> None:
        """stop_at: where to stop unasked: after that many steps, and so many updates of PPO's next iteration."""
        self.folder = folder
        self.spec = spec
        self.stop = stop or threading.Event()
        self.stop_at = stop_at

    @property
    def stop_requested(self) -> bool:
        """True once somebody pressed Stop: end within a minibatch and keep what was learned."""
        return self.stop.is_set()

    def emit(self, event: Event) -> None:
        """Append the event to the run's folder, where every page reads it."""
        self.folder.append(event)


class Hushed(Run):
    """A run that can be stopped but says nothing: what is trained beside it has another curve."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.folder, run.spec, run.stop)

    def emit(self, event: Event) -> None:
        return
