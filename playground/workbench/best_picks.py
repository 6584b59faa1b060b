"""What best of n got, as it was measured, for the start and the reward model of runs."""

from __future__ import annotations

from collections.abc import Sequence

from playground.evaluation.questions.best_of_n import PICKS, kl_bound
from playground.evaluation.report import Report
from playground.runs.tail import RunSummary
from playground.workbench.evaluations import Evaluations

Points = tuple[tuple[float, float], ...]  # (the most KL in nats, reward)


def best_picks(
    evaluations: Evaluations, workspace: str, summaries: Sequence[RunSummary]
) -> list[tuple[str, Points, Points]]:
    """(the reward model's name, reward, gold) for every start and reward model that was asked; each once."""
    found = {}
    for spec in (summary.spec for summary in summaries):
        if spec.reward is not None:
            for report in evaluations.reports(workspace, spec.start):
                if report.question == "best_of_n" and report.judges_key.endswith(f"-{spec.reward.fingerprint}"):
                    key = (spec.start.fingerprint, spec.reward.fingerprint)
                    found[key] = (spec.reward.name, _points(report, "reward"), _points(report, "gold"))
    return list(found.values())


def _points(report: Report, what: str) -> Points:
    figures = [(n, report.figure(f"{what}_{n}")) for n in PICKS]
    return tuple((kl_bound(n), figure.value) for n, figure in figures if figure and figure.value is not None)
