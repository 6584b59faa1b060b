"""How alike a room judges, with intervals. Choices of one person are alike, so people are drawn anew, not choices.

An interval is the middle 95 % of what 1,000 rooms drawn from this one would have given; of the agreement, of what 1,000
sets of pairs would have given, since a person drawn twice would agree with themselves.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from playground.preferences.record import Given, Lean, Spread

ROUNDS = 1000
FEWEST_PEOPLE = 10  # with fewer, drawing people anew says too little about other people
FEWEST_PAIRS = 20  # with two labels or more; with half as many, one interval in eight misses the truth
_Z, _Z_POWER = 1.959964, 0.841621  # of a test at 5 %, and of finding in four of five rooms what is there


def agreement(given: Sequence[Given]) -> Spread:
    """Krippendorff's alpha for nominal data: 1 is all alike, 0 is what chance gives."""
    outcomes = sorted({one.outcome for one in given})
    by_pair: dict[str, Counter[str]] = defaultdict(Counter)
    for one in given:
        by_pair[one.pair][one.outcome] += 1
    rows = [[found[outcome] for outcome in outcomes] for found in by_pair.values() if found.total() > 1]
    if len(rows) < FEWEST_PAIRS or len(outcomes) < 2:
        return Spread(None, 0.0, 1.0, len(rows))
    counts, times = kinds_of(rows)  # (kinds of pairs, outcomes)
    drawn = np.vstack([times, draws(times)])  # the first row is the room itself
    labels = counts.sum(1)
    differing = drawn @ ((labels**2 - (counts**2).sum(1)) / (labels - 1))
    totals, n = drawn @ counts, drawn @ labels
    by_chance = n**2 - (totals**2).sum(1)
    with np.errstate(invalid="ignore"):
        alphas = np.where(by_chance > 0, 1 - (n - 1) * differing / by_chance, np.nan)
    if math.isnan(alphas[0]):
        return Spread(None, 0.0, 1.0, len(rows))
    low, high = np.nanquantile(alphas[1:], (0.025, 0.975))
    return Spread(float(alphas[0]), float(low), float(high), len(rows))


def ceiling(given: Sequence[Given]) -> Spread:
    """How often a person chose what most of the others did: more is not to be expected of a reward model."""
    return by_people(list(agreeing(given).values()))


def agreeing(given: Sequence[Given]) -> dict[str, Sequence[float]]:
    """Person -> (how often they chose what most of the others did, of how many pairs); where others are even, none."""
    decided = [one for one in given if one.outcome in ("x", "y")]
    for_x: dict[str, int] = defaultdict(int)  # of each pair, how many more chose x than y
    for one in decided:
        for_x[one.pair] += 1 if one.outcome == "x" else -1
    agreed: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in decided:
        mine = 1 if one.outcome == "x" else -1
        others = for_x[one.pair] - mine
        if others:
            agreed[one.annotator][0] += others * mine > 0
            agreed[one.annotator][1] += 1
    return agreed


def lean(given: Sequence[Given]) -> Lean:
    """How often left was chosen, and how small a lean so many choices would have shown."""
    sides: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in given:
        if one.choice in ("left", "right"):
            sides[one.annotator][0] += one.choice == "left"
            sides[one.annotator][1] += 1
    n = int(sum(all_of for _, all_of in sides.values()))
    left = int(sum(count for count, _ in sides.values()))
    return Lean(by_people(list(sides.values())), binomial_p(left, n), detectable(n))


def by_people(counts: Sequence[Sequence[float]]) -> Spread:
    """A share over all, from (count, of how many) of each person."""
    count, n = sum(count for count, _ in counts), int(sum(of for _, of in counts))
    if len(counts) < FEWEST_PEOPLE:
        return Spread(None, 0.0, 1.0, n)
    people, times = kinds_of(counts)
    drawn = draws(times) @ people
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    return Spread(float(count / n), float(low), float(high), n)


def binomial_p(count: int, n: int) -> float:
    """The exact two-sided test that a share is one half; 1 without a choice."""
    further = max(count, n - count)
    if 2 * further == n:
        return 1.0
    tail = sum(math.exp(_log_choose(n, k) - n * math.log(2)) for k in range(further, n + 1))
    return min(1.0, 2 * tail)


def detectable(n: int) -> float | None:
    """The smallest share above one half that n choices show in four of five rooms; None: not even 100 %."""
    for thousandth in range(501, 1001):
        share = thousandth / 1000
        if n * (share - 0.5) ** 2 >= (_Z / 2 + _Z_POWER * math.sqrt(share * (1 - share))) ** 2:
            return share
    return None


def kinds_of(rows: Sequence[Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """(the different rows, how many there are of each): drawing kinds by how many there are is drawing rows."""
    return np.unique(np.array(rows, dtype=float), axis=0, return_counts=True)


def draws(times: np.ndarray) -> np.ndarray:
    """(ROUNDS, kinds): how many of each kind each round drew, out of as many as there are."""
    n = int(times.sum())
    return np.random.default_rng(0).multinomial(n, times / n, size=ROUNDS).astype(float)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
