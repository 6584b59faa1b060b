"""What one browser, and all of them together, may take of a shared playground. Without demo mode: no limit."""

from __future__ import annotations

import shutil

from playground.errors import PlaygroundError
from playground.preferences.store import PreferenceStore
from playground.runs.tail import RunShelf
from playground.settings import Settings
from playground.table_files import MB


class OverQuota(PlaygroundError):
    """A workspace asked for more than its share."""


class Quotas:
    """Each check raises OverQuota with what is allowed and what to do."""

    def __init__(self, settings: Settings, shelf: RunShelf, store: PreferenceStore) -> None:
        self._settings = settings
        self._limited = settings.mode == "demo"
        self._shelf = shelf
        self._store = store

    @property
    def train_s(self) -> float | None:
        """The longest that a run may train; None without a limit."""
        return 60.0 * self._settings.demo_minutes if self._limited else None

    def require_run(self, workspace: str, going_on: int, of_all: int, estimate_s: float | None) -> None:
        """For a run that is about to be queued.

        going_on, of_all: how many runs wait or train already, of the workspace and of everybody.
        """
        if not self._limited:
            return
        limits = self._settings
        if going_on >= limits.demo_runs_at_once:
            raise OverQuota(
                f"{going_on} of your runs wait or train; {limits.demo_runs_at_once} at a time are allowed here.",
                hint="Wait until one has ended, or stop one.",
            )
        if of_all >= limits.demo_queue:
            raise OverQuota(
                f"{of_all} runs wait or train here; {limits.demo_queue} at a time are allowed.",
                hint="Come back in a while, or run the playground yourself.",
            )
        self.require_time(estimate_s, "run", "Take fewer rows, epochs or iterations, or a smaller model.")
        self.require_disk(workspace)

    def require_time(self, estimate_s: float | None, what: str, hint: str) -> None:
        """For work that others wait for. what: run, evaluation."""
        if self._limited and estimate_s is not None and estimate_s > self.train_s:
            raise OverQuota(
                f"This {what} would take about {estimate_s / 60:.0f} minutes; {self._settings.demo_minutes} are "
                "allowed here, because others wait for their turn.",
                hint=hint,
            )

    def require_new_run(self, runs: int) -> None:
        """For one run more than there are."""
        if self._limited and runs >= self._settings.demo_runs:
            raise OverQuota(
                f"You keep {runs} runs; {self._settings.demo_runs} are allowed here.",
                hint="Delete one in the Runs tab.",
            )

    def require_pairs(self, workspace: str, more: int) -> None:
        """For so many pairs more to be shown, judged or brought."""
        if not self._limited:
            return
        most, have = self._settings.demo_preferences, self._store.pairs_stored(workspace)
        if have + more > most:
            raise OverQuota(
                f"You have been shown or have brought {have} pairs and asked for {more} more; {most} are allowed here.",
                hint="Train on those you have, or run the playground yourself.",
            )

    def require_disk(self, workspace: str) -> None:
        """For anything that writes files."""
        if not self._limited:
            return
        free, least = shutil.disk_usage(self._settings.data_dir).free, self._settings.demo_free_mb
        if free < least * MB:
            raise OverQuota(
                f"The disk here has {free / MB:.0f} MB free; {least} MB are kept free for what goes on already.",
                hint="Come back tomorrow, when what others made has been erased.",
            )
        used, most = self._shelf.size(workspace), self._settings.demo_disk_mb
        if used > most * MB:
            raise OverQuota(
                f"Your runs and downloads take {used / MB:.0f} MB; {most} MB are allowed here.",
                hint="Delete runs in the Runs tab.",
            )
