"""What every listener needs: refusals as words on the page instead of a traceback."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}  # of listeners that only redraw


def told(listener: Callable[..., Any]) -> Callable[..., Any]:
    """The listener; a PlaygroundError becomes a warning with its hint, and every output stays as it is."""
    if inspect.isgeneratorfunction(listener):

        @functools.wraps(listener)
        def streamed(*args, **kwargs):
            try:
                yield from listener(*args, **kwargs)
            except PlaygroundError as error:
                tell(error)
                yield gr.skip()

        return streamed

    @functools.wraps(listener)
    def called(*args, **kwargs):
        try:
            return listener(*args, **kwargs)
        except PlaygroundError as error:
            tell(error)
            return gr.skip()

    return called


def tell(error: PlaygroundError) -> None:
    """Show what went wrong and what to do, until the visitor closes it or twenty seconds have passed."""
    gr.Warning(_escaped(f"{error.message} {error.hint}".strip()), duration=20, title="This does not work yet")


def _escaped(text: str) -> str:
    """Toasts render HTML; file and run names in a message must not."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
