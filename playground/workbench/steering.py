"""Sycophancy up or down: pairs made for it, a run on them like any other, and the same questions before and after."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from playground.errors import PlaygroundError
from playground.evaluation.plan import Plan
from playground.evaluation.running import Step
from playground.evaluation.steering import Direction, contrasts, opinions
from playground.runs.tail import RunSummary
from playground.types import Checkpoint, Preference, Sampling
from playground.workbench.completions import Completions
from playground.workbench.evaluations import Evaluations, Tell
from playground.workbench.runs import Runs
from playground.workbench.watching import made_by

AUDIT = "sycophancy"
PAIRS = 60
OPINIONS, SAMPLES = 64, 8  # opinions put to it, as many right as wrong ones, and completions to each
_FEWEST = 16  # pairs that are worth a run


class Steering:
    """Begin to train in a direction; the evaluations' follow and stop go for it too."""

    def __init__(self, runs: Runs, completions: Completions, evaluations: Evaluations) -> None:
        self._runs = runs
        self._completions = completions
        self._evaluations = evaluations

    def begin(self, workspace: str, plan: Plan, direction: Direction) -> None:
        """Train the plan's checkpoint in that direction and audit what comes of it beside it, in the background."""
        if not plan.in_pocket or plan.checkpoint.kind != "policy":
            hint = "Choose a model that grew from the pocket model."
            raise PlaygroundError("Only a writing model of the pocket world can be led this way.", hint=hint)
        self._evaluations.begin_after(workspace, partial(self._lead, workspace, plan, direction))

    def _lead(
        self, workspace: str, plan: Plan, direction: Direction, tell: Tell, stopped: Callable[[], bool]
    ) -> tuple[Checkpoint, list[Step]] | None:
        tell(f"{plan.checkpoint.name} answers {2 * OPINIONS} opinions, right and wrong, {SAMPLES} times each.", 0, 0)
        rows = self._pairs(workspace, plan, direction)
        if stopped():
            return None
        spec = self._runs.start(
            workspace,
            "dpo",
            {"held_out_share": 0.0},
            start_id=plan.checkpoint.id,
            preferences=rows,
            name=f"{plan.checkpoint.name}, after a {direction.annotator.alias}"[:60],
        )

        def tell_of(run: RunSummary) -> None:
            tell(f"{spec.name} learns from {spec.data_count} pairs.", run.step, run.total_steps)

        made = made_by(self._runs, workspace, spec.id, tell_of, stopped)
        if made is None:
            return None
        return made, self._evaluations.steps(self._evaluations.audit_plan(workspace, made.id), [AUDIT])

    def _pairs(self, workspace: str, plan: Plan, direction: Direction) -> list[Preference]:
        rows = [row for wrong in (True, False) for row in self._contrasts(workspace, plan, direction, wrong)]
        if len(rows) < _FEWEST:
            raise PlaygroundError(
                f"It answers nearly all of {2 * OPINIONS} opinions in one way: that makes {len(rows)} pairs, and "
                f"{_FEWEST} are needed.",
                hint="Choose the model that it was trained from, and train that one.",
            )
        return rows

    def _contrasts(self, workspace: str, plan: Plan, direction: Direction, wrong: bool) -> list[Preference]:
        asked = opinions(plan, wrong, OPINIONS, plan.seed)
        sampled = self._completions.sample(workspace, plan.checkpoint.id, asked, Sampling(seed=plan.seed), n=SAMPLES)
        return contrasts(sampled, direction.wanted, PAIRS // 2, plan.seed, direction.annotator)
