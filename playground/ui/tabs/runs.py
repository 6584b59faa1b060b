"""Runs: everything that was trained, over each other, beside each other, and who comes from whom."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import gradio as gr

from playground.registry import algorithms, dials
from playground.runs.tail import RunSummary, step_rows
from playground.types import Json
from playground.ui.charts import figure, frontier, overlay, shared_metrics
from playground.ui.listener import told
from playground.ui.pictures import lineage
from playground.ui.tab import Context, Tab, workspace
from playground.vocabulary import METRICS

_MOST = 6  # runs side by side


def build(context: Context, item: gr.Tab) -> None:
    """The tab's components and listeners."""
    bench = context.bench
    table = gr.HTML(
        value={"rows": [], "chosen": []},
        html_template='<div class="run-table"></div>',
        js_on_load="Playground.runsTable(element, props, watch, () => trigger('chosen'))",
        apply_default_css=False,
        elem_id="runs-table",
    )
    with gr.Row():
        metric = gr.Dropdown([], label="Metric", elem_id="runs-metric", filterable=False, scale=2, min_width=240)
        metric.preprocess = lambda payload: payload
        gold = gr.Checkbox(False, label="Show the gold reward", elem_id="runs-gold", min_width=200)
    gr.Markdown("### The ticked runs over each other")
    curves = figure("runs-overlay")
    with gr.Accordion("Reward against distance: the frontier", open=False):
        gr.Markdown(
            "How much reward each run bought for how far it went from its reference. Proxy and gold part where the "
            "reward model is being exploited; a run that lies above another got more for the same distance.",
            elem_classes="note",
        )
        edge = figure("runs-frontier")
    gr.Markdown("### Their settings side by side")
    settings = gr.HTML(
        value=None,
        html_template='<div class="run-table"></div>',
        js_on_load="Playground.sideBySide(element, props, watch)",
        apply_default_css=False,
        elem_id="runs-settings",
    )
    gr.Markdown("### Lineage: which checkpoint comes from which")
    tree = gr.HTML(
        "",
        html_template='<div class="lineage">${value}</div>',
        js_on_load=None,
        apply_default_css=False,
        elem_id="runs-lineage",
    )

    @told
    def opened(value: Json, metric_now: str | None, gold_now: bool, wanted: str, request: gr.Request) -> dict[Any, Any]:
        space = workspace(context, request)
        summaries = bench.runs.all(space) + bench.runs.recorded()
        ids = [s.spec.id for s in summaries]
        chosen = [c for c in (value or {}).get("chosen", []) if c in ids] or ([wanted] if wanted in ids else ids[:1])
        made = bench.checkpoints.all(space, "policy") + bench.checkpoints.all(space, "reward")
        updates = {table: {"rows": [_row(s) for s in summaries], "chosen": chosen}, tree: lineage(made)}
        return updates | drawn(space, chosen, metric_now, gold_now)

    @told
    def changed(value: Json, metric_now: str | None, gold_now: bool, request: gr.Request) -> dict[Any, Any]:
        return drawn(workspace(context, request), list((value or {}).get("chosen", [])), metric_now, gold_now)

    def drawn(space: str, chosen: Sequence[str], metric_now: str | None, gold_now: bool) -> dict[Any, Any]:
        summaries = [bench.runs.find(space, run_id) for run_id in chosen[:_MOST]]
        rows = {_unique(s): step_rows(bench.runs.tail(space, s.spec.id).lines) for s in summaries}
        offered = [name for name in shared_metrics(rows) if gold_now or name != "gold_reward"]
        shown = metric_now if metric_now in offered else next(iter(offered), None)
        return {
            metric: gr.update(choices=[(METRICS[name].title, name) for name in offered], value=shown),
            curves: overlay(rows, shown)
            if shown
            else {"data": [], "empty": "Tick a run that has made its first step."},
            edge: frontier(rows, gold_now),
            settings: side_by_side(summaries),
        }

    outputs = [metric, curves, edge, settings]
    hidden = {"show_progress": "hidden"}
    item.select(opened, [table, metric, gold, context.run_id], [table, tree, *outputs], api_name="runs_open", **hidden)
    table.chosen(changed, [table, metric, gold], outputs, api_visibility="private", **hidden)
    gr.on([metric.input, gold.input], changed, [table, metric, gold], outputs, api_visibility="private", **hidden)


def side_by_side(summaries: Sequence[RunSummary]) -> Json:
    """The runs' settings as rows; one that differs between them is marked."""
    columns = [_settings(s) for s in summaries]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = []
    for name in names:
        values = [column.get(name, "–") for column in columns]
        rows.append({"setting": name, "values": values, "differs": len(set(values)) > 1})
    return {"runs": [_unique(s) for s in summaries], "rows": sorted(rows, key=lambda row: not row["differs"])}


def _settings(summary: RunSummary) -> dict[str, str]:
    spec = summary.spec
    labels = {field: look.label for field, look in dials(algorithms()[spec.algorithm].config).items()}
    shown = {
        "Algorithm": algorithms()[spec.algorithm].title,
        "Started from": spec.start.name,
        "Reward model": spec.reward.name if spec.reward else "–",
        "Rows": str(spec.data_count),
        "Data": spec.data_hash[:12],
    }
    return shown | {labels.get(field, field): str(value) for field, value in spec.config.items()}


def _unique(summary: RunSummary) -> str:
    return f"{summary.spec.name} ({summary.spec.id[-4:]})"


def _row(summary: RunSummary) -> Json:
    spec = summary.spec
    entry = algorithms()[spec.algorithm]
    main = next((name for panel in entry.charts for name in panel if name in (summary.metrics or {})), None)
    result = f"{METRICS[main].title} {summary.metrics[main]:.3g}" if main and summary.metrics[main] is not None else ""
    progress = f" {summary.step}/{summary.total_steps}" if summary.active and summary.total_steps else ""
    return {
        "id": spec.id,
        "name": spec.name,
        "algorithm": entry.title,
        "status": summary.status,
        "result": result + progress,
        "took": f"{summary.seconds:.0f} s" if summary.seconds else "",
        "when": time.strftime("%d %b %H:%M", time.localtime(spec.created_at)),
    }


TAB = Tab(
    id="runs",
    order=70,
    title="Runs",
    intro="Every run you have made, with all that decided its result. Tick runs to lay their curves and settings side "
    "by side, and see which checkpoint comes from which.",
    build=build,
)
