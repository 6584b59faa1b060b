"""Known failures, named while they happen: each rule looks at a run's curves and says in plain words what it sees."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from playground.events import Event, Measured, RunStarted, Sampled, StepDone, Warned

CLEARLY_BELOW = -0.3  # an implicit reward: with beta 0.1 the text is 3 nats less likely than under the reference
FEWEST_HELD_OUT = 12  # pairs; a share of fewer says too little
CLEAR_GAP = 0.25  # between the shares of pairs ranked rightly in training and held out
_FEW_STEPS = 8
WINDOW = 3  # steps averaged at either end of a curve: one step alone is noise


@dataclass(slots=True)
class Curves:
    """What a run has said so far."""

    step: int = 0
    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # metric -> one a step
    odd: str | None = None  # a metric that was not finite
    probes: list[list[str]] = field(default_factory=list)  # the completions of each Sampled
    held_out: int = 0  # rows
    low: float | None = None  # the finished network's accuracy on held-out pairs is at least that, 95 %

    def now(self, name: str) -> float | None:
        """The mean of the last steps; None before there are enough."""
        values = self.values[name]
        return _mean(values[-WINDOW:]) if len(values) >= WINDOW else None

    def change(self, name: str) -> float:
        """The mean of the last steps less that of the first ones; 0 before the two are apart."""
        values = self.values[name]
        return _mean(values[-WINDOW:]) - _mean(values[:WINDOW]) if len(values) >= 2 * WINDOW else 0.0

    def start(self, name: str) -> float:
        """The mean of the first steps."""
        return _mean(self.values[name][:WINDOW])

    def smooth(self, name: str) -> list[float]:
        """The moving mean, one number for each step that has enough before it."""
        values = self.values[name]
        return [_mean(values[i - WINDOW : i]) for i in range(WINDOW, len(values) + 1)]


@dataclass(frozen=True, slots=True)
class Caption:
    """One known failure."""

    code: str
    text: str  # what is seen, what it means, what to do
    seen: Callable[[Curves], bool]


class CaptionWatcher:
    """Fed with every event of a run, it names each known failure once."""

    def __init__(self) -> None:
        self._curves = Curves()
        self._named: set[str] = set()

    def see(self, event: Event) -> list[Warned]:
        """The failures that this event brings to light, none twice."""
        if isinstance(event, StepDone):
            self._note(event)
        elif isinstance(event, Sampled):
            self._curves.probes.append([str(probe.get("completion", "")) for probe in event.probes])
        elif isinstance(event, Measured) and event.name == "accuracy":
            self._curves.low = event.data["low"]
        elif isinstance(event, RunStarted):
            self._curves.held_out = event.held_out_count
            return []
        else:
            return []
        step = max(self._curves.step, event.step)
        new = [caption for caption in CAPTIONS if caption.code not in self._named and caption.seen(self._curves)]
        self._named.update(caption.code for caption in new)
        return [Warned(step, caption.code, caption.text) for caption in new]

    def _note(self, event: StepDone) -> None:
        self._curves.step = event.step
        for name, value in event.metrics.items():
            if value is None or not math.isfinite(value):
                self._curves.odd = name
            else:
                self._curves.values[name].append(value)


def alike(texts: Sequence[str]) -> float:
    """How much different answers share: mean over pairs of the share of common words, 0 to 1."""
    words = [set(_words(text)) for text in texts]
    pairs = [len(a & b) / len(a | b) for a, b in combinations(words, 2) if a | b]
    return _mean(pairs) if pairs else 0.0


def repetition(text: str) -> float:
    """How much a text repeats itself: the share of its word pairs that came before in it, 0 to 1."""
    words = _words(text)
    pairs = list(pairwise(words))
    return 1 - len(set(pairs)) / len(pairs) if pairs else 0.0


def _not_finite(curves: Curves) -> bool:
    return curves.odd is not None


def _negative_kl(curves: Curves) -> bool:
    kl = curves.now("kl")
    return kl is not None and kl < -0.5


def _far_away(curves: Curves) -> bool:
    kl = curves.now("kl")
    return kl is not None and kl > 20


def _texts_alike(curves: Curves) -> bool:
    """The reward rises while the probes' answers become alike, repeat themselves or lose all variety."""
    if curves.change("proxy_reward") < 0.3:
        return False
    entropy = curves.now("entropy")
    if entropy is not None and len(curves.values["entropy"]) >= 2 * WINDOW and entropy < 0.2 * curves.start("entropy"):
        return True
    if len(curves.probes) < 2:
        return False
    first, last = curves.probes[0], curves.probes[-1]
    grown_alike = alike(last) > max(0.5, alike(first) + 0.25)
    loops = [_mean([repetition(text) for text in texts]) if texts else 0.0 for texts in (first, last)]
    return grown_alike or loops[1] > max(0.3, loops[0] + 0.2)


def _over_optimised(curves: Curves) -> bool:
    """Gold has fallen from its best while the proxy has risen since then."""
    gold, proxy = curves.smooth("gold_reward"), curves.smooth("proxy_reward")
    if not gold or len(gold) != len(proxy):
        return False
    best = gold.index(max(gold))
    return gold[-1] < gold[best] - 0.5 and proxy[-1] > proxy[best] + 0.1


def _both_fall(curves: Curves) -> bool:
    """Both log-probabilities are down by 5 nats and a fifth, and the chosen texts' reward is clearly below 0.

    The log-probabilities alone swing with the batch's mix of texts; the reward is measured against the reference.
    """
    fallen = [
        curves.change(name) < -max(5.0, 0.2 * abs(curves.start(name)))
        for name in ("chosen_logps", "rejected_logps")
        if curves.values[name]
    ]
    reward = curves.now("chosen_reward")
    return len(fallen) == 2 and all(fallen) and (reward is None or reward < CLEARLY_BELOW)


def _too_easy(curves: Curves) -> bool:
    """Every pair is ranked rightly within a few steps, and most held-out ones: else they are known by heart."""
    accuracy, held_out = curves.values["accuracy"], curves.values["held_out_accuracy"]
    first = accuracy[:_FEW_STEPS] if curves.step == len(accuracy) else []  # a resumed run's first steps are not known
    at_once = any(min(first[i - WINDOW : i]) >= 1.0 for i in range(WINDOW, len(first) + 1))
    if not at_once or not curves.held_out:
        return at_once
    return bool(held_out) and held_out[-1] > 1.0 - CLEAR_GAP


def _no_end(curves: Curves) -> bool:
    rate = curves.now("stop_rate")
    return rate is not None and (rate < 0.5 or curves.change("stop_rate") < -0.2)


def _length_runs_away(curves: Curves) -> bool:
    return curves.change("length") > max(8.0, 0.6 * curves.start("length")) if curves.values["length"] else False


def _clipping(curves: Curves) -> bool:
    fraction = curves.now("clip_fraction")
    return fraction is not None and fraction > 0.4


def _memorising(curves: Curves) -> bool:
    """Twice in a row above the lowest held-out loss, the last time by a twentieth."""
    losses = curves.values["held_out_loss"]
    lowest = min(losses, default=0.0)
    return len(losses) >= 3 and min(losses[-2:]) > lowest and losses[-1] > 1.05 * lowest


def _by_heart(curves: Curves) -> bool:
    """Nearly all training pairs are ranked rightly, clearly fewer held-out ones, twice in a row, and no loss falls."""
    trained, held_out = curves.now("accuracy"), curves.values["held_out_accuracy"]
    losses = curves.values["held_out_loss"]
    if len(losses) >= 3 and losses[-1] < losses[-3]:  # it still learns what the pairs have in common
        return False
    if trained is None or trained < 0.95 or len(held_out) < 3 or curves.held_out < FEWEST_HELD_OUT:
        return False
    return max(held_out[-2:]) < trained - CLEAR_GAP


def _no_better_than_chance(curves: Curves) -> bool:
    return curves.low is not None and curves.low <= 0.5


CAPTIONS: tuple[Caption, ...] = (
    Caption(
        "not_finite",
        "A number became infinite or not a number: the weights broke down. Start again with a lower learning rate.",
        _not_finite,
    ),
    Caption(
        "negative_kl",
        "The KL is negative, which a real divergence never is: texts are sampled differently from how they are scored. "
        "Distrust this run's curves; use temperature 1 and no top-p while training.",
        _negative_kl,
    ),
    Caption(
        "far_from_reference",
        "The policy is more than 20 nats from where it started: nobody has judged such texts, and a reward model's "
        "scores of them mean little. Raise the KL coefficient (with DPO: beta), or stop earlier.",
        _far_away,
    ),
    Caption(
        "texts_alike",
        "The reward rises while the texts repeat themselves or become alike: the policy has found a trick that pays. "
        "Raise the KL coefficient, and read the samples rather than the curve.",
        _texts_alike,
    ),
    Caption(
        "over_optimised",
        "The reward model's score rises while the gold reward falls: over-optimisation. From here on training makes "
        "the policy worse. Stop where gold was highest, or raise the KL coefficient.",
        _over_optimised,
    ),
    Caption(
        "both_fall",
        "Chosen and rejected texts become unlikely together: the probability goes to texts nobody judged. Raise the "
        "weight of plain imitation (SFT) or beta, or train for fewer epochs.",
        _both_fall,
    ),
    Caption(
        "too_easy",
        "Every pair is ranked rightly after a few steps: the pairs are too easy, or something like length gives the "
        "answer away. Judge pairs that are closer to each other.",
        _too_easy,
    ),
    Caption(
        "no_end",
        "Fewer completions end by themselves: the policy forgets to stop. Raise the penalty for a missing end (with "
        "DPO: beta), or check that the training rows carry their end token.",
        _no_end,
    ),
    Caption(
        "length_runs_away",
        "Completions grow much longer than they were: length seems to pay. Check what the reward model gives to long "
        "texts, or how often the longer one was chosen; raise the KL coefficient (with DPO: beta).",
        _length_runs_away,
    ),
    Caption(
        "clipping",
        "More than 40 % of the updates are clipped: the steps are too large for what was sampled. Lower the learning "
        "rate or the passes over each batch.",
        _clipping,
    ),
    Caption(
        "memorising",
        "The loss on held-out rows rises: the rows are being memorised. Use fewer epochs or more rows.",
        _memorising,
    ),
    Caption(
        "by_heart",
        "Nearly every pair that it trains on is ranked rightly, but clearly fewer of those held out: it learns these "
        "pairs by heart instead of what they have in common. Use more pairs or fewer epochs.",
        _by_heart,
    ),
    Caption(
        "chance_level",
        "On held-out pairs it cannot be told apart from a coin: a policy that is trained on its scores chases chance. "
        "Judge more pairs, all by the same taste, and train it again.",
        _no_better_than_chance,
    ),
)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
