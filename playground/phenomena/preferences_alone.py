"""Direct preference optimisation: what a hundred pairs do, to taste and to knowledge."""

from __future__ import annotations

import statistics

from playground.phenomena.behaviour import behaviour, facts, sums
from playground.phenomena.lab import Lab
from playground.phenomena.labels import persona_pairs
from playground.phenomena.phenomenon import Phenomenon, Row

PAIRS = 100


def by_preferences(lab: Lab) -> dict[str, float]:
    """Gold reward and facts before and after."""
    start = lab.checkpoint("pocket-sft")
    rows = persona_pairs(lab, start, "polite", PAIRS)
    after = lab.train("dpo", rows, {"held_out_share": 0.0}, start=start, persona="polite").checkpoint
    golds = behaviour(lab, start).golds("polite")
    rise = behaviour(lab, after).gold("polite") - statistics.mean(golds)
    return {
        "gold_rise": rise,
        "gold_rise_spread": rise / statistics.stdev(golds),
        "facts_fall": 100 * (facts(lab, start) - facts(lab, after)),
        "sums_fall": 100 * (sums(lab, start) - sums(lab, after)),
    }


DPO = Phenomenon(
    "dpo",
    "DPO from 100 pairs",
    "Labels of the polite persona, the usual settings. The spread is the standard deviation of the gold reward over "
    "the SFT model's own texts.",
    by_preferences,
    (
        Row("gold_rise", "gold reward rises by"),
        Row("gold_rise_spread", "the same in spreads", at_least=1.0),
        Row("facts_fall", "facts fall by (points)", at_most=5.0),
        Row("sums_fall", "sums fall by (points)"),
    ),
)
