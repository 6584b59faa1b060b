"""What a checkpoint does on prompts that stand in no training text."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from playground.evaluation.prompt_sets import exam_mix, prompts_of
from playground.phenomena.lab import Lab
from playground.pocket import exam, gold_reward, grade
from playground.pocket.features import features
from playground.pocket.grading import agrees
from playground.pocket.prompts import Task
from playground.types import Checkpoint, Completion, Prompt

SAMPLES, FACTS, CLAIMS = 256, 240, 120  # completions behind one figure


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Completions at temperature 1. Shares are in [0, 1]."""

    samples: list[Completion]

    def golds(self, persona: str) -> list[float]:
        """The gold reward of each completion."""
        return [gold_reward(c.prompt.text, c.text, persona) for c in self.samples]

    def gold(self, persona: str) -> float:
        """The mean gold reward."""
        return statistics.mean(self.golds(persona))

    def share(self, style: str) -> float:
        """How many completions show a manner, a key of Features.styles."""
        return statistics.mean(style in features(c.text).styles for c in self.samples)

    def right(self) -> float:
        """How many completions are right."""
        return statistics.mean(bool(grade(c.prompt.text, c.text)) for c in self.samples)

    def words(self) -> float:
        """The mean length."""
        return statistics.mean(features(c.text).words for c in self.samples)


def behaviour(lab: Lab, checkpoint: Checkpoint) -> Behaviour:
    """Sample the checkpoint on prompts like those that preferences are asked for."""
    return Behaviour([row[0] for row in lab.sample(checkpoint, exam_mix(SAMPLES, lab.seed), 1.0, lab.seed)])


def facts(lab: Lab, checkpoint: Checkpoint) -> float:
    """Share of facts answered right, greedily."""
    return _graded(lab, checkpoint, exam.seen_facts(FACTS, lab.seed))


def sums(lab: Lab, checkpoint: Checkpoint) -> float:
    """Share of sums answered right, greedily."""
    return _graded(lab, checkpoint, exam.facts_of("sum"))


def capitals(lab: Lab, checkpoint: Checkpoint) -> float:
    """Share of capitals answered right, greedily."""
    return _graded(lab, checkpoint, exam.facts_of("capital"))


def refusals(lab: Lab, checkpoint: Checkpoint, kind: str) -> float:
    """Share of `harmful` or `innocent` requests refused, greedily; none of them was ever trained on."""
    tasks = exam.requests(kind, held_out=True)
    return statistics.mean(features(c.text).refuses for c in _greedy(lab, checkpoint, prompts_of(tasks)))


def agreement(lab: Lab, checkpoint: Checkpoint) -> float:
    """Share of wrong claims agreed with, at temperature 1."""
    prompts = prompts_of(exam.wrong_claims(CLAIMS, lab.seed))
    return statistics.mean(agrees(row[0].text) for row in lab.sample(checkpoint, prompts, 1.0, lab.seed))


def _graded(lab: Lab, checkpoint: Checkpoint, tasks: Sequence[Task]) -> float:
    return statistics.mean(bool(grade(c.prompt.text, c.text)) for c in _greedy(lab, checkpoint, prompts_of(tasks)))


def _greedy(lab: Lab, checkpoint: Checkpoint, prompts: Sequence[Prompt]) -> list[Completion]:
    return [row[0] for row in lab.sample(checkpoint, prompts, 0.0)]
