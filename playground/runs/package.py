"""A run as one zip: its folder, the checkpoints it started from, and reproduce.py, which makes it again."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from playground.runs.folder import RunFolder
from playground.runs.report import report
from playground.runs.tail import RunSummary
from playground.types import Checkpoint

_REPRODUCE = '''# Run me in the playground's folder, where app.py lies: PYTHONPATH=. python path/to/reproduce.py
"""Makes this run again without the page, and says whether the weights came out the same."""

import sys
from pathlib import Path

try:
    from playground.training.reproduce import reproduce
except ModuleNotFoundError as missing:
    sys.exit(
        f"{missing}. Install the playground's requirements.txt, go to the playground's folder, where app.py lies, "
        f"and run: PYTHONPATH=. python {Path(__file__).resolve()}"
    )

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
