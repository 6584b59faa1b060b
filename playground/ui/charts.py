"""Figures over several runs, as plain dictionaries for Plotly in the browser. The page fills in its colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.types import Json
from playground.vocabulary import METRICS

_MOST_POINTS = 1500  # a curve in an overlay
_FEW = 20  # points that are shown each by itself: one alone makes no line
_FEW_STEPS = 12  # each has room for its number on the axis


def figure(elem_id: str) -> gr.HTML:
    """A component that draws such a figure: {"data": [...], "layout": {...}, "empty": "why nothing is drawn"}."""
    return gr.HTML(
        value=None,
        html_template='<div class="figure"></div>',
        js_on_load="Playground.figure(element, props, watch)",
        apply_default_css=False,
        elem_id=elem_id,
    )


def overlay(runs: Mapping[str, Sequence[Json]], metric: str, left_out: int = 0) -> Json:
    """One metric of several runs over their steps. `runs` maps a run's name to its rows {"step", metric: value}.

    A note says which of them have no such curve, and how many chosen runs are left out because there are too many.
    """
    words = METRICS[metric]
    data = []
    for colour, (name, rows) in enumerate(runs.items()):
        points = _thinned([(row["step"], row[metric]) for row in rows if row.get(metric) is not None])
        if points:
            data.append(_line(name, points, colour))
    unit = f" ({words.unit})" if words.unit else ""
    layout = {"xaxis": _whole_steps(data), "yaxis": {"title": {"text": words.title + unit}}}
    note = _without([name for name in runs if name not in {line["name"] for line in data}], words.title)
    if left_out:
        note += f" Only the first {len(runs)} ticked runs are drawn."
    empty = f"None of the chosen runs has logged “{words.title}”."
    return {"data": data, "layout": layout, "note": note.strip(), "empty": empty}


def _whole_steps(lines: Sequence[Json]) -> Json:
    """There is no half a step: left to itself, an axis of few steps has ticks between them and names both "1"."""
    axis = {"title": {"text": "step"}, "tickformat": "d"}
    last = max((line["x"][-1] for line in lines), default=0)
    return axis | {"dtick": 1} if 0 < last <= _FEW_STEPS else axis


def _without(names: Sequence[str], title: str) -> str:
    """Says that those runs have no such curve."""
    if not names:
        return ""
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"No curve of {listed}: “{title}” was not logged there."


@dataclass(frozen=True, slots=True)
class BestOf:
    """What the best of n gets, for growing n: (most KL in nats, reward), and the same with the gold reward."""

    reward: str  # the reward model's name
    proxy: tuple[tuple[float, float], ...]
    gold: tuple[tuple[float, float], ...] = ()


def frontier(runs: Mapping[str, Sequence[Json]], gold: bool, best: Sequence[BestOf] = ()) -> Json:
    """Reward against the square root of KL (arXiv:2210.10760): how much reward each run bought for how far it went.

    The solid line is the proxy, the dashed one the gold reward, where it is known and asked for. A point of a long run
    is the mean of a step and its neighbours, else the line would jump back and forth. Best of n is drawn at its bound:
    its true KL lies there or to the left.
    """
    data = []
    for colour, (name, rows) in enumerate(runs.items()):
        for metric, dash, what in (("proxy_reward", "solid", "proxy"), ("gold_reward", "dash", "gold")):
            steps = [(math.sqrt(max(r["kl"], 0.0)), r[metric]) for r in rows if _has(r, "kl", metric)]
            points = _thinned(_smoothed(steps))
            if points and (gold or metric == "proxy_reward"):
                data.append(_line(f"{name}, {what}", points, colour, {"dash": dash}))
    for colour, one in enumerate(best, len(runs)):
        for points, dash, what in ((one.proxy, "solid", "proxy"), (one.gold, "dash", "gold")):
            if points and (gold or what == "proxy"):
                rooted = [(math.sqrt(max(kl, 0.0)), value) for kl, value in points]
                line = _line(f"best of n by {one.reward}, {what} (KL: a bound)", rooted, colour, {"dash": dash})
                data.append(line | {"mode": "lines+markers"})
    layout = {"xaxis": {"title": {"text": "√KL from the reference (√nats)"}}, "yaxis": {"title": {"text": "reward"}}}
    off = _off_the_frontier(runs, gold)
    smooth = any(_reach(sum(_has(row, "kl", "proxy_reward") for row in rows)) for rows in runs.values())
    note = " ".join(filter(None, [_SMOOTH if smooth else "", off]))
    return {"data": data, "layout": layout, "note": note, "empty": off or _NO_FRONTIER}


_NO_FRONTIER = "This needs a policy with a reward and a KL: train one with PPO, or with DPO on a persona's pairs."


_SMOOTH = (
    "A point of a long run is the mean of a step and up to two on either side of it. The last point too: what the run "
    "really ended with stands in its own curves."
)


def _off_the_frontier(runs: Mapping[str, Sequence[Json]], gold: bool) -> str:
    """Says of each policy that is not drawn why it is not."""
    said = []
    for name, rows in runs.items():
        seen = [row for row in rows if _has(row, "kl")]
        if not seen or any(_has(row, "proxy_reward") for row in seen):
            continue
        if not any(_has(row, "gold_reward") for row in seen):
            said.append(
                f"{name} is left off: a run without a reward model has only a gold reward, and no persona labelled "
                "most of its pairs, so that nobody knows it."
            )
        elif not gold:
            said.append(f"{name} has no reward model: its gold reward stands here once you show it.")
    return " ".join(said)


def shared_metrics(runs: Mapping[str, Sequence[Json]]) -> list[str]:
    """Metrics that any of the runs has logged, in the vocabulary's order."""
    seen = {name for rows in runs.values() for row in rows for name in row}
    return [name for name in METRICS if name in seen]


def _line(name: str, points: list[tuple[float, float]], colour: int, line: Json | None = None) -> dict[str, Any]:
    x, y = zip(*points, strict=True)
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(points) <= _FEW else "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "colour": colour,
        "line": line or {},
    }


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    stride = -(-len(points) // _MOST_POINTS) or 1
    return points[::stride] if stride > 1 else points


def _smoothed(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Each point as the mean of itself and up to two neighbours on either side, none where there are few points."""
    reach = _reach(len(points))
    windows = [points[max(0, i - reach) : i + reach + 1] for i in range(len(points))]
    return [(sum(x for x, _ in near) / len(near), sum(y for _, y in near) / len(near)) for near in windows]


def _reach(points: int) -> int:
    """How many neighbours on either side are averaged."""
    return min(2, points // 10)


def _has(row: Json, *names: str) -> bool:
    return all(row.get(name) is not None for name in names)
