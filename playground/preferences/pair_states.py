"""How far the pairs of a session are: waiting, on somebody's screen, judged often enough; decided, or tied."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from playground.preferences.loads import Load
from playground.preferences.reading import CHECKS
from playground.preferences.record import Given, PairStates


def pair_states(loads: Sequence[Load], target: int, given: Sequence[Given]) -> PairStates:
    """target: labels that each pair should get. given: every choice that counts; those on other pairs say nothing."""
    states = Counter(_state(load, target) for load in loads)
    ours = {load.pair for load in loads}
    margins: dict[str, int] = defaultdict(int)  # of each labelled pair, how many more preferred x than y
    for one in given:
        if one.pair in ours and one.strategy not in CHECKS:
            margins[one.pair] += {"x": 1, "y": -1}.get(one.outcome, 0)
    decided = sum(margin != 0 for margin in margins.values())
    return PairStates(states["waiting"], states["given out"], states["enough"], decided, len(margins) - decided)


def _state(load: Load, target: int) -> str:
    if load.labels >= target:
        return "enough"
    return "given out" if load.leases else "waiting"
