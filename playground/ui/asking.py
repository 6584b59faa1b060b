"""A tab that asks in the background: start, how far it is, stop, and coming back to it after a reload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.ui.listener import QUIET, tell, told
from playground.ui.progress_view import following, refused
from playground.ui.tab import Context, workspace

Given = dict[str, Any]
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """The parts of a tab that asks, and what fills them."""

    stop: gr.Button
    progress: gr.HTML  # a progress_view
    reads: dict[str, Any]  # listener arguments: name -> component
    shows: list[Any]  # components that every answer may change
    shown: Callable[[str, Given], Updates]  # (workspace, arguments) -> what they show
    # what changes once more when it is over, on the page where it was begun
    ended: Callable[[str, Given], Updates] = lambda space, given: {}
    changes: tuple[Any, ...] = ()  # the components that this changes besides


@dataclass(frozen=True, slots=True)
class Start:
    """A button that begins to ask."""

    button: gr.Button
    begin: Callable[[str, Given], None]  # raises PlaygroundError
    api_name: str


def asking_events(context: Context, item: gr.Tab, asking: Asking, starts: list[Start]) -> None:
    """Listeners for every start, for Stop, for every answer, and for opening the tab while something is asked."""
    evaluations = context.bench.evaluations
    begun_here = gr.State(False)  # every page follows the work; what is chosen changes only where it was begun
    outputs = [asking.progress, asking.stop, *asking.shows]
    hidden: dict[str, Any] = {"inputs_kwargs": asking.reads, "show_progress": "hidden"}
    for start in starts:
        begun = _begun(context, asking, start, begun_here)
        start.button.click(begun, None, [*outputs, begun_here], api_name=start.api_name, **hidden)

    @told
    def come_back(request: gr.Request) -> Any:
        return following() if evaluations.running(workspace(context, request)) else gr.skip()

    @told
    def moved(request: gr.Request, **given: Any) -> Updates:
        return {asking.stop: gr.update(interactive=True), **asking.shown(workspace(context, request), given)}

    @told
    def over(request: gr.Request, **given: Any) -> Updates:
        space, here = workspace(context, request), given.pop("begun_here")
        now = (here and asking.ended(space, given)) or asking.shown(space, given)
        return {asking.stop: gr.update(interactive=False), begun_here: False, **now}

    @told
    def stop(request: gr.Request) -> None:
        evaluations.stop(workspace(context, request))

    item.select(come_back, None, asking.progress, **QUIET)
    asking.progress.moved(moved, None, outputs[1:], inputs_kwargs=asking.reads, trigger_mode="always_last", **QUIET)
    reads = {**asking.reads, "begun_here": begun_here}
    changed = [*outputs[1:], begun_here, *asking.changes]
    asking.progress.ended(over, None, changed, inputs_kwargs=reads, **QUIET)
    asking.stop.click(stop, None, None, **QUIET)


def _begun(context: Context, asking: Asking, start: Start, begun_here: gr.State) -> Callable[..., Updates]:
    @told
    def begun(request: gr.Request, **given: Any) -> Updates:
        """Ask; the browser follows how far it is."""
        space = workspace(context, request)
        try:
            start.begin(space, given)
        except PlaygroundError as error:
            if not context.bench.evaluations.running(space):
                return {asking.progress: refused(error)}
            tell(error)  # where the progress stands, whoever follows it writes over every other word
            return {asking.progress: gr.skip()}
        shown = asking.shown(space, given)
        return {asking.progress: following(), asking.stop: gr.update(interactive=True), begun_here: True, **shown}

    return begun
