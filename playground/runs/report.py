"""A run in Markdown: what was trained on what, how it ended, its first and last figures; all in the page's words."""

from __future__ import annotations

from typing import Any

from playground.events import to_line
from playground.registry import algorithms, dials
from playground.runs.folder import RunFolder
from playground.runs.origin import data_words
from playground.runs.tail import RunSummary, step_rows
from playground.types import Json
from playground.vocabulary import METRICS


def report(folder: RunFolder, summary: RunSummary) -> str:
    """The whole report."""
    rows = step_rows([to_line(event) for event in folder.events()])
    parts = [_head(summary), _settings(summary), _figures(rows)]
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(summary: RunSummary) -> list[str]:
    spec = summary.spec
    made = summary.checkpoint
    scored = [f"- Reward model: {spec.reward.name} ({spec.reward.id})"] if spec.reward else []
    return [
        f"# {spec.name or spec.id}",
        "",
        f"- Algorithm: {algorithms()[spec.algorithm].title}",
        f"- Started from: {spec.start.name} ({spec.start.id}, fingerprint {spec.start.fingerprint})",
        *scored,
        f"- Data: {data_words(spec)}; hash {spec.data_hash[:16]}",
        f"- Status: {summary.status}, {summary.step} of {summary.total_steps} steps, {summary.seconds:.1f} s",
        *_cost(summary),
        f"- Result: {f'{made.name}, fingerprint {made.fingerprint}' if made else 'nothing saved'}",
        "",
    ]


def _cost(summary: RunSummary) -> list[str]:
    if not summary.cpu_seconds:
        return []
    held = f", at most {summary.peak_bytes / 1e9:.2f} GB of memory" if summary.peak_bytes else ""
    return [f"- Took: {summary.cpu_seconds:.1f} CPU-seconds{held}"]


def _settings(summary: RunSummary) -> list[str]:
    spec = summary.spec
    labels = {field: look.label for field, look in dials(algorithms()[spec.algorithm].config).items()}
    rows = [f"| {labels.get(field, field)} | {value} |" for field, value in spec.config.items()]
    return ["## Settings", "", "| setting | value |", "|---|---|", *rows, ""]


def _figures(rows: list[Json]) -> list[str]:
    seen = {name for row in rows for name, value in row.items() if value is not None}
    lines = []
    for name, metric in METRICS.items():
        if name in seen:
            values = [row[name] for row in rows if row.get(name) is not None]
            lines.append(f"| {metric.title} | {metric.unit} | {_short(values[0])} | {_short(values[-1])} |")
    if not lines:
        return ["No step was made."]
    return ["## First and last figures", "", "| metric | unit | first | last |", "|---|---|---|---|", *lines]


def _short(value: Any) -> str:
    return f"{value:.4g}"
