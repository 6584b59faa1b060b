"""What a tab is: one file in playground/ui/tabs that says TAB = Tab(...), and the page finds it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import gradio as gr

from playground.registry import Algorithm
from playground.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Context:
    """What tabs share: the workbench, the tab bar, and the states by which one tab opens another on something."""

    bench: Workbench
    tabs: gr.Tabs
    compare_ids: gr.State  # checkpoint ids that Compare should show; who sets it selects that tab, which empties it
    rank_ids: gr.State  # checkpoint ids whose completions Rank should pair
    rank_hand: gr.State  # pairs put aside, which Rank should show first
    run_id: gr.State  # the run that Runs should open
    reward_id: gr.State  # the reward model that Policy should train against
    evaluate_id: gr.State  # the checkpoint that Evaluate should ask


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. `build` is called inside its gr.Tab."""

    id: str
    order: int
    title: str
    intro: str  # two sentences: what happens here, and why
    build: Callable[[Context, gr.Tab], None]
    curves: Callable[[], Mapping[str, Algorithm]] = dict  # the algorithms whose curves it shows
    words: tuple[str, ...] = ()  # words of the glossary that only the browser writes here


def tabs() -> list[Tab]:
    """All tabs in their order."""
    import playground.ui.tabs as package

    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    return sorted((module.TAB for module in modules if hasattr(module, "TAB")), key=lambda tab: tab.order)


def workspace(context: Context, request: gr.Request) -> str:
    """The workspace of the browser that sent this event."""
    return context.bench.workspace_of(dict(request.cookies) if request else {})
