"""Reports as the browser draws them: plain values, and every text as text."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from playground.evaluation.export import Shown, in_words, interval_words
from playground.evaluation.plan import Plan
from playground.evaluation.report import Answer, Figure, Report, change
from playground.types import Json
from playground.ui.compare_panes import token_look
from playground.ui.theme import static


def report_view(elem_id: str) -> gr.HTML:
    """The component that draws reports: value = shown_reports(...)."""
    return gr.HTML(
        value=None,
        html_template='<div class="reports"></div>',
        css_template=static("reports.css", "tokens.css"),
        js_on_load="Playground.reports(element, props, watch)",
        apply_default_css=False,
        elem_id=elem_id,
    )


def shown_reports(
    plan: Plan, shown: Shown, asked: bool = False, verb: str = "evaluated", press: str = "Evaluate"
) -> Json:
    """Every report with its figures beside the reference's, and the completions behind them.

    asked: an evaluation that asks this checkpoint is on its way.
    """
    name = plan.checkpoint.name
    yet = "Its first report appears here once its first question is answered."
    beside = plan.reference.name if plan.reference else ""
    return {
        "name": name,
        "beside": beside,
        "ids": {
            "checkpoint": plan.checkpoint.id,
            "beside": plan.reference.id if plan.reference else "",
            "about": ",".join(report.question for report, _ in shown),
        },
        "reports": [report_row(report, before) for report, before in shown],
        "empty": f"{name} is being asked. {yet}" if asked else f"{name} has not been {verb} yet. Press {press}.",
    }


def report_row(report: Report, before: Report | None) -> Json:
    """One report as the browser draws it."""
    findings = report.findings
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(report.created_at))
    judges = f" · judges: {report.judges}" if report.judges else ""
    return {
        "question": report.question,
        "title": report.title,
        "summary": findings.summary,
        "warnings": list(findings.warnings),
        "table": [list(line) for line in findings.table],
        "figures": [_figure(one, before.figure(one.key) if before else None) for one in findings.figures],
        "answers": [_answer(one) for one in findings.answers],
        "made": f"Made {made} · seed {report.seed}{judges}",
    }


def _figure(figure: Figure, was: Figure | None) -> Json:
    row: dict[str, Any] = {
        "title": figure.title,
        "before": in_words(was, was.value) if was else "",
        "now": in_words(figure, figure.value),
        "interval": interval_words(figure),
        "change": change(figure, was),
        "prompts": figure.prompts,
        "means": figure.means,
    }
    known = figure.unit == "share" and figure.low is not None and not figure.says_nothing
    if known and figure.low >= 0:  # the bar runs from 0 to 1
        row["bar"] = {"low": figure.low, "high": figure.high, "value": figure.value, "was": was.value if was else None}
    return row


def _answer(answer: Answer) -> Json:
    cells = {
        "prompt": answer.prompt,
        "completion": answer.completion,
        "verdict": answer.verdict,
        "group": answer.group,
        "expected": answer.expected,
        "beside": answer.beside,
        "note": answer.note,
        "tokens": [[one.text, *token_look(one)] for one in answer.tokens],
    }
    return {name: text for name, text in cells.items() if text or name == "completion"}
