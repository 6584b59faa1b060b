"""Durations in words, the same wherever the page's process says one; the browser's are P.seconds."""

from __future__ import annotations


def spoken(seconds: float) -> str:
    """A duration in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
