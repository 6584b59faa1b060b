"""The tax sheet on the page: one table and one picture for every checkpoint that came from the same start."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import gradio as gr

from playground.evaluation.export import in_words, interval_words
from playground.evaluation.methods import methods
from playground.evaluation.report import Figure, change
from playground.evaluation.sheet import Measure, Sheet
from playground.types import Json
from playground.ui.charts import figure
from playground.ui.methods_table import methods_table
from playground.ui.theme import static

WHAT = (
    "Training to please has a price. This sheet lays every model from the same start side by side: above what it "
    "gained, below what that may have cost. Circles in the picture are the start's figures; bars are 95 % intervals."
)
_APART = 0.14  # of the room of one line


def sheet_parts() -> tuple[gr.Markdown, gr.Button, gr.HTML, gr.HTML]:
    """The estimate, the button, the table and the picture."""
    gr.Markdown(f"### The tax sheet\n\n{WHAT}")
    facts = gr.Markdown("", elem_id="sheet-facts", elem_classes="note")
    measure = gr.Button("Fill in the tax sheet", scale=0, min_width=200, elem_id="sheet-run")
    table = gr.HTML(
        value=None,
        html_template='<div class="sheet"></div>',
        css_template=static("reports.css"),
        js_on_load="Playground.taxSheet(element, props, watch)",
        apply_default_css=False,
        elem_id="sheet-table",
    )
    return facts, measure, table, figure("sheet-picture")


def sheet_table(sheet: Sheet) -> Json:
    """The value of the tables: the sheet, a row a measure and a cell a checkpoint, and the ways of training."""
    names = [column.checkpoint.name for column in sheet.columns]
    return {
        "sheet": {"names": names, "start": True, "rows": [_row(measure, figures) for measure, figures in sheet.lines]},
        "methods": methods_table(methods(sheet)),
    }


def sheet_picture(sheet: Sheet) -> Json:
    """Every share of the sheet as a point with its interval, one colour a checkpoint; the start's are circles."""
    lines = [line for line in reversed(sheet.lines) if any(one and one.unit == "share" for one in line[1])]
    count = len(sheet.columns)
    data = []
    for place, column in enumerate(sheet.columns):
        above = ((count - 1) / 2 - place) * _APART  # points of one line stand below each other, the start on top
        points = [(at + above, figures[place]) for at, (_, figures) in enumerate(lines) if figures[place]]
        if points:
            data.append(_points(column.checkpoint.name, points, place))
    layout = {
        "height": 100 + 40 * len(lines),
        "xaxis": {"range": [-3, 103], "ticksuffix": " %"},
        "yaxis": {
            "tickmode": "array",
            "tickvals": list(range(len(lines))),
            "ticktext": ["<br>".join(textwrap.wrap(measure.title, 20)) for measure, _ in lines],
            "range": [-0.6, len(lines) - 0.4],
            "automargin": True,
        },
    }
    return {"data": data, "layout": layout, "empty": "The picture appears once the sheet is filled in."}


def facts_words(names: Sequence[str], seconds: str | None) -> str:
    """What the button would do, and in how long."""
    if len(names) < 2:
        return (
            f"{names[0]} is the only model of its line so far: train one from it, and it will stand beside its start."
        )
    takes = f" About **{seconds}**; what was asked before is not asked again." if seconds else ""
    return f"In the sheet: {', '.join(names)}.{takes}"


def _row(measure: Measure, figures: Sequence[Figure | None]) -> Json:
    start = figures[0]
    cells: list[Any] = [_cell(one, _judged(one, start, i)) if one else None for i, one in enumerate(figures)]
    return {"title": measure.title, "part": "What was gained" if measure.gain else "What it cost", "cells": cells}


def _cell(figure: Figure, judged: str) -> Json:
    return {"value": in_words(figure, figure.value), "interval": interval_words(figure), "change": judged}


def _judged(figure: Figure, start: Figure | None, place: int) -> str:
    """Against the start; a win rate against one half."""
    if place == 0 or figure.low is None or figure.high is None:
        return ""
    if start is not None:
        return change(figure, start)
    level = {"share": 0.5}.get(figure.unit, 0.0)
    if figure.good != "up":
        return ""
    return "better" if figure.low > level else "worse" if figure.high < level else "no clear change"


def _points(name: str, points: Sequence[tuple[float, Figure]], place: int) -> Json:
    values = [100 * one.value for _, one in points]
    above = [100 * ((one.value if one.high is None else one.high) - one.value) for _, one in points]
    below = [100 * (one.value - (one.value if one.low is None else one.low)) for _, one in points]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": values,
        "y": [at for at, _ in points],
        "text": [one.title for _, one in points],
        "hovertemplate": "%{text}: %{x:.0f} %",
        "colour": place,
        "marker": {"size": 8, "symbol": "circle-open" if place == 0 else "circle"},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": above,
            "arrayminus": below,
            "thickness": 1.5,
            "width": 0,
        },
    }
