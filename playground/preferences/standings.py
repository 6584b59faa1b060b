"""How strong each checkpoint is by what a room chose: the share that it won, and Bradley-Terry.

There the chance that i is preferred to j is sigmoid(strength_i - strength_j) (Bradley and Terry 1952); a choice of
neither is half a win for each. A weak prior keeps a checkpoint that won every time at a finite strength. Intervals are
by people drawn anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from playground.preferences.record import Spread, Standing, Written
from playground.preferences.resampling import FEWEST_PEOPLE, by_people, draws, kinds_of

_PRIOR = 0.1  # precision of the strengths around 0
_MOST_STEPS, _NEAR, _WIDEST = 50, 1e-9, 2.0  # of Newton's method


def standings(choices: Sequence[Written]) -> list[Standing]:
    """Each checkpoint that was judged against another, the strongest first."""
    between = [one for one in choices if one.left != one.right]
    names = sorted({name for one in between for name in (one.left, one.right)}, key=lambda name: name or "")
    if not names:
        return []
    wins = _wins(between, names)
    fitted = _strengths(wins)
    found = [_standing(name, at, wins, fitted) for at, name in enumerate(names)]
    order = fitted[0].argsort()[::-1]
    return [found[at] for at in order]


def told_apart(found: Sequence[Standing]) -> bool | None:
    """Whether the intervals of no two neighbours overlap; None where the people are too few to tell."""
    strengths = [one.strength for one in found]
    if any(one.value is None for one in strengths):
        return None
    return all(weaker.high < stronger.low for stronger, weaker in pairwise(strengths))


def fit(wins: np.ndarray) -> np.ndarray:
    """Strengths (R, M) of R tables of wins (R, M, M) of the row's checkpoint over the column's."""
    games, size = wins + wins.transpose(0, 2, 1), wins.shape[1]
    found = np.zeros(wins.shape[:2])
    for _ in range(_MOST_STEPS):
        chance = 1 / (1 + np.exp(found[:, None, :] - found[:, :, None]))  # (R, M, M): that the row's wins
        slope = (wins - games * chance).sum(2) - _PRIOR * found
        bend = games * chance * (1 - chance)
        curve = np.eye(size) * (bend.sum(2)[:, :, None] + _PRIOR) - bend
        step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        found = found + np.clip(step, -_WIDEST, _WIDEST)
        if np.abs(step).max() < _NEAR:
            break
    return found


def _wins(between: Sequence[Written], names: Sequence[str | None]) -> np.ndarray:
    """(people, M, M): how often each person preferred the row's checkpoint to the column's."""
    place = {name: at for at, name in enumerate(names)}
    found: dict[str, np.ndarray] = defaultdict(lambda: np.zeros((len(names), len(names))))
    for one in between:
        left, right = place[one.left], place[one.right]
        found[one.annotator][left, right] += one.score
        found[one.annotator][right, left] += 1 - one.score
    return np.stack(list(found.values()))


def _strengths(wins: np.ndarray) -> np.ndarray:
    """(1 + rounds, M): of the room itself and, where it has people enough, of rooms drawn from it."""
    size = wins.shape[1]
    if len(wins) < FEWEST_PEOPLE:
        return fit(wins.sum(0, keepdims=True))
    kinds, times = kinds_of(wins.reshape(len(wins), -1))
    rooms = np.vstack([times, draws(times)]) @ kinds
    return fit(rooms.reshape(-1, size, size))


def _standing(name: str | None, at: int, wins: np.ndarray, fitted: np.ndarray) -> Standing:
    won, lost = wins[:, at, :].sum(1), wins[:, :, at].sum(1)  # of each person
    counts = [(mine, mine + its) for mine, its in zip(won, lost, strict=True) if mine + its]
    rate, n = by_people(counts), int((won + lost).sum())
    few = len(wins) < FEWEST_PEOPLE
    low, high = (0.0, 0.0) if few else np.quantile(fitted[1:, at], (0.025, 0.975))
    value = None if few else float(fitted[0, at])
    return Standing(name, float(won.sum() / n), rate, Spread(value, float(low), float(high), n))
