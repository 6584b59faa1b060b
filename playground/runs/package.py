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

MERGED = "merged"

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


Files = dict[str, Path | str]  # name in the package -> the file, or its text


def run_files(
    folder: RunFolder, summary: RunSummary, inputs: Sequence[Checkpoint], card: str, weights: Path | None = None
) -> Files:
    """Everything that belongs to a run. `inputs` are the checkpoints that a fresh clone does not have.

    weights: a folder of merged ones, which are added beside those that were trained.
    """
    held = {path.relative_to(folder.path).as_posix(): path for path in _files(folder.path)}
    files: Files = {name: path for name, path in held.items() if not name.startswith(f"{folder.resume_path.name}/")}
    for checkpoint in inputs:
        root = Path(checkpoint.path)
        files |= {f"inputs/{checkpoint.id}/{path.relative_to(root).as_posix()}": path for path in _files(root)}
    files["inputs/checkpoints.json"] = json.dumps([asdict(c) for c in inputs], indent=2)
    files["report.md"] = report(folder, summary)
    files["reproduce.py"] = _REPRODUCE
    files["checkpoint/README.md"] = card
    if weights is not None:
        files |= {f"{MERGED}/{path.relative_to(weights).as_posix()}": path for path in _files(weights)}
        files[f"{MERGED}/README.md"] = card
    return files


def without(files: Files, kept_here: set[str]) -> Files:
    """The same less those preferences, with a note that says how many they are."""
    if not kept_here:
        return files
    rows = (
        Path(files["data.jsonl"]).read_bytes().splitlines(keepends=True)
    )  # bytes: a text may hold other marks of a line's end
    left = [row for row in rows if json.loads(row).get("id") not in kept_here]
    note = (
        f"{len(rows) - len(left)} of {len(rows)} preferences are not in data.jsonl: whoever chose did not allow that "
        "it is published, or has withdrawn. reproduce.py learns from the others, so its weights are not the same.\n"
    )
    return files | {"data.jsonl": b"".join(left).decode(), "left_out.txt": note}


def package_run(name: str, files: Files, target: Path) -> Path:
    """Write them as one zip with one folder of that name in it. Returns `target`."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, content in files.items():
            if isinstance(content, Path):
                archive.write(content, f"{name}/{inside}")
            else:
                archive.writestr(f"{name}/{inside}", content)
    return target


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())
