"""A run's lines as a page needs them: all of what is rare, an even part of what comes often."""

from __future__ import annotations

from bisect import bisect_right

from playground.events import Event, Measured

MOST_STEPS = 1500  # twice as many are held before every second one goes
MOST_OTHERS = 150  # of any other kind


class KeptLines:
    """Lines under their numbers. The number counts every event, so what was thinned out leaves a gap."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str, str]] = []  # number, group, line
        self._held: dict[str, int] = {}

    def add(self, number: int, event: Event, line: str) -> None:
        """Keep the line; where its group has become too long, thin that group."""
        group = f"Measured {event.name}" if isinstance(event, Measured) else type(event).__name__
        self._lines.append((number, group, line))
        self._held[group] = self._held.get(group, 0) + 1
        most = MOST_STEPS if group == "StepDone" else MOST_OTHERS
        if self._held[group] > 2 * most:
            self._thin(group, most // 10)

    def after(self, number: int) -> list[str]:
        """The lines whose number is larger."""
        begin = bisect_right(self._lines, number, key=lambda kept: kept[0])
        return [line for _, _, line in self._lines[begin:]]

    def _thin(self, group: str, newest: int) -> None:
        """Drop every second line of the group, the first and the newest ones excepted."""
        places = [i for i, (_, name, _) in enumerate(self._lines) if name == group]
        dropped = set(places[1:-newest:2])
        self._lines = [kept for i, kept in enumerate(self._lines) if i not in dropped]
        self._held[group] -= len(dropped)
