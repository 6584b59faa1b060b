"""An error as HTML in the page, for places where a toast would pass by unread."""

from __future__ import annotations

from html import escape

from playground.errors import PlaygroundError


def problem_html(error: PlaygroundError) -> str:
    """What was seen, what to do."""
    return f'<div class="problem" role="alert"><b>{escape(error.message)}</b> {escape(error.hint)}</div>'
