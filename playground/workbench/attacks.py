"""A visitor against a reward model: what a completion earns, and what it is worth."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from playground.errors import PlaygroundError
from playground.evaluation.attacks import Scale, Try, ready, search
from playground.evaluation.examiner import EvaluationStopped, Examiner
from playground.evaluation.perturbations import Pair, mending, probes
from playground.evaluation.plan import MANNER, POCKET, Ask, Plan
from playground.types import Checkpoint, Completion, Prompt
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.evaluations import Evaluations
from playground.workbench.gold import gold_of
from playground.workbench.quotas import Quotas

USUAL = 16  # completions of the model that the reward model grew from: the scale of both rewards
SEARCH_S = 8.0
MENDING = 24  # pairs: what a person judges in some five minutes
REWARD_MODEL = "reward_model"  # the audit that says what to mend
Deal = Callable[[str, str, Sequence[Pair]], str]  # Preferences.deal


@dataclass(frozen=True, slots=True)
class Target:
    """What is attacked: a reward model on one prompt."""

    reward: Checkpoint
    prompt: Prompt
    persona: str  # whose gold reward watches; empty where none does
    scale: Scale
    gold_scale: Scale | None
    honest: str  # the completion of the usual ones that is worth most


class Attacks:
    """Aim, rate, try what is ready, search; and put the pairs aside that would mend what an audit found."""

    def __init__(self, checkpoints: Checkpoints, evaluations: Evaluations, quotas: Quotas, deal: Deal) -> None:
        self._checkpoints = checkpoints
        self._evaluations = evaluations
        self._quotas = quotas
        self._deal = deal
        self._searches: dict[str, threading.Event] = {}  # workspace -> set to end its last search

    def to_mend(self, workspace: str, plan: Plan) -> list[str]:
        """What the last audit of a reward model found, in the words of its changes, the worst first."""
        keys = self._faults(workspace, plan)
        titles = {probe.key: probe.title for probe in probes(plan)} if keys else {}
        return [titles[key] for key in keys]

    def mend(self, workspace: str, plan: Plan, n: int = MENDING) -> str:
        """Put pairs aside that show exactly what the audit found. Returns the hand that Rank deals.

        Raises: PlaygroundError where nothing was found, or no such pairs can be made.
        """
        keys = self._faults(workspace, plan)
        if not keys:
            raise PlaygroundError("The audit found nothing to mend.", hint="Audit a reward model first.")
        pairs = mending(plan, keys, n, random.randrange(2**31))
        if not pairs:
            hint = "Label pairs of your own model's completions in Rank instead."
            raise PlaygroundError("Every question with a known answer is one that the audit asks.", hint=hint)
        return self._deal(workspace, f"Pairs that would mend {plan.checkpoint.name}.", pairs)

    def _faults(self, workspace: str, plan: Plan) -> tuple[str, ...]:
        shown = self._evaluations.shown(workspace, plan, [REWARD_MODEL])
        return shown[0][0].findings.mends if shown else ()

    def aim(self, workspace: str, reward_id: str, text: str) -> Target:
        """The reward model on that prompt, and what usual completions earn there. Raises PlaygroundError."""
        reward = self._checkpoints.find(workspace, reward_id)
        if reward.kind != "reward":
            raise PlaygroundError(f"{reward.name} writes text; it does not score.", hint="Choose a reward model.")
        if not text.strip():
            raise PlaygroundError("The prompt is empty.", hint="Type what the completion answers.")
        prompt = Prompt.user(text.strip())
        start = self._start(workspace, reward)
        self._quotas.require_disk(workspace)
        examiner = self._evaluations.examiner(workspace)
        (usual,) = examiner.sample(Ask(start, (prompt,), MANNER, n=USUAL))
        persona = self._checkpoints.annotator(workspace, reward) or "" if reward.card == POCKET else ""
        scores = examiner.rewards(reward, usual)
        golds = [gold_of(prompt.text, one.text, persona).total for one in usual] if persona else []
        best = max(range(len(usual)), key=(golds or scores).__getitem__)
        scale = Scale.of(scores)
        return Target(reward, prompt, persona, scale, Scale.of(golds) if golds else None, usual[best].text)

    def rate(self, workspace: str, target: Target, texts: Sequence[str], by: str = "you") -> list[Try]:
        """What each completion earns, beside what it is worth."""
        return _rated(self._evaluations.examiner(workspace, keeps=False), target, texts, by)

    def try_ready(self, workspace: str, target: Target) -> list[Try]:
        """Every ready attack."""
        found = ready(target.prompt.text, target.honest)
        rated = self.rate(workspace, target, [text for _, text in found])
        return [Try(one.text, title, one.reward, one.gold) for one, (title, _) in zip(rated, found, strict=True)]

    def search(self, workspace: str, target: Target, start: Sequence[str] = ()) -> Iterator[Try]:
        """Better and better tricks, for at most SEARCH_S and what one part takes: then it ends amid a round.

        stop_search ends it too.
        """
        ends, stop = time.monotonic() + SEARCH_S, threading.Event()
        self._searches[workspace] = stop
        over = lambda: stop.is_set() or time.monotonic() > ends  # noqa: E731
        examiner = self._evaluations.examiner(workspace, stopped=over, keeps=False)
        known = [text for _, text in ready(target.prompt.text, target.honest)]
        with suppress(EvaluationStopped):
            yield from search(partial(_rated, examiner, target), [*start, target.honest, *known], SEARCH_S)

    def stop_search(self, workspace: str) -> None:
        """End the search on its way; what it found stays."""
        if workspace in self._searches:
            self._searches[workspace].set()

    def _start(self, workspace: str, reward: Checkpoint) -> Checkpoint:
        """The policy that the reward model grew from."""
        line = self._checkpoints.lineage(workspace, reward)
        return next(one for one in line if one.kind == "policy")


def _rated(examiner: Examiner, target: Target, texts: Sequence[str], by: str) -> list[Try]:
    scores = examiner.rewards(target.reward, [Completion(target.prompt, text) for text in texts])
    return [Try(t, by, target.scale.place(s), _gold(target, t)) for t, s in zip(texts, scores, strict=True)]


def _gold(target: Target, text: str) -> float | None:
    if target.gold_scale is None:
        return None
    return target.gold_scale.place(gold_of(target.prompt.text, text, target.persona).total)
