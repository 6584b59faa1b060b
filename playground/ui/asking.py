"""A tab that asks in the background: start, how far it is, stop, and coming back to it after a reload."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.ui.evaluation_view import progress_html
from playground.ui.listener import QUIET, tell, told
from playground.ui.problem import problem_html
from playground.ui.tab import Context, workspace

Given = dict[str, Any]
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """The parts of a tab that asks, and what fills them."""

    stop: gr.Button
    progress: gr.HTML
    reads: dict[str, Any]  # listener arguments: name -> component
    shows: list[Any]  # components that every answer may change
    shown: Callable[[str, Given], Updates]  # (workspace, arguments) -> what they show


@dataclass(frozen=True, slots=True)
class Start:
    """A button that begins to ask."""

    button: gr.Button
    begin: Callable[[str, Given], None]  # raises PlaygroundError
    api_name: str
    ended: Callable[[str, Given], Updates] = lambda space, given: {}  # what changes once more when it is over
    changes: tuple[Any, ...] = ()  # the components that it changes besides


def asking_events(context: Context, item: gr.Tab, asking: Asking, starts: list[Start]) -> None:
    """Listeners for every start, for Stop, and for opening the tab while something is asked."""
    evaluations = context.bench.evaluations
    outputs = [asking.progress, asking.stop, *asking.shows]
    for start in starts:
        listener = _begun(context, asking, start)
        start.button.click(
            listener,
            None,
            [*outputs, *start.changes],
            inputs_kwargs=asking.reads,
            api_name=start.api_name,
            show_progress="hidden",
        )

    def come_back(request: gr.Request, **given: Any) -> Iterator[Updates]:
        space = workspace(context, request)
        if evaluations.running(space):
            yield from _going_on(context, asking, space, given)
        else:
            yield {asking.progress: gr.skip()}  # a generator that yields nothing empties its outputs

    item.select(come_back, None, outputs, inputs_kwargs=asking.reads, **QUIET)

    @told
    def stop(request: gr.Request) -> None:
        evaluations.stop(workspace(context, request))

    asking.stop.click(stop, None, None, **QUIET)


def _begun(context: Context, asking: Asking, start: Start) -> Callable[..., Iterator[Updates]]:
    def begun(request: gr.Request, **given: Any) -> Iterator[Updates]:
        """Ask; yields how far it is, then the reports."""
        space = workspace(context, request)
        try:
            start.begin(space, given)
        except PlaygroundError as error:
            if not context.bench.evaluations.running(space):
                yield {asking.progress: problem_html(error)}
                return
            tell(error)  # where the progress stands, whoever follows it writes over every other word
            yield {asking.progress: gr.skip()}
            return
        well = yield from _going_on(context, asking, space, given)
        if well and (update := start.ended(space, given)):
            yield update

    return begun


def _going_on(context: Context, asking: Asking, space: str, given: Given) -> Generator[Updates, None, bool]:
    """Tell how far it is; returns whether it ended well."""
    seen = ""
    try:
        for step in context.bench.evaluations.follow(space):
            update = {asking.progress: progress_html(step), asking.stop: gr.update(interactive=True)}
            if step.text != seen:  # it has begun, or a question has been answered
                update |= asking.shown(space, given)
            seen = step.text
            yield update
    except PlaygroundError as error:
        yield {asking.progress: problem_html(error), asking.stop: gr.update(interactive=False)}
        return False
    if seen:
        yield {asking.stop: gr.update(interactive=False), **asking.shown(space, given)}
    return True
