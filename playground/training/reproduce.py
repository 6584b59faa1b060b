"""Make a downloaded run again without the page, and say whether its weights came out the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from playground.events import RunEnded, RunStarted, Saved
from playground.models.catalogue import shipped_checkpoints
from playground.models.shelf import ModelShelf
from playground.runs.folder import RunFolder
from playground.runs.run import Run
from playground.settings import Settings
from playground.training.execute import execute
from playground.types import Checkpoint, RunSpec


def reproduce(path: Path) -> int:
    """Train again in `path`/again, to where the run came. Returns 0 when the fingerprints agree, 1 when not."""
    original = RunFolder(path)
    ended, kept = original.ended(), _kept(original)
    refusal = _refusal(ended, kept)
    if refusal or ended is None or kept is None:
        print(refusal)
        return 1
    known = _checkpoints(path)
    spec = original.spec()
    lacking = _lacking(spec, known)
    if lacking is not None:
        print(f"This run needs {lacking}: fetch it under Other models in the playground first.")
        return 1
    spec = replace(spec, start=known[spec.start.id], reward=known[spec.reward.id] if spec.reward else None)
    started = _starts(original)[0]
    spec = replace(spec, threads=started.threads, dtype=started.dtype)
    again = RunFolder(path / "again")
    shutil.rmtree(again.path, ignore_errors=True)
    again.create(spec, original.rows())
    stop_at = None if ended.status == "done" else (kept.step, kept.updates)
    return _compare(original, again, execute(Run(again, spec, stop_at=stop_at), known.__getitem__))


def _refusal(ended: RunEnded | None, kept: Saved | None) -> str:
    """Why the run cannot be made again; nothing where it can."""
    if ended is None:
        return "This run is not over: only one that has ended can be made again."
    if ended.status == "failed":
        return f"This run failed ({ended.message}), and what fails has no result to compare with."
    if kept is None:
        return f"This run {ended.status} before it had saved anything: there is nothing to compare with."
    if kept.step == kept.updates == 0:
        return "This run was stopped before its first step: its weights are those it started from."
    return ""


def _lacking(spec: RunSpec, known: dict[str, Checkpoint]) -> str | None:
    """What the run starts from or is scored by, or what that stands on, and is not here; None where all is."""
    for source in filter(None, (spec.start, spec.reward)):
        needed: str | None = source.id
        while needed is not None:
            if needed not in known:
                return f"{source.name} ({needed})" if needed == source.id else needed
            needed = known[needed].parent if known[needed].form == "adapter" else None
    return None


def _checkpoints(path: Path) -> dict[str, Checkpoint]:
    rows = json.loads((path / "inputs" / "checkpoints.json").read_text(encoding="utf-8"))
    carried = [Checkpoint(**{**row, "path": str(path / "inputs" / row["id"])}) for row in rows]
    fetched = ModelShelf(Settings.from_environment().data_dir / "models").checkpoints()
    return {c.id: c for c in [*shipped_checkpoints(), *fetched, *carried]}


def _compare(original: RunFolder, again: RunFolder, ended: RunEnded) -> int:
    if ended.status == "failed":
        print(f"The run failed: {ended.message} {ended.hint}")
        return 1
    then, now = (_fingerprint(folder) for folder in (original, again))
    if then == now:
        print(f"then {then}, now {now}: the same weights")
        return 0
    print(f"then {then}, now {now}: different weights. {_reason(original, again)}")
    return 1


def _reason(original: RunFolder, again: RunFolder) -> str:
    """Why the weights differ, as far as the folders tell."""
    if (original.path / "left_out.txt").exists():
        return "Some of its preferences are not in this download (left_out.txt), so it learned from others."
    places = [(e.device, e.dtype, e.threads) for e in _starts(original)]
    if len(set(places)) > 1:
        parts = " then ".join(_place(*place) for place in dict.fromkeys(places))
        return f"It was resumed under other conditions than it began ({parts}), which round differently."
    here = [(e.device, e.dtype, e.threads) for e in _starts(again)]
    if here[:1] != places[:1]:
        return f"It was trained {_place(*places[0])}, and here {_place(*here[0])}, which round differently."
    return "Another processor or other library versions round differently."


def _place(device: str, dtype: str, threads: int) -> str:
    return f"on {device} in {dtype} with {threads} thread{'' if threads == 1 else 's'}"


def _starts(folder: RunFolder) -> list[RunStarted]:
    """One a part: a resumed run has several."""
    return [e for e in folder.events() if isinstance(e, RunStarted)]


def _kept(folder: RunFolder) -> Saved | None:
    """The last time weights were saved: those that lie in the folder."""
    saved = [e for e in folder.events() if isinstance(e, Saved)]
    return saved[-1] if saved else None


def _fingerprint(folder: RunFolder) -> str:
    kept = _kept(folder)
    return kept.checkpoint.fingerprint if kept else ""
