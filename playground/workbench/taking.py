"""What a checkpoint's run took, with that of the reward model it was scored by."""

from __future__ import annotations

from playground.errors import NotFound
from playground.evaluation.sheet import Took
from playground.registry import algorithms
from playground.runs.tail import RunShelf, RunSummary
from playground.types import Checkpoint, Json, content_hash


def took(shelf: RunShelf, workspace: str, checkpoint: Checkpoint) -> Took | None:
    """None where no run of this workspace made it, or it learned from no preferences."""
    run = _run(shelf, workspace, checkpoint)
    if run is None or algorithms()[run.spec.algorithm].needs == "examples":
        return None
    spec = run.spec
    judge = _run(shelf, workspace, spec.reward) if spec.reward else None
    labelled = judge if spec.reward else run
    return Took(
        method=algorithms()[spec.algorithm].title,
        labels=labelled.spec.data_count if labelled else 0,
        cpu_seconds=run.cpu_seconds or 0.0,
        peak_bytes=run.peak_bytes,
        alike=content_hash([_but_seed(run), _but_seed(judge) if judge else spec.reward and spec.reward.fingerprint]),
        reward=spec.reward.name if spec.reward else "",
        reward_cpu_seconds=(judge.cpu_seconds or 0.0) if judge else 0.0,
        rollouts=run.step * int(spec.config.get("rollouts", 0)),
    )


def _run(shelf: RunShelf, workspace: str, checkpoint: Checkpoint) -> RunSummary | None:
    if not checkpoint.run_id:
        return None
    try:
        return shelf.tail(workspace, checkpoint.run_id).summary
    except NotFound:  # it was deleted
        return None


def _but_seed(run: RunSummary) -> Json:
    """What decides a result beside the seed. PPO's prompts are drawn by it, so its own rows do not count."""
    spec = run.spec
    config = {name: value for name, value in spec.config.items() if name != "seed"}
    return {
        "algorithm": spec.algorithm,
        "config": config,
        "start": spec.start.fingerprint,
        "rows": spec.data_hash if algorithms()[spec.algorithm].needs == "preferences" else "",
        "steps": run.step,
    }
