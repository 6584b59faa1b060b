"""The card that lies beside a run's weights: what they are, who judged, settings, curves, and how to load them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playground.events import to_line
from playground.registry import algorithms
from playground.runs.folder import RunFolder
from playground.runs.origin import data_words
from playground.runs.report import report
from playground.runs.tail import RunSummary, step_rows
from playground.types import Checkpoint, Json, RunSpec
from playground.vocabulary import METRICS

_STEPS = 12  # rows of the table of curves
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def model_card(
    folder: RunFolder, summary: RunSummary, ancestry: Sequence[RunSpec], backbone: Checkpoint, form: str
) -> str:
    """The card in Markdown. ancestry: the runs that made what this one started from and was scored by."""
    rows = step_rows([to_line(event) for event in folder.events()])
    made_from = [f"- {_origin(spec)}" for spec in (summary.spec, *ancestry)]
    parts = [
        _front_matter(summary, backbone, form),
        report(folder, summary),
        "## What it learned from, and what that was made with\n\n" + "\n".join(made_from) + "\n",
        _curves(rows, algorithms()[summary.spec.algorithm].charts),
        _loading(summary, backbone, form),
    ]
    return "\n".join(parts)


def _front_matter(summary: RunSummary, backbone: Checkpoint, form: str) -> str:
    lines = ["---", f"library_name: {'peft' if form == 'adapter' else 'transformers'}"]
    if _HUB_ID.fullmatch(backbone.id):
        lines.append(f"base_model: {backbone.id}")
    lines += ["tags:", "- alignment-playground", f"- {summary.spec.algorithm.replace('_', '-')}", "---", ""]
    return "\n".join(lines)


def _origin(spec: RunSpec) -> str:
    title = algorithms()[spec.algorithm].title
    return f"{spec.name or spec.id} ({title}): {data_words(spec)}; data hash `{spec.data_hash}`, seed {spec.seed}"


def _curves(rows: list[Json], charts: Sequence[Sequence[str]]) -> str:
    """Each curve of the page at up to twelve steps, the first and the last among them."""
    seen = [name for panel in charts for name in panel if any(row.get(name) is not None for row in rows)]
    if not seen:
        return ""
    places = sorted({round(i * (len(rows) - 1) / max(1, _STEPS - 1)) for i in range(_STEPS)})
    head = ["Step", *(METRICS[name].title for name in seen)]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in (rows[place] for place in places):
        cells = [str(row["step"]), *("" if row.get(name) is None else f"{row[name]:.4g}" for name in seen)]
        lines.append(f"| {' | '.join(cells)} |")
    return "## Curves\n\n" + "\n".join(lines) + "\n"


def _loading(summary: RunSummary, backbone: Checkpoint, form: str) -> str:
    if algorithms()[summary.spec.algorithm].makes == "reward":
        what = "A network" if form == "full" else f"A LoRA adapter on {summary.spec.start.name} and a head"
        how = f"{what} with one score as its output: the playground loads it, `playground/rewards/learned.py` says how."
    elif form == "full":
        how = (
            'Load it from this folder by `AutoModelForCausalLM.from_pretrained("this folder")`, the tokenizer likewise.'
        )
    elif summary.spec.start.id == backbone.id:
        name = backbone.id if _HUB_ID.fullmatch(backbone.id) else backbone.name
        how = f'A LoRA adapter on {name}: `PeftModel.from_pretrained(that_model, "this folder")`.'
    else:
        how = (
            f"A LoRA adapter on {summary.spec.start.name}, itself trained here. Merge that into its backbone first, "
            "or download the run with merged weights."
        )
    return f"## How to load it\n\n{how}\n"
