"""Keep a run as a recording: what a page needs to replay it, without weights, data and this machine's paths."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playground.events import Saved
from playground.runs.folder import RunFolder
from playground.types import Checkpoint, RunSpec


def record(folder: RunFolder, target: Path, name: str) -> RunFolder:
    """Write the recording to `target`, whose last part becomes its id. Raises FileExistsError when it is there."""
    recording = RunFolder(target)
    recording.create(_without_paths(replace(folder.spec(), id=target.name, workspace="", name=name)), [])
    for event in folder.events():
        known = isinstance(event, Saved)
        recording.append(replace(event, checkpoint=_nowhere(event.checkpoint)) if known else event)
    return recording


def _without_paths(spec: RunSpec) -> RunSpec:
    return replace(spec, start=_nowhere(spec.start), reward=_nowhere(spec.reward) if spec.reward else None)


def _nowhere(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, path="")
