"""A trained model once more with one thing changed, and what that changed: its labels, its loss, its seed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial

from playground.errors import NotFound, PlaygroundError
from playground.evaluation.label_changes import LabelChange, label_changes
from playground.evaluation.plan import Plan
from playground.evaluation.running import Step
from playground.preferences.store import PreferenceStore
from playground.runs.rows import from_json
from playground.runs.tail import RunShelf, RunSummary
from playground.types import Checkpoint, Json, Preference, Snapshot
from playground.workbench.evaluations import Evaluations, Stopped, Tell
from playground.workbench.runs import Runs
from playground.workbench.tax_sheets import TaxSheets
from playground.workbench.watching import made_by

MIXED: dict[str, Json] = {"dpo": {"sft_coef": 1.0}, "ppo": {"ptx_coef": 1.0}}  # what repairs, by the algorithm
MORE_SEEDS = 2  # runs of other seeds that one click adds: with the first one, three
EFFECT = "changed"  # the question that a change of labels is measured by
_NOT_TRAINED = "Choose a model that was trained here with DPO or PPO."

Made = tuple[Checkpoint, list[Step]] | None


class Variants:
    """Begun like an evaluation, and followed and stopped as one; its runs are runs like any other."""

    def __init__(
        self, shelf: RunShelf, store: PreferenceStore, runs: Runs, evaluations: Evaluations, sheets: TaxSheets
    ) -> None:
        self._shelf = shelf
        self._store = store
        self._runs = runs
        self._evaluations = evaluations
        self._sheets = sheets

    def label_changes(self, workspace: str, checkpoint: Checkpoint) -> list[LabelChange]:
        """What it might have learned from instead; empty where that is not known."""
        try:
            rows = self._labels(workspace, self._labelled(workspace, self._run(workspace, checkpoint)))
        except PlaygroundError:
            return []
        return label_changes(rows, self._store.preferences(workspace))

    def seconds(self, workspace: str, checkpoint: Checkpoint) -> float | None:
        """How long its training takes once more, its reward model's not counted; None where that is not known."""
        try:
            run = self._run(workspace, checkpoint)
        except PlaygroundError:
            return None
        spec = run.spec
        return self._runs.estimate(workspace, spec.algorithm, spec.config, spec.data_count, spec.start.id)

    def repairs(self, workspace: str, checkpoint: Checkpoint) -> Json:
        """The settings that mix demonstrations in. Raises PlaygroundError where there is nothing to repair."""
        spec = self._run(workspace, checkpoint).spec
        changes = MIXED[spec.algorithm]
        if any(spec.config.get(name) for name in changes):
            hint = "Train one without, to see what the mixing is worth."
            raise PlaygroundError(f"{checkpoint.name} was trained with demonstrations mixed in already.", hint=hint)
        return changes

    def begin_repair(self, workspace: str, plan: Plan) -> None:
        """Train the plan's checkpoint again with demonstrations mixed in, and fill in the tax sheet."""
        changes = self.repairs(workspace, plan.checkpoint)
        run = self._run(workspace, plan.checkpoint)
        self._evaluations.begin_after(
            workspace, partial(self._on_the_sheet, workspace, plan, run, [("repaired", changes)])
        )

    def begin_seeds(self, workspace: str, plan: Plan) -> None:
        """Train it again with other seeds, and fill in the tax sheet."""
        run = self._run(workspace, plan.checkpoint)
        known = {one.spec.seed for one in self._runs.all(workspace) if one.spec.algorithm == run.spec.algorithm}
        fresh = (n for n in itertools.count() if n not in known)
        others = [(f"seed {n}", {"seed": n}) for n in itertools.islice(fresh, MORE_SEEDS)]
        self._evaluations.begin_after(workspace, partial(self._on_the_sheet, workspace, plan, run, others))

    def begin_labels(self, workspace: str, plan: Plan, key: str) -> None:
        """Train it again on other labels, its reward model first where it has one, and see what changed."""
        change = next((one for one in self.label_changes(workspace, plan.checkpoint) if one.key == key), None)
        if change is None:
            raise NotFound("There is no such change of its labels.", hint="Choose one from the list.")
        run = self._run(workspace, plan.checkpoint)
        self._evaluations.begin_after(workspace, partial(self._on_other_labels, workspace, plan, run, change))

    def _on_the_sheet(
        self,
        workspace: str,
        plan: Plan,
        run: RunSummary,
        others: Sequence[tuple[str, Json]],
        tell: Tell,
        stopped: Stopped,
    ) -> Made:
        made = None
        for name, changes in others:
            made = self._again(workspace, run, name, tell, stopped, changes=changes)
            if made is None:
                return None
        return (made, self._sheets.steps(workspace, plan)) if made else None

    def _on_other_labels(
        self, workspace: str, plan: Plan, run: RunSummary, change: LabelChange, tell: Tell, stopped: Stopped
    ) -> Made:
        labelled = self._labelled(workspace, run)
        made = self._again(workspace, labelled, change.title, tell, stopped, rows=change.rows)
        if made is not None and labelled is not run:
            made = self._again(workspace, run, change.title, tell, stopped, reward=made)
        if made is None:
            return None
        beside = self._evaluations.plan(workspace, made.id, plan.checkpoint.id, persona=plan.persona or None)
        return made, self._evaluations.steps(beside, [EFFECT])

    def _again(
        self,
        workspace: str,
        run: RunSummary,
        change: str,
        tell: Tell,
        stopped: Stopped,
        *,
        changes: Json | None = None,
        rows: Sequence[Preference] = (),
        reward: Checkpoint | None = None,
    ) -> Checkpoint | None:
        """The run once more, to its end; None where Stop was pressed."""
        old = run.spec
        self._runs.require_nobody_withdrew(workspace, old)
        labels = self._labels(workspace, run)
        spec = self._runs.start(
            workspace,
            old.algorithm,
            {**old.config, **(changes or {})},
            start_id=old.start.id,
            reward_id=reward.id if reward else old.reward.id if old.reward else None,
            preferences=rows or None,
            frozen=None if rows or not labels else Snapshot(old.snapshot or "", old.data_hash, tuple(labels)),
            persona=None if rows or reward else old.persona,  # other labels may be another's
            seed=int((changes or {}).get("seed", old.seed)),
            name=f"{old.name}, {change}"[:60],
        )
        learns = f"{spec.name} learns."
        return made_by(self._runs, workspace, spec.id, lambda now: tell(learns, now.step, now.total_steps), stopped)

    def _run(self, workspace: str, checkpoint: Checkpoint) -> RunSummary:
        if not checkpoint.run_id:
            raise PlaygroundError(f"{checkpoint.name} came with the playground.", hint=_NOT_TRAINED)
        run = self._shelf.tail(workspace, checkpoint.run_id).summary
        if run.spec.algorithm not in MIXED:
            raise PlaygroundError(f"{checkpoint.name} was not trained on preferences.", hint=_NOT_TRAINED)
        if run.status != "done":
            hint = "Resume it in the tab Policy, or choose one that went to its end."
            raise PlaygroundError(f"{checkpoint.name} was stopped before its end: two things would differ.", hint=hint)
        return run

    def _labelled(self, workspace: str, run: RunSummary) -> RunSummary:
        """The run that read the labels: its own, or its reward model's."""
        reward = run.spec.reward
        if reward is None:
            return run
        if not reward.run_id:
            raise PlaygroundError(f"What {reward.name} learned from is not known here.", hint=_NOT_TRAINED)
        return self._shelf.tail(workspace, reward.run_id).summary

    def _labels(self, workspace: str, run: RunSummary) -> list[Preference]:
        found = map(from_json, self._shelf.folder(workspace, run.spec.id).rows())
        return [row for row in found if isinstance(row, Preference)]
