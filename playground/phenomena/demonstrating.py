"""Supervised fine-tuning while somebody watches: a few hundred demonstrations show what the base model knew."""

from __future__ import annotations

from playground.phenomena.behaviour import capitals
from playground.phenomena.lab import Lab
from playground.phenomena.phenomenon import Phenomenon, Row
from playground.pocket import demonstrations

EXAMPLES = 500


def demonstrating(lab: Lab) -> dict[str, float]:
    """Capitals before and after, and how long it took."""
    base = lab.checkpoint("pocket-base")
    examples = demonstrations(EXAMPLES, lab.seed)
    run = lab.train("sft", examples, {"examples": EXAMPLES, "epochs": 2, "held_out_share": 0.0}, start=base)
    return {
        "before": capitals(lab, base),
        "after": capitals(lab, run.checkpoint),
        "seconds": run.seconds,
    }


DEMONSTRATING = Phenomenon(
    "demonstrating",
    "Supervised fine-tuning from 500 examples",
    "The base model learns from 500 demonstrations, each read twice, the rest as usual. Capitals are asked for as no "
    "demonstration asks for them, a quarter of them never asked for at all. Seconds are those of the run, without the "
    "start of its process.",
    demonstrating,
    (
        Row("before", "capitals before"),
        Row("after", "capitals after", at_least=0.95),
        Row("seconds", "seconds", at_most=5.0),
    ),
)
