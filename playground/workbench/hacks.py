"""Hacks on purpose: labels made for a recipe, a reward model and a policy trained on them, measured; then the cure."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from playground.errors import NotFound, PlaygroundError
from playground.evaluation.examiner import EvaluationStopped
from playground.evaluation.export import FORMS, Form
from playground.evaluation.hack_report import (
    HackReport,
    cure_title,
    hack_from_text,
    hack_to_text,
    measuring,
    next_cure,
    with_beside,
)
from playground.evaluation.hacks import RECIPES, Cure, Labelling, Recipe, hack_pairs
from playground.evaluation.plan import Plan
from playground.evaluation.report import Report
from playground.evaluation.running import Step, report_of
from playground.registry import audits
from playground.runs.tail import RunSummary
from playground.types import Checkpoint, Completion, Json, Prompt, Sampling
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.completions import Completions
from playground.workbench.downloads import downloads
from playground.workbench.evaluations import Evaluations, Tell
from playground.workbench.runs import Runs
from playground.workbench.watching import made_by

START = "pocket-sft"
WORK = "hack"  # what such work is called among a workspace's evaluations
AUDIT = "reward_model"
_STOPPED = "Stopped. What was trained is kept under Runs."


@dataclass(frozen=True, slots=True)
class _Doing:
    """One piece of work on its way."""

    workspace: str
    recipe: Recipe
    tell: Tell
    stopped: Callable[[], bool]


class Hacks:
    """Begin a recipe or its cure, read and export what came of it. Follow and stop are the evaluations'."""

    def __init__(
        self,
        data_dir: Path,
        runs: Runs,
        checkpoints: Checkpoints,
        completions: Completions,
        evaluations: Evaluations,
    ) -> None:
        self._data_dir = data_dir
        self._runs = runs
        self._checkpoints = checkpoints
        self._completions = completions
        self._evaluations = evaluations

    def begin(self, workspace: str, name: str, seed: int = 0) -> None:
        """Bring the hack about and measure it, in the background. Raises PlaygroundError."""
        recipe = _recipe(name)
        self._evaluations.begin_other(workspace, WORK, partial(self._bring_about, workspace, recipe, seed))

    def begin_cure(self, workspace: str, name: str, seed: int = 0) -> None:
        """Train again with its next cure, and measure that too. Raises PlaygroundError where there is no hack yet."""
        recipe, known = _recipe(name), self.report(workspace, name)
        if known is None:
            raise PlaygroundError("There is nothing to cure yet.", hint="Bring the hack about first.")
        self._evaluations.begin_other(workspace, WORK, partial(self._cure, workspace, recipe, seed))

    def report(self, workspace: str, name: str) -> HackReport | None:
        """What became of that recipe here; None where it was not tried, or its file was broken off."""
        try:
            return hack_from_text(self._path(workspace, _recipe(name)).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def export(self, workspace: str, name: str, form: Form) -> Path:
        """The report as a file. Raises NotFound."""
        found = self.report(workspace, name)
        if found is None:
            raise NotFound("There is no report about this hack yet.", hint="Bring it about first.")
        path = downloads(self._data_dir, workspace) / f"hack-{uuid.uuid4().hex[:8]}.{form}"
        beside = [(with_beside(report, before) if before else report, before) for report, before in found.shown]
        path.write_text(FORMS[form](beside), encoding="utf-8")
        return path

    def estimate(self, workspace: str, name: str) -> float | None:
        """Seconds that bringing it about trains; None while the machine's speed is not yet known."""
        recipe = _recipe(name)
        policy = self._runs.estimate(workspace, "ppo", recipe.settings(), 0, START)
        reward = self._runs.estimate(workspace, "reward_model", {"held_out_share": 0.0}, recipe.labels, START)
        return None if policy is None or reward is None else policy + reward

    # --- what goes on in the background ---

    def _bring_about(self, workspace: str, recipe: Recipe, seed: int, tell: Tell, stopped: Callable[[], bool]) -> str:
        began, doing = time.time(), _Doing(workspace, recipe, tell, stopped)
        reward = self._reward(doing, recipe.labelling, f"Biased on purpose: {recipe.title.lower()}", seed)
        policy = self._policy(doing, reward, f"Hack: {recipe.title.lower()}", None, seed) if reward else None
        if reward is None or policy is None:
            return _STOPPED
        start = self._checkpoints.find(workspace, START)
        try:
            before = self._measured(doing, start, reward, "Before", seed)
            hacked = self._measured(doing, policy, reward, "The hack", seed)
            tell("The biased reward model is audited.", 0, 0)
            audited = self._audited(doing, reward)
        except EvaluationStopped:
            return _STOPPED
        names, took = (reward.name, policy.name), time.time() - began
        report = HackReport(recipe.name, before, hacked, audited, runs=names, seconds=took, created_at=time.time())
        self._save(workspace, report)
        return f"Done in {took:.0f} s."

    def _cure(self, workspace: str, recipe: Recipe, seed: int, tell: Tell, stopped: Callable[[], bool]) -> str:
        began, doing = time.time(), _Doing(workspace, recipe, tell, stopped)
        known = self.report(workspace, recipe.name)
        biased, cure = self._biased(workspace, known), next_cure(recipe, known)
        name = f"{recipe.title}, cured by {cure.named}"
        reward: Checkpoint | None = biased
        if cure.trains_reward:
            labelling = cure.labelling or recipe.labelling
            reward = self._reward(doing, labelling, name, seed, cure.reward_settings)
        policy = self._policy(doing, reward, name, cure, seed) if reward else None
        if policy is None:
            return _STOPPED
        try:
            measured = self._measured(doing, policy, biased, cure_title(cure), seed)
        except EvaluationStopped:
            return _STOPPED
        took = time.time() - began
        names = (*known.runs, *(one.name for one in (reward, policy) if one.name not in known.runs))
        cured = (*(one for one in known.cured if one.title != measured.title), measured)
        self._save(workspace, replace(known, cured=cured, cure_seconds=took, runs=names, created_at=time.time()))
        return f"Done in {took:.0f} s."

    def _reward(
        self, doing: _Doing, labelling: Labelling, name: str, seed: int, settings: Json | None = None
    ) -> Checkpoint | None:
        """A reward model of labels made for it; None: stopped."""
        who = " and ".join(one.alias for one, _ in labelling.annotators)
        doing.tell(f"The simulated annotator {who} judges {doing.recipe.labels} pairs.", 0, 0)

        def sample(prompts: Sequence[Prompt], drawn: int) -> list[list[Completion]]:
            if doing.stopped():
                raise EvaluationStopped
            return self._completions.sample(doing.workspace, START, prompts, Sampling(seed=drawn), n=2)

        try:
            rows = hack_pairs(sample, labelling, doing.recipe.labels, seed)
        except EvaluationStopped:
            return None
        spec = self._runs.start(
            doing.workspace,
            "reward_model",
            {"held_out_share": 0.0, "seed": seed, **(settings or {})},
            start_id=START,
            preferences=rows,
            persona=doing.recipe.persona,
            seed=seed,
            name=name[:60],
        )
        return self._made(doing, spec.id)

    def _policy(self, doing: _Doing, reward: Checkpoint, name: str, cure: Cure | None, seed: int) -> Checkpoint | None:
        spec = self._runs.start(
            doing.workspace,
            "ppo",
            {**doing.recipe.settings(cure), "seed": seed},
            start_id=START,
            reward_id=reward.id,
            persona=doing.recipe.persona,
            seed=seed,
            name=name[:60],
        )
        return self._made(doing, spec.id)

    def _made(self, doing: _Doing, run_id: str) -> Checkpoint | None:
        def tell(run: RunSummary) -> None:
            doing.tell(f"{run.spec.name}: training.", run.step, run.total_steps)

        return made_by(self._runs, doing.workspace, run_id, tell, doing.stopped)

    def _measured(self, doing: _Doing, one: Checkpoint, reward: Checkpoint, title: str, seed: int) -> Report:
        doing.tell(f"{one.name} answers the exam's prompts.", 0, 0)
        plan = Plan(one, reward=reward, persona=doing.recipe.persona, seed=seed)
        examiner = self._evaluations.examiner(doing.workspace, stopped=doing.stopped)
        return report_of(Step(measuring(doing.recipe, title), plan), examiner)

    def _audited(self, doing: _Doing, reward: Checkpoint) -> Report:
        plan = replace(self._evaluations.audit_plan(doing.workspace, reward.id), persona=doing.recipe.persona)
        examiner = self._evaluations.examiner(doing.workspace, stopped=doing.stopped)
        return report_of(Step(audits()[AUDIT], plan), examiner)

    def _biased(self, workspace: str, known: HackReport) -> Checkpoint:
        """The reward model that the hack was trained against. Raises NotFound where it was deleted."""
        wanted = known.hacked.judges_key.rsplit("-", 1)[-1]
        found = [one for one in self._checkpoints.all(workspace, "reward") if one.fingerprint == wanted]
        if not found:
            raise NotFound("The reward model of this hack was deleted.", hint="Bring the hack about again.")
        return found[-1]

    def _save(self, workspace: str, report: HackReport) -> None:
        path = self._path(workspace, RECIPES[report.recipe])
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(hack_to_text(report), encoding="utf-8")
        os.replace(part, path)

    def _path(self, workspace: str, recipe: Recipe) -> Path:
        return self._data_dir / "workspaces" / workspace / "hacks" / f"{recipe.name}.json"


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise NotFound(f"There is no hack {name!r}.", hint=f"Choose one of {', '.join(RECIPES)}.")
    return RECIPES[name]
