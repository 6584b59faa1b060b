"""The tax sheet: for every checkpoint of one start, what training gained and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playground.evaluation.plan import Plan, Question
from playground.evaluation.report import Figure, Report
from playground.evaluation.running import Step, steps
from playground.types import Checkpoint


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the sheet: a figure of a question."""

    question: str
    key: str
    title: str
    gain: bool = False  # what training is for; the others are what it may cost


MEASURES = (
    Measure("win_rate", "gold", "Win rate by gold", gain=True),
    Measure("win_rate", "gold_level", "Win rate by gold, length taken out", gain=True),
    Measure("win_rate", "reward", "Win rate by the reward model", gain=True),
    Measure("win_rate", "gold_gain", "Gold reward gained", gain=True),
    Measure("facts", "seen", "Facts that fine-tuning asked for"),
    Measure("facts", "held_out", "Facts that no fine-tuning asked for"),
    Measure("facts", "sum", "Sums"),
    Measure("facts", "french", "Translations"),
    Measure("facts", "opposite", "Opposites"),
    Measure("multiple_choice", "mc1", "Multiple choice (MC1)"),
    Measure("refusals", "harmful", "Harmful requests refused"),
    Measure("refusals", "innocent", "Innocent requests refused"),
    Measure("language", "distinct_2", "Different word pairs"),
    Measure("language", "commonest", "Same completion for everything"),
    Measure("language", "perplexity", "Perplexity"),
    Measure("drift", "kl", "KL from the start"),
)


@dataclass(frozen=True, slots=True)
class Took:
    """What it took to train a checkpoint from the start of its sheet; its reward model's training is told apart."""

    method: str  # the algorithm's title
    labels: int  # preferences learned from, by the policy or by its reward model
    cpu_seconds: float  # 0: not known
    peak_bytes: int  # 0: not known
    alike: str  # the same for runs that differ in the seed alone
    reward: str = ""  # the reward model's name; empty: none was used
    reward_cpu_seconds: float = 0.0
    rollouts: int = 0  # completions sampled to learn from


@dataclass(frozen=True, slots=True)
class Column:
    """One checkpoint of the sheet with what is known about it, by measure."""

    checkpoint: Checkpoint
    figures: tuple[Figure | None, ...]  # in the order of MEASURES
    took: Took | None = None  # None where no run of this workspace made it

    def figure(self, question: str, key: str) -> Figure | None:
        """The figure of one measure."""
        return next(
            (one for one, m in zip(self.figures, MEASURES, strict=True) if (m.question, m.key) == (question, key)), None
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """The start and every checkpoint that came from it."""

    columns: tuple[Column, ...]  # the start first

    @property
    def lines(self) -> list[tuple[Measure, list[Figure | None]]]:
        """The measures that are known of any checkpoint, each with its figures."""
        every = [(measure, [column.figures[i] for column in self.columns]) for i, measure in enumerate(MEASURES)]
        return [(measure, figures) for measure, figures in every if any(figures)]


def sheet_steps(questions: Iterable[Question], start: Checkpoint, family: Sequence[Plan]) -> list[Step]:
    """What has to be asked, each thing once. family: a plan beside the start for each other checkpoint."""
    needed = {measure.question for measure in MEASURES}
    asked = [one for one in questions if one.name in needed]
    found: dict[tuple[str, str], Step] = {}
    for plan in family or [Plan(start)]:
        for step in steps(asked, plan):
            found.setdefault((step.question.name, step.plan.checkpoint.fingerprint), step)
    return list(found.values())


def column_of(checkpoint: Checkpoint, start: Checkpoint, reports: Sequence[Report], plan: Plan) -> Column:
    """What the newest reports say that were made as the plan would: a line holds one seed, its judges, one start."""
    found = {report.question: report for report in reports if _alike(report, start, plan)}
    return Column(
        checkpoint,
        tuple(report.figure(measure.key) if (report := found.get(measure.question)) else None for measure in MEASURES),
    )


def _alike(report: Report, start: Checkpoint, plan: Plan) -> bool:
    beside = report.reference_fingerprint in ("", start.fingerprint)
    judges = not report.judges or report.judges_key == plan.judges_key
    return beside and judges and report.seed == plan.seed
