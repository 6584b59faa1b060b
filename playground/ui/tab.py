"""What a tab is: one file in playground/ui/tabs that says TAB = Tab(...), and the page finds it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from playground.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Context:
    """What tabs share: the workbench, the tab bar, and the states by which one tab opens another on something."""

    bench: Workbench
    tabs: gr.Tabs
    compare_ids: gr.State  # list of checkpoint ids that Compare should show; a tab sets it and selects "compare"
    rank_ids: gr.State  # list of checkpoint ids whose completions Rank should pair
    run_id: gr.State  # the run that Runs should open


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. `build` is called inside its gr.Tab."""

    id: str
    order: int
    title: str
    intro: str  # two sentences: what happens here, and why
    build: Callable[[Context, gr.Tab], None]


def tabs() -> list[Tab]:
    """All tabs in their order."""
    import playground.ui.tabs as package

    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    return sorted((module.TAB for module in modules if hasattr(module, "TAB")), key=lambda tab: tab.order)


def workspace(context: Context, request: gr.Request) -> str:
    """The workspace of the browser that sent this event."""
    return context.bench.workspace_of(dict(request.cookies) if request else {})
