"""Direct preference optimisation: what a hundred pairs do, to taste and to knowledge."""

from __future__ import annotations

import statistics

from playground.phenomena.behaviour import behaviour, facts, sums
from playground.phenomena.lab import Lab
from playground.phenomena.labels import persona_pairs
from playground.phenomena.phenomenon import Phenomenon, Row
from playground.registry import algorithms

PAIRS = 100
KEPT = "Keep the chosen likely"


def by_preferences(lab: Lab) -> dict[str, float]:
    """Gold reward, facts and sums before and after, plainly and with imitation of the chosen texts."""
    start = lab.checkpoint("pocket-sft")
    rows = persona_pairs(lab, start, "polite", PAIRS)
    golds, knew, counted = behaviour(lab, start).golds("polite"), facts(lab, start), sums(lab, start)
    values = {}
    for name, preset in (("plain", {}), ("kept", algorithms()["dpo"].presets[KEPT])):
        after = lab.train("dpo", rows, {"held_out_share": 0.0, **preset}, start=start, persona="polite").checkpoint
        rise = behaviour(lab, after).gold("polite") - statistics.mean(golds)
        values[f"{name}_gold"] = rise
        values[f"{name}_spread"] = rise / statistics.stdev(golds)
        values[f"{name}_facts"] = 100 * (knew - facts(lab, after))
        values[f"{name}_sums"] = 100 * (counted - sums(lab, after))
    return values


DPO = Phenomenon(
    "dpo",
    "DPO from 100 pairs",
    f"Labels of the polite persona, the usual settings; then the preset {KEPT!r}, which adds the likelihood of the "
    "chosen texts. The spread is the standard deviation of the gold reward over the SFT model's own texts.",
    by_preferences,
    tuple(
        Row(f"{name}_{key}", f"{words}: {what}", **goal)
        for name, words in (("plain", "usual"), ("kept", "with imitation"))
        for key, what, goal in (
            ("gold", "gold reward rises by", {}),
            ("spread", "the same in spreads", {"at_least": 1.0}),
            ("facts", "facts fall by (points)", {"at_most": 5.0}),
            ("sums", "sums fall by (points)", {}),
        )
    ),
)
