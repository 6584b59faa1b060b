"""Waiting for a run that other work needs: told how far it is, stopped with that work."""

from __future__ import annotations

import time
from collections.abc import Callable

from playground.errors import PlaygroundError
from playground.runs.tail import RunSummary
from playground.types import Checkpoint
from playground.workbench.runs import Runs

LOOK_EVERY_S = 0.2
_GOES_ON = ("stopped", "died", "failed")  # whoever waits for a run that ended so before wants it tried again


def made_by(
    runs: Runs,
    workspace: str,
    run_id: str,
    tell: Callable[[RunSummary], None],
    stopped: Callable[[], bool],
) -> Checkpoint | None:
    """What the run makes, once it has ended; None where the work was stopped, and the run with it.

    A run that was broken off goes on. Raises: PlaygroundError when it fails, with the run's own words.
    """
    summary = runs.find(workspace, run_id)
    if summary.status in _GOES_ON and not stopped():
        runs.resume(workspace, run_id)
        summary = runs.find(workspace, run_id)
    while summary.active:
        if stopped():
            runs.stop(workspace, run_id)
        tell(summary)
        time.sleep(LOOK_EVERY_S)
        summary = runs.find(workspace, run_id)
    if stopped() or summary.status == "stopped":
        return None
    if summary.status != "done" or summary.checkpoint is None:
        raise PlaygroundError(f"{summary.spec.name} {summary.status}: {summary.message}", hint=summary.hint)
    return summary.checkpoint
