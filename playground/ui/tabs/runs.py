"""Runs: everything that was trained, over each other, beside each other, and who comes from whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.runs.tail import step_rows
from playground.types import Json
from playground.ui.charts import BestOf, figure, frontier, overlay, shared_metrics
from playground.ui.hub_push import hub_fold
from playground.ui.lineage import lineage
from playground.ui.listener import told
from playground.ui.run_rows import names_of, run_row, side_by_side
from playground.ui.tab import Context, Tab, workspace
from playground.vocabulary import METRICS
from playground.workbench import Workbench
from playground.workbench.best_picks import best_picks

_MOST = 6  # runs side by side


def build(context: Context, item: gr.Tab) -> None:
    """The tab's components and listeners."""
    bench = context.bench
    table = _shown_by("runsTable", "runs-table", ", () => trigger('chosen'), () => trigger('changed_runs')")
    with gr.Row():
        metric = gr.Dropdown([], label="Metric", elem_id="runs-metric", filterable=False, scale=2, min_width=240)
        metric.preprocess = lambda payload: payload
        gold = gr.Checkbox(False, label="Show the gold reward", elem_id="runs-gold", min_width=200)
    gr.Markdown("### The ticked runs over each other")
    curves = figure("runs-overlay")
    edge = _frontier_fold()
    gr.Markdown("### Settings of the ticked runs")
    settings = _shown_by("sideBySide", "runs-settings")
    gr.Markdown("### Lineage: which checkpoint comes from which")
    tree = _lineage_tree()
    hub_fold(context, "the ticked run", lambda space, name, value: _pushed(bench, space, name, value), table)

    @told
    def opened(value: Json, metric_now: str | None, gold_now: bool, wanted: str, request: gr.Request) -> dict[Any, Any]:
        space = workspace(context, request)
        version = bench.runs.version(space)  # read first: what comes meanwhile makes it another
        own, recorded = bench.runs.all(space), bench.runs.recorded()
        ids = [s.spec.id for s in [*own, *recorded]]
        chosen = [c for c in (value or {}).get("chosen", []) if c in ids] or ([wanted] if wanted in ids else ids[:1])
        rows = [run_row(s, recorded=False) for s in own] + [run_row(s, recorded=True) for s in recorded]
        made = bench.checkpoints.all(space, "policy") + bench.checkpoints.all(space, "reward")
        scored_by = {s.spec.id: s.spec.reward.id for s in own if s.spec.reward}
        updates = {table: {"rows": rows, "chosen": chosen, "version": version}, tree: lineage(made, scored_by)}
        return updates | drawn(space, chosen, metric_now, gold_now)

    @told
    def changed(value: Json, metric_now: str | None, gold_now: bool, request: gr.Request) -> dict[Any, Any]:
        return drawn(workspace(context, request), list((value or {}).get("chosen", [])), metric_now, gold_now)

    def drawn(space: str, chosen: Sequence[str], metric_now: str | None, gold_now: bool) -> dict[Any, Any]:
        summaries = [bench.runs.find(space, run_id) for run_id in chosen[:_MOST]]
        names = names_of(summaries)
        rows = {names[s.spec.id]: step_rows(bench.runs.tail(space, s.spec.id).lines) for s in summaries}
        offered = [name for name in shared_metrics(rows) if gold_now or name != "gold_reward"]
        shown = metric_now if metric_now in offered else next(iter(offered), None)
        judges = {s.spec.id: s for s in bench.runs.all(space) if s.spec.algorithm == "reward_model"}
        return {
            metric: gr.update(choices=[(METRICS[name].title, name) for name in offered], value=shown),
            curves: overlay(rows, shown, left_out=len(chosen) - len(summaries)) if shown else _NOTHING,
            edge: frontier(rows, gold_now, [BestOf(*one) for one in best_picks(bench.evaluations, space, summaries)]),
            settings: side_by_side(summaries, judges),
        }

    outputs = [metric, curves, edge, settings]
    hidden = {"show_progress": "hidden"}
    everything = [table, metric, gold, context.run_id]
    item.select(opened, everything, [table, tree, *outputs], api_name="runs_open", **hidden)
    table.changed_runs(opened, everything, [table, tree, *outputs], api_visibility="private", **hidden)
    table.chosen(changed, [table, metric, gold], outputs, api_visibility="private", **hidden)
    gr.on([metric.input, gold.input], changed, [table, metric, gold], outputs, api_visibility="private", **hidden)


def _frontier_fold() -> gr.HTML:
    """The frontier, folded: its figure."""
    with gr.Accordion("Reward against distance: the frontier", open=False):
        gr.Markdown(
            "How much reward each run bought for how far it went from its reference. Proxy and gold part where the "
            "reward model is being exploited; a run that lies above another got more for the same distance. "
            "Best of n needs no training: ask for it in Evaluate, about the model that the run started from, and it "
            "stands here too, at the most KL that it can have.",
            elem_classes="note",
        )
        return figure("runs-frontier")


def _lineage_tree() -> gr.HTML:
    return gr.HTML(
        "",
        html_template='<div class="lineage">${value}</div>',
        js_on_load=None,
        apply_default_css=False,
        elem_id="runs-lineage",
    )


def _pushed(bench: Workbench, space: str, name: str, value: Json) -> str:
    """Push the one run that is ticked, its adapter merged; returns the address."""
    ticked = (value or {}).get("chosen", [])
    if len(ticked) != 1:
        raise PlaygroundError(f"{len(ticked)} runs are ticked.", hint="Tick the one that you want to put there.")
    made = bench.runs.find(space, ticked[0]).checkpoint
    return bench.takeaway.push_run(space, ticked[0], name, "merged" if made and made.merges else "trained")


_NOTHING: Json = {"data": [], "empty": "Tick a run that has made its first step."}


def _shown_by(script: str, elem_id: str, more: str = "") -> gr.HTML:
    """A table that the browser draws from the component's value."""
    return gr.HTML(
        value={},
        html_template='<div class="run-table"></div>',
        js_on_load=f"Playground.{script}(element, props, watch{more})",
        apply_default_css=False,
        elem_id=elem_id,
    )


TAB = Tab(
    id="runs",
    order=70,
    title="Runs",
    intro="Every run you have made, with all that decided its result. Tick runs to lay their curves and settings side "
    "by side, and see which checkpoint comes from which.",
    build=build,
)
