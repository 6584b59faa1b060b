"""The tax sheet of a workspace's checkpoints: which stand in it, what is known, what is still to be asked."""

from __future__ import annotations

from dataclasses import replace

from playground.errors import NotFound
from playground.evaluation.plan import Plan
from playground.evaluation.running import Step
from playground.evaluation.sheet import Sheet, column_of, sheet_steps
from playground.registry import questions
from playground.runs.tail import RunShelf
from playground.types import Checkpoint
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.evaluations import Evaluations
from playground.workbench.taking import took

MOST_COLUMNS = 8


class TaxSheets:
    """Everything that a visitor can do with one."""

    def __init__(self, shelf: RunShelf, checkpoints: Checkpoints, evaluations: Evaluations) -> None:
        self._shelf = shelf
        self._checkpoints = checkpoints
        self._evaluations = evaluations

    def family(self, workspace: str, checkpoint: Checkpoint) -> list[Checkpoint]:
        """What the checkpoint started to learn preferences from, and every policy that came from there, oldest first.

        At most MOST_COLUMNS: the start, the checkpoint itself and the newest others.
        """
        line = self._checkpoints.lineage(workspace, checkpoint)
        start = next((one for one in line if one.method == "sft"), line[min(1, len(line) - 1)])
        known = [one for one in self._checkpoints.all(workspace) if self._comes_from(workspace, one, start)]
        kept = [one for one in known if one.id not in (start.id, checkpoint.id)][-(MOST_COLUMNS - 2) :]
        own = [] if checkpoint.id == start.id else [checkpoint]
        order = [one.id for one in known]
        return [start, *sorted([*kept, *own], key=lambda one: order.index(one.id))]

    def begin(self, workspace: str, plan: Plan) -> None:
        """Ask everything that the tax sheet of the plan's checkpoint needs, in the background."""
        self._evaluations.begin_steps(workspace, self.steps(workspace, plan))

    def estimate(self, workspace: str, plan: Plan) -> float | None:
        """Seconds that will take."""
        return self._evaluations.seconds(workspace, self.steps(workspace, plan))

    def sheet(self, workspace: str, plan: Plan) -> Sheet:
        """What is known so far, by the plan's judges and seed, about every checkpoint that came from the same start."""
        members = self.family(workspace, plan.checkpoint)
        columns = (column_of(one, members[0], self._evaluations.reports(workspace, one), plan) for one in members)
        return Sheet(tuple(replace(one, took=took(self._shelf, workspace, one.checkpoint)) for one in columns))

    def steps(self, workspace: str, plan: Plan) -> list[Step]:
        """What has to be asked for it."""
        start, *others = self.family(workspace, plan.checkpoint)
        people = (self._evaluations.people(workspace, start, one) for one in others)
        plans = [
            replace(plan, checkpoint=one, reference=start, people=chose)
            for one, chose in zip(others, people, strict=True)
        ]
        return sheet_steps(questions().values(), start, plans)

    def _comes_from(self, workspace: str, checkpoint: Checkpoint, start: Checkpoint) -> bool:
        try:
            return any(one.id == start.id for one in self._checkpoints.lineage(workspace, checkpoint))
        except NotFound:  # an ancestor was deleted
            return False
