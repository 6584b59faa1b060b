"""How well the base model's surprise tells the world's own prompts from strangers, and where the line is drawn."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

from playground.pocket import exam
from playground.pocket.build.lens import Model
from playground.pocket.card import Figure
from playground.pocket.demonstrations import MIXED, demonstrations
from playground.pocket.recognise import recognise
from playground.pocket.surprise import surprise_threshold, surprises
from playground.preferences.statistics import wilson

_PROMPTS, _SEED, _BELOW = 600, 31, 0.95


def write_threshold(folder: Path, base: Model) -> None:
    """Keep the surprise that one in twenty prompts of demonstrations exceeds; strangers have no say in it."""
    texts = [example.prompt.text for example in demonstrations(_PROMPTS, _SEED, MIXED)]
    inside = [text for text in texts if recognise(text)]
    threshold = statistics.quantiles(surprises(base.network, base.tokenizer, inside), n=20)[-1]
    text = json.dumps({"threshold": round(threshold, 3), "unit": "nats a byte", "inside_below": _BELOW})
    (folder / "surprise.json").write_text(text + "\n", encoding="utf-8")


def surprise_figures(base: Model) -> tuple[Figure, ...]:
    """The area under the curve, and both kinds of error at the threshold."""
    inside = surprises(base.network, base.tokenizer, [t.text for t in (*exam.seen_facts(200), *exam.plain_requests())])
    outside = surprises(base.network, base.tokenizer, [task.text for task in exam.outside()])
    line = surprise_threshold()
    return (
        Figure("surprise tells inside from outside (AUC)", auc(inside, outside), len(inside) + len(outside)),
        _above("outside prompts above the surprise threshold", outside, line),
        _above("inside prompts above the surprise threshold", inside, line),
    )


def auc(low: Sequence[float], high: Sequence[float]) -> float:
    """The chance that one of high is above one of low; ties count half."""
    pairs = len(low) * len(high)
    return sum((b > a) + 0.5 * (a == b) for a in low for b in high) / pairs


def _above(name: str, values: Sequence[float], line: float) -> Figure:
    hits = [value > line for value in values]
    return Figure(name, sum(hits) / len(hits), len(hits), *wilson(sum(hits), len(hits)))
