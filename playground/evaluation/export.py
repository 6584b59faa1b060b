"""Reports as Markdown for people and as JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Literal

from playground.evaluation.report import Answer, Figure, Report, to_json

Form = Literal["md", "json"]
Shown = Sequence[tuple[Report, Report | None]]  # each report, and the same question's about the reference


def as_markdown(shown: Shown) -> str:
    """All figures with what they mean, and every completion behind them."""
    first = shown[0][0]
    head = [f"# {first.checkpoint}, evaluated", "", f"Fingerprint {first.fingerprint}. Intervals are 95 %.", ""]
    return "\n".join(head + [line for report, before in shown for line in _section(report, before)]) + "\n"


def as_json(shown: Shown) -> str:
    """The reports as they are kept."""
    return json.dumps(
        [{"report": to_json(report), "before": to_json(before) if before else None} for report, before in shown],
        indent=1,
        ensure_ascii=False,
    )


def in_words(figure: Figure | None, value: float | None) -> str:
    """A number of the figure's unit."""
    if figure is None or value is None:
        return "–"
    if figure.unit == "share":
        return f"{100 * value:.0f} %"
    if figure.unit == "sd":
        return f"{round(value, 2) or 0.0:+.2f} sd".replace("-", "−")
    return f"{value:.3g} {figure.unit}".strip().replace("-", "−")


def interval_words(figure: Figure) -> str:
    """The interval."""
    if figure.low is None or figure.high is None:
        return "–"
    if figure.says_nothing:
        return "too few to tell"
    return f"{in_words(figure, figure.low)} to {in_words(figure, figure.high)}"


def _section(report: Report, before: Report | None) -> list[str]:
    beside = f" Compared with {report.reference} ({report.reference_fingerprint})." if report.reference else ""
    judges = f" Judges: {report.judges}." if report.judges else ""
    lines = [f"## {report.title}", "", f"{plain(report.findings.summary)}{beside}{judges}", ""]
    lines += [f"**{plain(warning)}**\n" for warning in report.findings.warnings]
    lines += _figures(report, before)
    lines += [f"Seed {report.seed}, prompts {report.prompts_hash}, {report.seconds:.1f} s.", ""]
    return lines + _answers(report.findings.answers)


def plain(text: str) -> str:
    """On one line and escaped, so that nothing that a warning quotes is read as Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", " ".join(text.split()))


def _figures(report: Report, before: Report | None) -> list[str]:
    head = ["| figure | before | now | 95 % interval | prompts | what it means |", "|---|---|---|---|---|---|"]
    return [*head, *(_row(figure, before) for figure in report.findings.figures), ""]


def _row(figure: Figure, before: Report | None) -> str:
    was = before.figure(figure.key) if before else None
    cells = (
        figure.title,
        in_words(was, was.value if was else None),
        in_words(figure, figure.value),
        interval_words(figure),
        str(figure.prompts),
        figure.means,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _answers(answers: Sequence[Answer]) -> list[str]:
    if not answers:
        return []
    lines = ["<details><summary>Completions</summary>", ""]
    for one in answers:
        lines += _block(" ".join(filter(None, [f"[{one.verdict}]", one.group, one.note])), one)
    return [*lines, "</details>", ""]


def _block(head: str, one: Answer) -> list[str]:
    """Indented as code, so that nothing in a completion is read as Markdown or HTML."""
    rows = [("prompt", one.prompt), ("completion", one.completion), ("beside", one.beside), ("expected", one.expected)]
    texts = [f"{name}: {text}" for name, text in rows if text]
    return [f"    {line}" for text in [head, *texts] for line in text.splitlines()] + [""]


FORMS: dict[Form, Callable[[Shown], str]] = {"md": as_markdown, "json": as_json}
