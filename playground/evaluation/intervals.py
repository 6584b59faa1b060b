"""95 % intervals of means, of ratios, and of a win rate with length taken out. Shares have Wilson's, elsewhere."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from playground.preferences.statistics import Z

# 97.5 % quantiles of Student's t for 1, 2, … degrees of freedom: a mean of few values is known less surely.
_T_QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
_FEWEST = 5  # prompts that go the other way: with fewer, the curve's error says nothing
_SHRINK = 0.1  # pulls a slope of the length towards 0 where wins and losses can be told apart by length alone


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval; the ends are None where the values say nothing about them."""

    value: float | None
    low: float | None
    high: float | None


def t_quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t (beyond the table Cornish and Fisher's expansion, right to 1e-3)."""
    if freedom <= len(_T_QUANTILES):
        return _T_QUANTILES[freedom - 1]
    first, second = (Z**3 + Z) / 4, (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96
    third = (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384
    return Z + first / freedom + second / freedom**2 + third / freedom**3


def mean_of(values: Sequence[float]) -> Estimate:
    """The mean with its t interval."""
    if not values:
        return Estimate(None, None, None)
    mean, n = statistics.fmean(values), len(values)
    if n < 2:
        return Estimate(mean, None, None)
    half = t_quantile(n - 1) * statistics.stdev(values) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half)


def ratio_of(tops: Sequence[float], bottoms: Sequence[float]) -> Estimate:
    """Sum over sum, as nats over tokens, with the interval of a ratio over texts (the delta method)."""
    if not tops:
        return Estimate(None, None, None)
    ratio, n = sum(tops) / sum(bottoms), len(tops)
    if n < 2:
        return Estimate(ratio, None, None)
    off = [top - ratio * bottom for top, bottom in zip(tops, bottoms, strict=True)]
    half = t_quantile(n - 1) * statistics.stdev(off) / math.sqrt(n) / statistics.fmean(bottoms)
    return Estimate(ratio, ratio - half, ratio + half)


def length_controlled(scores: Sequence[float], longer: Sequence[float]) -> Estimate:
    """The win rate that two equally long completions would have (the idea of arXiv:2404.04475).

    scores: 1 won, 0 lost, 0.5 tied, one a prompt. longer: by how many words the completion is longer than the other.
    A logistic curve of the score over tanh(difference / its spread) is fitted; its height at 0 is the figure. The
    error is the larger of the model's own and a sandwich's (White 1980). It has no interval where fewer than 5 go the
    other way: near 0 and 1 both errors are far too small for so few.
    """
    n = len(scores)
    if n < 2:
        return Estimate(scores[0] if scores else None, None, None)
    spread = math.sqrt(statistics.fmean([x * x for x in longer])) or 1.0
    xs = [math.tanh(x / spread) for x in longer]
    height, slope = _fit(scores, xs)
    if min(sum(scores), n - sum(scores)) < _FEWEST:
        return Estimate(_sigmoid(height), None, None)
    reach = t_quantile(n - 1) * _height_error(scores, xs, height, slope)
    return Estimate(_sigmoid(height), _sigmoid(height - reach), _sigmoid(height + reach))


def _fit(scores: Sequence[float], xs: Sequence[float]) -> tuple[float, float]:
    """Height and slope of the logistic curve, by Newton's method on the shrunk likelihood."""
    height = slope = 0.0
    for _ in range(50):
        rates = [_sigmoid(height + slope * x) for x in xs]
        g0 = sum(s - p for s, p in zip(scores, rates, strict=True)) - _SHRINK * height
        g1 = sum((s - p) * x for s, p, x in zip(scores, rates, xs, strict=True)) - _SHRINK * slope
        a, b, c = _curvature(xs, rates)
        det = a * c - b * b
        step0, step1 = (c * g0 - b * g1) / det, (a * g1 - b * g0) / det
        height, slope = height + max(-2.0, min(2.0, step0)), slope + max(-2.0, min(2.0, step1))
        if abs(step0) + abs(step1) < 1e-9:
            break
    return height, slope


def _height_error(scores: Sequence[float], xs: Sequence[float], height: float, slope: float) -> float:
    rates = [_sigmoid(height + slope * x) for x in xs]
    a, b, c = _curvature(xs, rates)
    det = a * c - b * b
    pulls = [(c - b * x) / det * (s - p) for s, p, x in zip(scores, rates, xs, strict=True)]
    sandwich = sum(pull * pull for pull in pulls) * len(xs) / max(1, len(xs) - 2)
    return math.sqrt(max(sandwich, c / det))


def _curvature(xs: Sequence[float], rates: Sequence[float]) -> tuple[float, float, float]:
    """The 2 x 2 matrix of second derivatives: (height height, height slope, slope slope)."""
    weights = [p * (1 - p) for p in rates]
    return (
        sum(weights) + _SHRINK,
        sum(w * x for w, x in zip(weights, xs, strict=True)),
        sum(w * x * x for w, x in zip(weights, xs, strict=True)) + _SHRINK,
    )


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, x))))
