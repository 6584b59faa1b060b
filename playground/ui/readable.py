"""How what a model wrote is shown. What is stored stays as it is; in the browser P.readable does the same."""

from __future__ import annotations

import re

HALF = "▯"  # stands where bytes make no whole character: a weakly trained model writes half of one


def readable(text: str) -> str:
    """The text with one sign for every run of U+FFFD, which looks like a fault of the page."""
    return re.sub("\ufffd+", HALF, text)
