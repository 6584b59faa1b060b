"""The over-optimisation lab: the same PPO run at several strengths, one after another, kept as one sweep."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.evaluation.examiner import EvaluationStopped
from playground.evaluation.labelling import persona_pairs
from playground.evaluation.plan import POCKET
from playground.evaluation.running import Step, report_of
from playground.pocket.personas import PERSONAS
from playground.registry import questions
from playground.runs.tail import RunSummary
from playground.types import Checkpoint, Completion, Prompt, RunSpec, Sampling
from playground.workbench.background import BackgroundWork
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.completions import Completions
from playground.workbench.evaluations import Evaluations
from playground.workbench.quotas import Quotas
from playground.workbench.runs import Runs
from playground.workbench.sweep import START, Leg, Sweep, SweepFiles, Wanted, leg_words, require_sweepable, settings_of
from playground.workbench.watching import made_by

PERSONA = "polite"  # who judges where the sweep makes its own reward models
BEST_OF = "best_of_n"  # the question that gives the points without training


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """How far the sweep on its way is."""

    text: str
    sweep: str = ""
    seconds_left: float | None = None


class Sweeps:
    """Begin, follow, stop and go on with sweeps. Their runs are runs like any other."""

    def __init__(
        self,
        data_dir: Path,
        runs: Runs,
        checkpoints: Checkpoints,
        completions: Completions,
        evaluations: Evaluations,
        quotas: Quotas,
    ) -> None:
        self._data_dir = data_dir
        self._runs = runs
        self._checkpoints = checkpoints
        self._completions = completions
        self._evaluations = evaluations
        self._quotas = quotas
        self._works: dict[str, BackgroundWork[SweepProgress]] = {}
        self._begin = threading.Lock()

    def begin(self, workspace: str, wanted: Wanted) -> Sweep:
        """Keep the sweep and begin its first run, in the background. Raises PlaygroundError on what cannot work."""
        self._require_sound(workspace, wanted)
        self._quotas.require_disk(workspace)
        legs = tuple(Leg(value) for value in wanted.values)
        sweep = Sweep(uuid.uuid4().hex[:8], wanted, legs, time.time())
        self._launch(workspace, sweep)
        return sweep

    def go_on(self, workspace: str, sweep_id: str) -> None:
        """Finish a sweep that was stopped or broken off: runs that are done stay, the others go on or begin."""
        sweep = self.find(workspace, sweep_id)
        if self.finished(workspace, sweep):
            raise NotAllowed("Every run of this sweep is done.", hint="Start a new one.")
        self._launch(workspace, sweep)

    def stop(self, workspace: str) -> None:
        """End the sweep on its way, with its run; what was learned is kept."""
        work = self._works.get(workspace)
        if work is not None:
            work.stop()

    def running(self, workspace: str) -> str:
        """The id of the sweep that goes on; empty where none does."""
        work = self._works.get(workspace)
        return work.progress.sweep if work is not None and work.going else ""

    def last(self, workspace: str) -> str:
        """The id of the sweep that went on last, since this process began."""
        work = self._works.get(workspace)
        return work.progress.sweep if work is not None else ""

    def progress(self, workspace: str) -> SweepProgress | PlaygroundError:
        """What the last sweep is doing, or why it broke off."""
        work = self._works.get(workspace)
        if work is None:
            return SweepProgress("")
        return work.failure or work.progress

    def all(self, workspace: str) -> list[Sweep]:
        """Every sweep kept, the newest first."""
        return self._files(workspace).all()

    def find(self, workspace: str, sweep_id: str) -> Sweep:
        """One sweep. Raises NotFound."""
        found = next((one for one in self.all(workspace) if one.id == sweep_id), None)
        if found is None:
            raise NotFound("There is no such sweep here.", hint="Start one in the tab Attack.")
        return found

    def summary(self, workspace: str, run_id: str) -> RunSummary | None:
        """Where a run of a sweep stands; None where it is not begun yet, or was deleted."""
        try:
            return self._runs.find(workspace, run_id) if run_id else None
        except NotFound:
            return None

    def finished(self, workspace: str, sweep: Sweep) -> bool:
        """Whether every run has come to its end."""
        return all(self._is_done(workspace, leg) for leg in sweep.legs)

    def _is_done(self, workspace: str, leg: Leg) -> bool:
        found = self.summary(workspace, leg.run)
        return found is not None and found.status == "done"

    def estimate(self, workspace: str, wanted: Wanted) -> float | None:
        """Seconds a whole sweep will take; None while the machine's speed is not yet known."""
        legs = [Leg(value) for value in wanted.values]
        return self._seconds_left(workspace, Sweep("", wanted, tuple(legs), 0.0))

    # --- what goes on in the background ---

    def _launch(self, workspace: str, sweep: Sweep) -> None:
        with self._begin:
            if self.running(workspace):
                raise NotAllowed("A sweep is on its way.", hint="Wait for its end, or press Stop.")
            self._files(workspace).save(sweep)
            first = SweepProgress("Beginning.", sweep.id)
            hint = "The runs that are done are kept. Press Go on."
            work = self._works[workspace] = BackgroundWork("sweep", first, hint)
            work.begin(partial(self._drive, workspace, sweep, work))

    def _drive(self, workspace: str, sweep: Sweep, work: BackgroundWork[SweepProgress]) -> None:
        for place, leg in enumerate(sweep.legs):
            if self._is_done(workspace, leg):
                continue
            sweep, reward = self._with_reward(workspace, sweep, place, work)
            if reward is None:
                break
            sweep, made = self._with_policy(workspace, sweep, place, reward, work)
            if made is None:
                break
        words = "Done." if self.finished(workspace, sweep) else "Stopped. What was learned is kept."
        work.progress = SweepProgress(words, sweep.id)

    def _with_reward(
        self, workspace: str, sweep: Sweep, place: int, work: BackgroundWork[SweepProgress]
    ) -> tuple[Sweep, Checkpoint | None]:
        """The reward model of that leg, trained where the sweep makes its own; None: stopped."""
        if not sweep.own_rewards:
            return sweep, self._checkpoints.find(workspace, sweep.wanted.reward_id)
        leg = sweep.legs[place]
        if self.summary(workspace, leg.reward_run) is None:
            shared = sweep.legs[0].reward_run if sweep.wanted.kind == "kl" else ""
            known = shared if self.summary(workspace, shared) else ""
            run = known or self._begin_reward(workspace, sweep, leg, work)
            if not run:
                return sweep, None
            sweep = self._noted(workspace, sweep, place, replace(leg, reward_run=run))
        return sweep, self._made(workspace, sweep, sweep.legs[place].reward_run, work)

    def _begin_reward(self, workspace: str, sweep: Sweep, leg: Leg, work: BackgroundWork[SweepProgress]) -> str:
        """Label and start a reward model's run; its id, or nothing where Stop was pressed meanwhile."""
        count = sweep.labels(leg)
        text = f"The simulated {PERSONAS[PERSONA].title.lower()} annotator judges {count} pairs."
        self._tell(workspace, sweep, work, text)

        def sample(prompts: Sequence[Prompt], seed: int) -> list[list[Completion]]:
            if work.stopped.is_set():
                raise EvaluationStopped
            return self._completions.sample(workspace, START, prompts, Sampling(seed=seed), n=2)

        try:
            rows = persona_pairs(sample, PERSONA, count, sweep.wanted.seed)
        except EvaluationStopped:
            return ""
        values = {"held_out_share": 0.0, "seed": sweep.wanted.seed}
        name = f"Sweep's reward model, {count} labels"
        spec = self._runs.start(workspace, "reward_model", values, preferences=rows, seed=sweep.wanted.seed, name=name)
        return spec.id

    def _with_policy(
        self,
        workspace: str,
        sweep: Sweep,
        place: int,
        reward: Checkpoint,
        work: BackgroundWork[SweepProgress],
    ) -> tuple[Sweep, Checkpoint | None]:
        leg = sweep.legs[place]
        if self.summary(workspace, leg.run) is None:
            if work.stopped.is_set():
                return sweep, None
            spec = self._begin_policy(workspace, sweep, leg, reward)
            sweep = self._noted(workspace, sweep, place, replace(leg, run=spec.id))
        if sweep.wanted.kind == "kl" and place == 0:
            self._best_of(workspace, sweep, reward, work)  # while the run trains, in the other process
        return sweep, self._made(workspace, sweep, sweep.legs[place].run, work)

    def _begin_policy(self, workspace: str, sweep: Sweep, leg: Leg, reward: Checkpoint) -> RunSpec:
        return self._runs.start(
            workspace,
            "ppo",
            settings_of(sweep.wanted, leg.value),
            start_id=START,
            reward_id=reward.id,
            seed=sweep.wanted.seed,
            name=f"PPO, {leg_words(sweep.wanted.kind, leg.value)}",
        )

    def _made(
        self, workspace: str, sweep: Sweep, run_id: str, work: BackgroundWork[SweepProgress]
    ) -> Checkpoint | None:
        def tell(run: RunSummary) -> None:
            step = f" Step {run.step} of {run.total_steps}." if run.total_steps else " It is about to begin."
            self._tell(workspace, sweep, work, f"{run.spec.name}.{step}")

        return made_by(self._runs, workspace, run_id, tell, work.stopped.is_set)

    def _best_of(self, workspace: str, sweep: Sweep, reward: Checkpoint, work: BackgroundWork[SweepProgress]) -> None:
        """Ask once what the best of n gets by that reward model, where it may be asked."""
        plan = self._evaluations.plan(workspace, START, reward_id=reward.id, persona=self.persona(workspace, reward))
        question = questions()[BEST_OF]
        known = [r for r in self._evaluations.reports(workspace, plan.checkpoint) if r.question == BEST_OF]
        if question.unfit(plan) or any(one.judges_key == plan.judges_key for one in known):
            return
        self._tell(workspace, sweep, work, "Drawing completions and keeping the best of n, without any training.")
        examiner = self._evaluations.examiner(workspace, stopped=work.stopped.is_set)
        with suppress(EvaluationStopped):
            self._evaluations.keep(workspace, plan, report_of(Step(question, plan), examiner))

    def rewards(self, workspace: str) -> list[Checkpoint]:
        """Reward models whose annotator is simulated, so that the gold reward is known."""
        known = self._checkpoints.all(workspace, "reward")
        return [one for one in known if one.card == POCKET and self.persona(workspace, one)]

    def persona(self, workspace: str, reward: Checkpoint) -> str | None:
        """Whose labels a reward model learned from."""
        return self._checkpoints.annotator(workspace, reward)

    def _tell(self, workspace: str, sweep: Sweep, work: BackgroundWork[SweepProgress], text: str) -> None:
        work.progress = SweepProgress(text, sweep.id, self._seconds_left(workspace, sweep))

    # --- how long it will take ---

    def _seconds_left(self, workspace: str, sweep: Sweep) -> float | None:
        wanted, total = sweep.wanted, 0.0
        rewards = {} if not sweep.own_rewards else {sweep.labels(leg): leg.reward_run for leg in reversed(sweep.legs)}
        todo = [("reward_model", {"held_out_share": 0.0}, n, run) for n, run in rewards.items()]
        todo += [("ppo", settings_of(wanted, leg.value), 0, leg.run) for leg in sweep.legs]
        for algorithm, values, rows, run_id in todo:
            summary = self.summary(workspace, run_id)
            whole = self._runs.estimate(workspace, algorithm, values, rows, START)
            if summary is not None and summary.status == "done":
                continue
            if whole is None:
                return None
            total += _rest(summary, whole)
        return total

    # --- what is kept ---

    def _require_sound(self, workspace: str, wanted: Wanted) -> None:
        require_sweepable(wanted)
        if wanted.kind == "kl" and wanted.reward_id:
            self._require_reward(workspace, self._checkpoints.find(workspace, wanted.reward_id))

    def _require_reward(self, workspace: str, reward: Checkpoint) -> None:
        if reward.kind != "reward" or reward.card != POCKET or self.persona(workspace, reward) is None:
            hint = "Choose a reward model that a simulated annotator's labels made, or let the sweep make one."
            raise PlaygroundError(f"Of {reward.name} nobody knows what its labels really wanted.", hint=hint)

    def _noted(self, workspace: str, sweep: Sweep, place: int, leg: Leg) -> Sweep:
        legs = (*sweep.legs[:place], leg, *sweep.legs[place + 1 :])
        sweep = replace(sweep, legs=legs)
        self._files(workspace).save(sweep)
        return sweep

    def _files(self, workspace: str) -> SweepFiles:
        return SweepFiles(self._data_dir / "workspaces" / workspace / "sweeps")


def _rest(summary: RunSummary | None, whole: float) -> float:
    """Seconds that a run still takes: by its own pace once it has one."""
    if summary is None or not summary.total_steps:
        return whole
    left = 1 - summary.step / summary.total_steps
    spent = summary.seconds_before + summary.unfinished_s
    return left * (spent / (1 - left) if summary.step > 2 and spent else whole)
