"""A run as one zip: its folder, the checkpoints it started from, and reproduce.py, which makes it again."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from playground.runs.folder import RunFolder
from playground.runs.tail import RunSummary, step_rows
from playground.types import Checkpoint

_REPRODUCE = '''"""Make this run again and compare: python reproduce.py

Needs the playground's requirements and its folder on the path, for example
    PYTHONPATH=/path/to/alignment-playground python reproduce.py
"""

import sys
from pathlib import Path

from playground.training.reproduce import reproduce

sys.exit(reproduce(Path(__file__).resolve().parent))
'''


def package_run(folder: RunFolder, summary: RunSummary, inputs: Sequence[Checkpoint], target: Path) -> Path:
    """Write the zip to `target` and return it. `inputs` are the checkpoints that a fresh clone does not have."""
    name = summary.spec.id
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.path.rglob("*")):
            if path.is_file() and folder.resume_path not in path.parents:
                archive.write(path, f"{name}/{path.relative_to(folder.path)}")
        for checkpoint in inputs:
            for path in sorted(Path(checkpoint.path).rglob("*")):
                if path.is_file():
                    archive.write(path, f"{name}/inputs/{checkpoint.id}/{path.relative_to(checkpoint.path)}")
        archive.writestr(f"{name}/inputs/checkpoints.json", json.dumps([asdict(c) for c in inputs], indent=2))
        archive.writestr(f"{name}/report.md", report(folder, summary))
        archive.writestr(f"{name}/reproduce.py", _REPRODUCE)
    return target


def report(folder: RunFolder, summary: RunSummary) -> str:
    """The run in Markdown: what was trained on what, how it ended, its last figures."""
    spec = summary.spec
    lines = [
        f"# {spec.name}",
        "",
        f"- Algorithm: {spec.algorithm}",
        f"- Started from: {spec.start.name} ({spec.start.id}, fingerprint {spec.start.fingerprint})",
        f"- Data: {spec.data_count} rows, hash {spec.data_hash[:16]}",
        f"- Status: {summary.status}, {summary.step} of {summary.total_steps} steps, {summary.seconds:.1f} s",
        f"- Result: {summary.checkpoint.fingerprint if summary.checkpoint else 'nothing saved'}",
        "",
        "## Settings",
        "",
        *(f"- {key}: {value}" for key, value in spec.config.items()),
        "",
        "## First and last step",
        "",
    ]
    rows = step_rows([line for line in folder.events_path.read_text(encoding="utf-8").splitlines()])
    if rows:
        lines += ["| metric | first | last |", "|---|---|---|"]
        lines += [f"| {key} | {rows[0].get(key)} | {rows[-1].get(key)} |" for key in rows[-1]]
    return "\n".join(lines) + "\n"
