"""Which preferences can teach anything, said before any of them is used."""

from __future__ import annotations

from collections.abc import Sequence

from playground.errors import NothingToLearn, TooFewPreferences
from playground.events import Warned
from playground.runs.run import Run
from playground.types import Preference

NEEDED = 4


def worth_learning(run: Run, preferences: Sequence[Preference]) -> list[Preference]:
    """The preferences whose two texts differ; the run says what is missing or left out.

    Raises: TooFewPreferences under four of them; NothingToLearn when no pair differs, or all pairs are one pair.
    """
    rows = [row for row in preferences if row.chosen != row.rejected]
    if preferences and not rows:
        raise NothingToLearn(
            f"In all {len(preferences)} pairs both texts are the same.", hint="Sample at a higher temperature."
        )
    if len(rows) < len(preferences):
        same = len(preferences) - len(rows)
        run.emit(
            Warned(0, "rows_dropped", f"{same} of {len(preferences)} pairs are not used: both texts are the same.")
        )
    if len(rows) < NEEDED:
        raise TooFewPreferences(len(rows), NEEDED)
    if len({(row.prompt.key, row.chosen, row.rejected) for row in rows}) == 1:
        raise NothingToLearn(f"All {len(rows)} preferences are the same pair.", hint="Judge different pairs.")
    if len({row.prompt.key for row in rows}) == 1:
        run.emit(
            Warned(
                0, "no_held_out", "All pairs are about one prompt, so none is held out and nothing tests the result."
            )
        )
    return rows
