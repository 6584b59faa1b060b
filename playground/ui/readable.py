"""How what a model wrote is shown. What is stored stays as it is; in the browser P.readable does the same."""

from __future__ import annotations

import re

HALF = "▯"  # stands where bytes make no character that can be shown: a weakly trained model writes half of one
_UNSHOWN = re.compile("[\ufffd\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]+")  # tab and line ends are shown


def readable(text: str) -> str:
    """The text with one sign for every run of what would look like a fault of the page."""
    return _UNSHOWN.sub(HALF, text)
