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
    """Train again in `path`/again. Returns 0 when the fingerprints agree, 1 when not, and prints both."""
    original = RunFolder(path)
    ended = original.ended()
    if ended is None or ended.status != "done":
        print(f"This run is {ended.status if ended else 'not over'}: only one that came to its end can be made again.")
        return 1
    known = _checkpoints(path)
    spec = original.spec()
    lacking = _lacking(spec, known)
    if lacking is not None:
        print(f"This run needs {lacking}: fetch it under Other models in the playground first.")
        return 1
    spec = replace(spec, start=known[spec.start.id], reward=known[spec.reward.id] if spec.reward else None)
    started = next(e for e in original.events() if isinstance(e, RunStarted))
    spec = replace(spec, threads=started.threads, dtype=started.dtype)
    again = RunFolder(path / "again")
    shutil.rmtree(again.path, ignore_errors=True)
    again.create(spec, original.rows())
    ended = execute(Run(again, spec), known.__getitem__)
    return _compare(original, again, ended)


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
    then, now = _fingerprint(original), _fingerprint(again)
    if then == now:
        print(f"then {then}, now {now}: the same weights")
        return 0
    print(f"then {then}, now {now}: different weights. Another processor or other library versions round differently.")
    return 1


def _fingerprint(folder: RunFolder) -> str:
    saved = [e.checkpoint.fingerprint for e in folder.events() if isinstance(e, Saved)]
    return saved[-1] if saved else ""
