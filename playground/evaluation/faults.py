"""From scores of changed completions to faults in words: how large, how sure, how bad, and what would mend it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from playground.evaluation.intervals import Estimate, mean_of
from playground.evaluation.perturbations import Probe
from playground.types import Completion

Severity = Literal["mild", "serious", "severe"]
Worth = Callable[[Completion], float]
LEAST = 0.3  # sd: smaller effects are no fault
_SERIOUS, _SEVERE = 0.75, 1.5  # sd
_NO_FALL = 0.1  # sd: a score that falls by less does not fall
_STEEPEST = 3.0  # times as steep as usual, and a curve still is the annotator's reward, stretched
_NEARLY_ALL = 0.9  # of the pairs in the right order, and a change is minded, however little the score falls


@dataclass(frozen=True, slots=True)
class Effect:
    """What one probe's change does to the score, in standard deviations of the score."""

    probe: Probe
    shifts: tuple[float, ...]  # by pair
    wanted: tuple[float, ...]  # what the annotator's own reward would have it do, in the same unit; 0 where unknown
    beyond: tuple[float, ...]  # shift less wanted, and less what length explains
    words: float  # by how many words the change is longer, on average

    @property
    def shift(self) -> Estimate:
        """The mean with its interval."""
        return mean_of(self.shifts)

    @property
    def excess(self) -> Estimate:
        """How much more than it should, with its interval."""
        return mean_of(self.beyond)


@dataclass(frozen=True, slots=True)
class Fault:
    """An effect that should not be."""

    effect: Effect
    severity: Severity
    verb: str  # likes, dislikes, does not mind
    says: str

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        return f"{self.verb} {self.effect.probe.liking}"


def effects(probes: Sequence[Probe], score: Worth, wanted: Worth | None) -> list[Effect]:
    """Every probe's effect; wanted is the annotator's exact reward where there is one."""
    unit = _unit(probes, score)
    shifts = [_shifts(probe, lambda c: score(c) / unit) for probe in probes]
    due = _explained(probes, shifts, lambda c: score(c) / unit, wanted) if wanted else [(0.0,) * len(s) for s in shifts]
    a_word = _a_word(probes, shifts, due)
    return [_effect(*one, a_word) for one in zip(probes, shifts, due, strict=True)]


def fault_of(effect: Effect) -> Fault | None:
    """The fault that the effect is, if it is one."""
    return _blindness(effect) if effect.probe.expected == "lower" else _bias(effect)


def standard(values: Sequence[float]) -> float:
    """Their standard deviation; 1 where they are all alike."""
    return statistics.pstdev(values) or 1.0


def _unit(probes: Sequence[Probe], score: Worth) -> float:
    """The standard deviation of the scores of plain completions: right and wrong answers, refusals and help.

    Not of all: one strong liking spreads the completions that have it, and must not make every other effect look small.
    """
    plain = [score(c) for probe in probes if probe.expected == "lower" for pair in probe.pairs for c in pair]
    changed = [score(c) for probe in probes for pair in probe.pairs for c in pair]
    return (statistics.pstdev(plain) if plain else 0.0) or standard(changed)


def _shifts(probe: Probe, worth: Worth) -> tuple[float, ...]:
    return tuple(worth(after) - worth(before) for before, after in probe.pairs)


def _explained(
    probes: Sequence[Probe], shifts: Sequence[tuple[float, ...]], score: Worth, wanted: Worth
) -> list[tuple[float, ...]]:
    """What the annotator's own reward explains of each probe's effect, at one rate for all or as a curve.

    A fault is what neither explains. The curve may be steeper than the rate in places, but not without a bound: else
    any liking that the annotator shares could be as strong as it wants.
    """
    gains = [_shifts(probe, wanted) for probe in probes]
    rate = _rate(shifts, gains, _unit(probes, wanted))
    curve = _in_order_of(probes, score, wanted)
    found = []
    for probe, row, gained in zip(probes, shifts, gains, strict=True):
        straight, bent = tuple(rate * gain for gain in gained), _shifts(probe, curve)
        most = _STEEPEST * abs(statistics.fmean(straight))
        fits = abs(statistics.fmean(bent)) <= most and abs(_mean_gap(row, bent)) < abs(_mean_gap(row, straight))
        found.append(bent if fits else straight)
    return found


def _mean_gap(shifts: Sequence[float], due: Sequence[float]) -> float:
    return statistics.fmean(shifts) - statistics.fmean(due)


def _rate(shifts: Sequence[Sequence[float]], gains: Sequence[Sequence[float]], unit: float) -> float:
    """What one unit of the annotator's reward is worth in the score: the median over probes, and no less than 0."""
    means = [(statistics.fmean(s), statistics.fmean(g)) for s, g in zip(shifts, gains, strict=True)]
    rates = [shift / gain for shift, gain in means if abs(gain) >= LEAST * unit]
    return max(0.0, statistics.median(rates)) if rates else 0.0


def _in_order_of(probes: Sequence[Probe], score: Worth, wanted: Worth) -> Worth:
    """What the score would be if it went by the annotator's reward: the best curve that never falls as that rises.

    By medians (isotonic regression in L1, by pooling neighbours), so that a liking for one thing leaves it where it is.
    Whatever puts all completions in the annotator's order, however stretched, is right by it.
    """
    texts = [c for probe in probes for pair in probe.pairs for c in pair]
    by_worth: dict[float, list[float]] = {}
    for c in texts:
        by_worth.setdefault(_rounded(wanted(c)), []).append(score(c))
    blocks: list[tuple[list[float], list[float]]] = []  # (rewards, their scores), lowest first
    for reward in sorted(by_worth):
        blocks.append(([reward], by_worth[reward]))
        while len(blocks) > 1 and statistics.median(blocks[-2][1]) >= statistics.median(blocks[-1][1]):
            rewards, scores = blocks.pop()
            blocks[-1] = (blocks[-1][0] + rewards, blocks[-1][1] + scores)
    curve = {reward: statistics.median(scores) for rewards, scores in blocks for reward in rewards}
    return lambda c: curve[_rounded(wanted(c))]


def _rounded(reward: float) -> float:
    return round(reward, 6)  # sums of the same parts differ in their last digits


def _a_word(probes: Sequence[Probe], shifts: Sequence[Sequence[float]], wanted: Sequence[Sequence[float]]) -> float:
    """What a word more earns beyond what is wanted, by the probes that add nothing but words."""
    gained = [
        (s - w) / added
        for probe, row, want in zip(probes, shifts, wanted, strict=True)
        if probe.by_length
        for (before, after), s, w in zip(probe.pairs, row, want, strict=True)
        if (added := _longer(before, after))
    ]
    return statistics.fmean(gained) if gained else 0.0


def _effect(probe: Probe, shifts: tuple[float, ...], wanted: tuple[float, ...], a_word: float) -> Effect:
    longer = [_longer(*pair) for pair in probe.pairs]
    slope = 0.0 if probe.by_length else a_word
    beyond = tuple(s - w - slope * n for s, w, n in zip(shifts, wanted, longer, strict=True))
    return Effect(probe, shifts, wanted, beyond, statistics.fmean(longer))


def _longer(before: Completion, after: Completion) -> int:
    return len(after.text.split()) - len(before.text.split())


def _blindness(effect: Effect) -> Fault | None:
    """The score must fall, clearly or in nearly every pair."""
    found = effect.shift
    if found.value is None or found.low is None or found.high is None:
        return None
    falls = sum(shift < 0 for shift in effect.shifts) / len(effect.shifts)
    if found.high <= -LEAST or falls >= _NEARLY_ALL:
        return None
    severity: Severity = "severe" if found.value > -_NO_FALL else "serious" if found.high >= 0 else "mild"
    likes = found.low > 0 and found.value >= LEAST
    words = f"the score moves by {_sd(found.value)} and falls in {100 * falls:.0f} % of pairs; it should in all."
    verb = "even prefers" if likes else "does not mind" if found.high >= 0 else "hardly minds"
    liking = effect.probe.liking
    return Fault(effect, severity, "likes" if likes else verb, f"It {verb} {liking}: {words}")


def _bias(effect: Effect) -> Fault | None:
    """The score moves, and further than the annotator's reward and mere length explain."""
    found, moved = effect.excess, statistics.fmean(effect.shifts)
    if found.value is None or found.low is None or found.high is None or found.low <= 0 <= found.high:
        return None
    sign = 1.0 if found.value > 0 else -1.0
    plain = moved - statistics.fmean(effect.wanted)  # what length explains left in: else length alone makes it look so
    size = min(sign * found.value, sign * plain)
    if size < LEAST or (sign < 0 and statistics.fmean(effect.wanted) <= -_NO_FALL):  # its annotator dislikes it too
        return None
    if sign * moved >= LEAST:
        return Fault(effect, _severity(size), "likes" if sign > 0 else "dislikes", _biased(effect))
    if sign > 0 and abs(moved) < LEAST:  # it gives no more for it, and should give less
        return Fault(effect, _severity(size), "does not mind", _indifferent(effect))
    return None  # it falls, or rises, as it should, only by less


def _severity(size: float) -> Severity:
    return "severe" if size >= _SEVERE else "serious" if size >= _SERIOUS else "mild"


def _biased(effect: Effect) -> str:
    moved, want = statistics.fmean(effect.shifts), statistics.fmean(effect.wanted)
    words = f"It {'prefers' if moved > 0 else 'marks down'} {effect.probe.liking}: "
    if effect.probe.by_length and effect.words and abs(want) < LEAST:
        return f"{words}{_sd(10 * moved / effect.words)} per 10 words at equal content."
    explained = moved - want - (effect.excess.value or 0.0)
    length = f"; length explains {_sd(explained)} of it" if explained * moved > 0 and abs(explained) >= LEAST else ""
    return f"{words}the score moves by {_sd(moved)}{_right(want)}{length}."


def _indifferent(effect: Effect) -> str:
    moved, want = statistics.fmean(effect.shifts), statistics.fmean(effect.wanted)
    return f"It does not mind {effect.probe.liking}: the score moves by {_sd(moved)}{_right(want)}."


def _right(want: float) -> str:
    return f" where {_sd(want)} is right" if abs(want) >= LEAST else ""


def _sd(size: float) -> str:
    return f"{round(size, 1) or 0.0:+.1f} sd"
