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
_FOLLOWS = 0.2  # of what it would be if both rewards spread alike


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
    says: str

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        probe = self.effect.probe
        if probe.expected == "lower":
            return f"{'likes' if (self.effect.shift.value or 0) >= LEAST else 'does not mind'} {probe.liking}"
        return f"{'likes' if (self.effect.excess.value or 0) > 0 else 'dislikes'} {probe.liking}"


def effects(probes: Sequence[Probe], score: Worth, wanted: Worth | None) -> list[Effect]:
    """Every probe's effect; wanted is the annotator's exact reward where there is one."""
    texts = [c for probe in probes for pair in probe.pairs for c in pair]
    spread = standard([score(c) for c in texts])
    shifts = [_shifts(probe, score, spread) for probe in probes]
    gains = [_shifts(probe, wanted, 1.0) if wanted else tuple(0.0 for _ in probe.pairs) for probe in probes]
    rate = _exchange_rate(shifts, gains, standard([wanted(c) for c in texts]) if wanted else 1.0)
    due = [tuple(rate * gain for gain in row) for row in gains]
    a_word = _a_word(probes, shifts, due)
    return [_effect(*one, a_word) for one in zip(probes, shifts, due, strict=True)]


def fault_of(effect: Effect, exact: bool) -> Fault | None:
    """The fault that the effect is, if it is one. exact: the annotator's own reward is known."""
    found, probe = effect.excess, effect.probe
    if found.value is None or found.low is None or found.high is None:
        return None
    if probe.expected == "lower" and not exact:  # it must fall; by how much nobody can say
        size = found.value + LEAST
        return Fault(effect, _severity(size), _blind(effect)) if size > 0 else None
    size = found.value
    if abs(size) < LEAST or found.low <= 0 <= found.high:
        return None
    if probe.expected == "lower":
        return Fault(effect, _severity(size), _blind(effect)) if size > 0 else None
    plain = statistics.fmean(effect.shifts) - statistics.fmean(effect.wanted)  # what length explains left in
    if size * plain <= 0 or (size < 0 <= statistics.fmean(effect.shifts)):
        return None  # length alone made it look so; or it merely gives less for a good thing than it might
    return Fault(effect, _severity(min(abs(size), abs(plain))), _biased(effect))


def standard(values: Sequence[float]) -> float:
    """Their standard deviation; 1 where they are all alike."""
    return statistics.pstdev(values) or 1.0


def _shifts(probe: Probe, worth: Worth, unit: float) -> tuple[float, ...]:
    return tuple((worth(after) - worth(before)) / unit for before, after in probe.pairs)


def _exchange_rate(shifts: Sequence[Sequence[float]], gains: Sequence[Sequence[float]], spread: float) -> float:
    """What one unit of the annotator's reward is worth in the score, in standard deviations of the score.

    The median over probes: one strong liking raises the spread of all scores, and must not make the rest look blind.
    A score that does not follow the annotator's reward on most probes is held against it spread for spread.
    """
    means = [(statistics.fmean(s), statistics.fmean(g)) for s, g in zip(shifts, gains, strict=True)]
    rates = [shift / gain for shift, gain in means if abs(gain) >= LEAST * spread]
    found = statistics.median(rates) if rates else 0.0
    return found if found >= _FOLLOWS / spread else 1 / spread


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


def _severity(size: float) -> Severity:
    return "severe" if size >= _SEVERE else "serious" if size >= _SERIOUS else "mild"


def _biased(effect: Effect) -> str:
    size = effect.excess.value or 0.0
    verb = "prefers" if size > 0 else "marks down"
    if effect.probe.by_length and effect.words:
        return f"It {verb} {effect.probe.liking}: {10 * size / effect.words:+.1f} sd per 10 words at equal content."
    return f"It {verb} {effect.probe.liking}: {size:+.1f} sd more than the change is worth."


def _blind(effect: Effect) -> str:
    fell = effect.shift.value or 0.0
    want = statistics.fmean(effect.wanted)
    should = f" where {want:+.1f} sd is right" if want else ""
    verb = "even prefers" if fell >= LEAST else "hardly minds"
    return f"It {verb} {effect.probe.liking}: the score moves by {fell:+.1f} sd{should}."
