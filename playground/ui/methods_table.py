"""The ways of training side by side, as a table on the page."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from playground.evaluation.methods import Method, Spread
from playground.evaluation.sheet import Took
from playground.models.memory import in_words
from playground.types import Json
from playground.ui.durations import spoken

_NOTE = (
    "Models trained in the same way from the same labels, at most with another seed, make one column: the spread over "
    "them is what luck alone does. Gold and KL come from the sheet above, processor time and memory from the runs."
)


def methods_table(found: Sequence[Method]) -> Json | None:
    """The table's value; None as long as there is nothing to put side by side."""
    if len(found) < 2 and not any(len(one.models) > 1 for one in found):
        return None
    rows = [
        _row("How it was made", "Models", found, lambda m: _cell(", ".join(m.models))),
        _row("How it was made", "Reward model", found, lambda m: _cell(_told(t.reward or "none" for t in m.took))),
        _row("How it was made", "Preferences", found, lambda m: _cell(_told(str(t.labels) for t in m.took))),
        _row(
            "How it was made", "Completions sampled", found, lambda m: _cell(_told(f"{t.rollouts:,}" for t in m.took))
        ),
        _row("What it took", "Processor time", found, lambda m: _seconds(m.took)),
        _row("What it took", "Most memory", found, lambda m: _memory(m.took)),
        _row("What came of it", "Gold reward gained", found, lambda m: _spread(m.gold, "+.2f")),
        _row("What came of it", "KL from the start", found, lambda m: _spread(m.kl, ".2f")),
    ]
    return {
        "title": "Ways of training, measured",
        "note": _NOTE,
        "names": [one.took[0].method for one in found],
        "start": False,
        "rows": rows,
    }


def _row(part: str, title: str, found: Sequence[Method], cell: Callable[[Method], Json | None]) -> Json:
    return {"part": part, "title": title, "cells": [cell(one) for one in found]}


def _cell(value: str, note: str = "") -> dict[str, Any]:
    return {"value": value, "interval": note, "change": ""}


def _told(values: Iterable[str]) -> str:
    """Each different one once."""
    return ", ".join(dict.fromkeys(values))


def _seconds(took: Sequence[Took]) -> Json | None:
    """The mean of a run; a run made before processor time was written down has none."""
    known = [one for one in took if one.cpu_seconds]
    if not known:
        return None
    note = statistics.mean(one.reward_cpu_seconds for one in known)
    own = statistics.mean(one.cpu_seconds for one in known)
    return _cell(spoken(own), f"and {spoken(note)} for the reward model" if note else "")


def _memory(took: Sequence[Took]) -> Json | None:
    peak = max(one.peak_bytes for one in took)
    return _cell(in_words(peak), "of the training process") if peak else None


def _spread(spread: Spread | None, form: str) -> Json | None:
    if spread is None:
        return None
    if spread.deviation is None:
        return _cell(f"{spread.mean:{form}}", "one run")
    return _cell(f"{spread.mean:{form}}", f"spread over {spread.count} runs: {spread.deviation:.2f}")
