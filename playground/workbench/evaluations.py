"""A workspace's evaluations: asked in the background, followed, stopped, kept with their checkpoints, taken along."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.evaluation.choices import OwnChoices
from playground.evaluation.examiner import EvaluationStopped, Examiner
from playground.evaluation.export import FORMS, Form
from playground.evaluation.files import AnswerFiles, NothingKept, ReportFiles
from playground.evaluation.plan import Plan, Question, ReadText
from playground.evaluation.prompt_sets import mixed
from playground.evaluation.report import Report
from playground.evaluation.running import Step, report_of, steps, workloads
from playground.preferences.record import Contested
from playground.preferences.store import PreferenceStore
from playground.registry import audits, questions
from playground.runs.tail import RunShelf
from playground.settings import Settings
from playground.types import Checkpoint
from playground.workbench.background import BackgroundWork
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.completions import Completions
from playground.workbench.downloads import downloads
from playground.workbench.estimates import Estimates
from playground.workbench.evaluation_progress import Clock, Progress
from playground.workbench.instruments import SamplerInstruments
from playground.workbench.quotas import Quotas
from playground.workbench.schooling import Schooling

Tell = Callable[[str, int, int], None]  # what goes on, and how much of how much is done
Stopped = Callable[[], bool]  # whether Stop was pressed
Make = Callable[[Tell, Stopped], tuple[Checkpoint, list[Step]] | None]


class Evaluations:
    """Plan, estimate, begin, follow, stop, read, export."""

    def __init__(
        self,
        settings: Settings,
        shelf: RunShelf,
        checkpoints: Checkpoints,
        completions: Completions,
        estimates: Estimates,
        store: PreferenceStore,
        quotas: Quotas,
    ) -> None:
        self._data_dir = settings.data_dir
        self._shelf = shelf
        self._schooling = Schooling(shelf, checkpoints)
        self._checkpoints = checkpoints
        self._completions = completions
        self._estimates = estimates
        self._store = store
        self._quotas = quotas
        self._works: dict[str, BackgroundWork[Progress]] = {}
        self._about: dict[str, frozenset[str]] = {}  # workspace -> whom its last evaluation asks
        self._made: dict[str, str] = {}  # workspace -> what its last evaluation had trained first
        self._turn = threading.Lock()  # one evaluation asks at a time
        self._begin = threading.Lock()

    def plan(
        self,
        workspace: str,
        checkpoint_id: str,
        reference_id: str | None = None,
        reward_id: str | None = None,
        persona: str | None = None,
        seed: int = 0,
        own: OwnChoices | None = None,
    ) -> Plan:
        """What is evaluated against what. Without a reference: what the checkpoint was trained from.

        persona: whose gold reward judges; without one, the persona whose labels the checkpoint learned from.
        own: multiple-choice questions that the visitor brought.
        """
        checkpoint = self._checkpoints.find(workspace, checkpoint_id)
        beside = reference_id or (checkpoint.parent if checkpoint.kind == "policy" else None)
        reference = self._checkpoints.find(workspace, beside) if beside and beside != checkpoint.id else None
        reward = self._checkpoints.find(workspace, reward_id) if reward_id else None
        people = self.people(workspace, reference, checkpoint)
        whose = persona or self._schooling.persona_of(workspace, checkpoint)
        plan = Plan(checkpoint, reference, reward, persona=whose, people=people, own=own, seed=seed)
        learned = self._schooling.prompts_of(workspace, reward)
        return replace(plan, learned=learned, taught=tuple(one.text for one in mixed(plan) if one.key in learned))

    def audit_plan(self, workspace: str, checkpoint_id: str, uploaded: Sequence[str] = ()) -> Plan:
        """What an audit of a policy or a reward model needs to know. uploaded: names of sets to look in besides."""
        plan = self.plan(workspace, checkpoint_id)
        taught_by = self._schooling.teachers_of(workspace, plan.checkpoint)
        return replace(plan, sources=(*(one.name for one in taught_by), *uploaded))

    def offered(self, plan: Plan) -> dict[str, str]:
        """Each question's and audit's name, and why it cannot be asked here; an empty string where it can."""
        return {name: one.unfit(plan) for name, one in _known().items()}

    def estimate(self, workspace: str, plan: Plan, names: Sequence[str]) -> float | None:
        """Seconds it will take on this machine; None while the machine's speed is not yet known."""
        return self.seconds(workspace, self.steps(plan, names))

    def steps(self, plan: Plan, names: Sequence[str]) -> list[Step]:
        """What there is to do for the questions and audits of these names. Raises NotFound on a name of none."""
        return steps(_chosen(names), plan)

    def begin(self, workspace: str, plan: Plan, names: Sequence[str], uploaded: Sequence[ReadText] = ()) -> None:
        """Ask in the background; it goes on when the page is closed. Raises PlaygroundError where nothing can be.

        uploaded: what a visitor brought to look for the exam in.
        """
        if plan.sources:
            plan = replace(plan, read=(*self._schooling.texts_of(workspace, plan.checkpoint), *uploaded))
        self.begin_steps(workspace, self.steps(plan, names))

    def begin_after(self, workspace: str, make: Make) -> None:
        """First make a checkpoint, then ask about it, all in the background: make says what to ask; None: nothing."""
        self._quotas.require_disk(workspace)
        self._launch(workspace, Progress("Beginning.", 0, 0), frozenset(), partial(self._made_and_asked, make))

    def begin_other(self, workspace: str, work: str, do: Callable[[Tell, Stopped], str]) -> None:
        """Do something else in the background, followed and stopped as an evaluation; do returns its last words."""
        self._quotas.require_disk(workspace)
        self._launch(workspace, Progress("Beginning.", work=work), frozenset(), partial(self._done, do))

    def keep(self, workspace: str, plan: Plan, report: Report) -> None:
        """Keep a report that was made elsewhere, with the plan's checkpoint."""
        self._files(workspace, plan.checkpoint).save(report)

    def running(self, workspace: str) -> bool:
        """Whether an evaluation of this workspace goes on."""
        return self._work(workspace).going

    def asked_now(self, workspace: str) -> frozenset[str]:
        """Ids of the checkpoints that the evaluation on its way asks."""
        return self._about.get(workspace, frozenset()) if self.running(workspace) else frozenset()

    def progress(self, workspace: str) -> Progress | PlaygroundError:
        """How far the last one is or was, or what went wrong with it."""
        work = self._work(workspace)
        return work.failure or work.progress

    def work_of(self, workspace: str) -> str:
        """Which work that is; empty: the answering of questions."""
        return self._work(workspace).progress.work

    def made_now(self, workspace: str) -> str:
        """The id of the checkpoint that was made first, in order to be asked; empty where none was."""
        return self._made.get(workspace, "")

    def follow(self, workspace: str) -> Iterator[Progress]:
        """How far the evaluation on its way is, until it ends; nothing where none is. Raises what went wrong."""
        yield from self._work(workspace).follow()

    def stop(self, workspace: str) -> None:
        """End after the part that is being asked; what was answered is kept."""
        self._work(workspace).stop()

    def reports(self, workspace: str, checkpoint: Checkpoint) -> list[Report]:
        """The reports about a checkpoint as it is now."""
        order = list(_known())
        found = self._files(workspace, checkpoint).all(checkpoint)
        return sorted((r for r in found if r.question in order), key=lambda report: order.index(report.question))

    def export(self, workspace: str, plan: Plan, form: Form, names: Collection[str] | None = None) -> Path:
        """The reports about a checkpoint, and the earlier ones of what it is compared with, as one file.

        names: of the questions and audits that are wanted; without them, all.
        """
        found = self.shown(workspace, plan, names)
        if not found:
            raise NotFound("There is no report about this checkpoint yet.", hint="Ask it something first.")
        path = downloads(self._data_dir, workspace) / f"evaluation-{uuid.uuid4().hex[:8]}.{form}"
        path.write_text(FORMS[form](found), encoding="utf-8")
        return path

    def shown(
        self, workspace: str, plan: Plan, names: Collection[str] | None = None
    ) -> list[tuple[Report, Report | None]]:
        """The reports about the plan's pair, each beside the same question's about the reference.

        names: of the questions and audits that are wanted; without them, all.
        """
        before = {r.question: r for r in self.reports(workspace, plan.reference)} if plan.reference else {}
        beside = plan.reference.fingerprint if plan.reference else ""
        own = [r for r in self.reports(workspace, plan.checkpoint) if r.reference_fingerprint in ("", beside)]
        own = [r for r in own if names is None or r.question in names]
        return [(r, None if r.reference_fingerprint else before.get(r.question)) for r in own]

    def people(self, workspace: str, reference: Checkpoint | None, checkpoint: Checkpoint) -> tuple[Contested, ...]:
        """What people here chose between the two."""
        return tuple(self._store.contest(workspace, reference, checkpoint)) if reference else ()

    def seconds(self, workspace: str, todo: list[Step]) -> float | None:
        """How long that will take on this machine; None while its speed is not yet known."""
        found = workloads(todo, self.examiner(workspace))
        each = [self._estimates.of_work(work, checkpoint) for checkpoint, work in found]
        return None if None in each else sum(each)

    def begin_steps(self, workspace: str, todo: list[Step]) -> None:
        """Do these in the background. Raises PlaygroundError where there are none, or they take too long here."""
        if not todo:
            raise PlaygroundError("None of the ticked questions can be asked here.", hint="Tick another one.")
        seconds = self.seconds(workspace, todo)
        self._quotas.require_time(seconds, "evaluation", "Tick fewer questions, or evaluate a smaller model.")
        self._quotas.require_disk(workspace)
        waiting = Progress("Waiting for its turn.", 0, 1, seconds)
        about = frozenset(step.plan.checkpoint.id for step in todo)
        self._launch(workspace, waiting, about, partial(self._run, todo, seconds))

    def _launch(self, workspace: str, first: Progress, about: frozenset[str], do: Callable[..., None]) -> None:
        """Do it in the background, told the workspace and the work. Raises NotAllowed while other work goes on."""
        with self._begin:
            if self.running(workspace):
                raise NotAllowed("An evaluation is on its way.", hint="Wait for its end, or press Stop.")
            work = self._works[workspace] = _work(first)
            self._about[workspace] = about
            self._made.pop(workspace, None)
            work.begin(partial(do, workspace, work))

    @staticmethod
    def _done(do: Callable[[Tell, Stopped], str], workspace: str, work: BackgroundWork[Progress]) -> None:
        name = work.progress.work

        def tell(text: str, done: int, total: int) -> None:
            work.progress = Progress(text, done, total, work=name)

        work.progress = Progress(do(tell, work.stopped.is_set), work=name)

    def _made_and_asked(self, make: Make, workspace: str, work: BackgroundWork[Progress]) -> None:
        def tell(text: str, done: int, total: int) -> None:
            work.progress = Progress(text, done, total)

        found = make(tell, work.stopped.is_set)
        if found is None:
            work.progress = Progress("Stopped. What was learned is kept under Runs.", 0, 0)
            return
        made, todo = found
        self._made[workspace] = made.id
        self._about[workspace] = frozenset(step.plan.checkpoint.id for step in todo)
        self._run(todo, self.seconds(workspace, todo), workspace, work)

    def _run(self, todo: list[Step], seconds: float | None, workspace: str, work: BackgroundWork[Progress]) -> None:
        with self._turn:
            try:
                clock = Clock(work, todo, seconds)
                over = partial(self._over, work, clock)
                examiner = self.examiner(workspace, clock.rows_done, over)
                for step in todo:
                    clock.begins(step)
                    works, began, reused = workloads([step], examiner), clock.seconds, examiner.reused
                    self._files(workspace, step.plan.checkpoint).save(report_of(step, examiner))
                    if examiner.reused == reused:  # what was known already tells nothing about the machine
                        self._estimates.learn(works, clock.seconds - began)
                work.progress = Progress(f"Done in {clock.seconds:.0f} s.", clock.total, clock.total)
            except EvaluationStopped:
                work.progress = Progress(self._stop_words(work), 0, 0)

    def _over(self, work: BackgroundWork[Progress], clock: Clock) -> bool:
        """Whether somebody pressed Stop, or the time that one evaluation may take here has passed."""
        most = self._quotas.train_s
        return work.stopped.is_set() or (most is not None and clock.seconds > most)

    def _stop_words(self, work: BackgroundWork[Progress]) -> str:
        if work.stopped.is_set():
            return "Stopped. What was answered is kept."
        return (
            f"Stopped after {self._quotas.train_s / 60:.0f} min, the longest that an evaluation may take here. What "
            "was answered is kept: begin it again to go on from there."
        )

    def examiner(
        self,
        workspace: str,
        on_rows: Callable[[int], None] = lambda rows: None,
        stopped: Callable[[], bool] = lambda: False,
        keeps: bool = True,
    ) -> Examiner:
        """Asks this workspace's models, in parts. keeps: what it is told is kept on disk, so as not to ask again."""
        instruments = SamplerInstruments(self._completions, workspace)
        kept = AnswerFiles(self._home(workspace) / "answers") if keeps else NothingKept()
        return Examiner(instruments, kept, on_rows, stopped)

    def _work(self, workspace: str) -> BackgroundWork[Progress]:
        return self._works.get(workspace) or _work(Progress(""))

    def _home(self, workspace: str) -> Path:
        return self._data_dir / "workspaces" / workspace / "evaluation"

    def _files(self, workspace: str, checkpoint: Checkpoint) -> ReportFiles:
        """With the run that made it; beside the runs where none did."""
        if checkpoint.run_id:
            return ReportFiles(self._shelf.folder(workspace, checkpoint.run_id).path / "reports")
        return ReportFiles(self._home(workspace) / "reports" / re.sub(r"[^\w.-]", "_", checkpoint.id))


def _work(progress: Progress) -> BackgroundWork[Progress]:
    hint = "What was answered is kept. Begin it again; if it breaks there again, untick what it asked last."
    return BackgroundWork("evaluation", progress, hint)


def _known() -> dict[str, Question]:
    """Everything that can be asked, questions before audits."""
    return {**questions(), **audits()}


def _chosen(names: Sequence[str]) -> list[Question]:
    known = _known()
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise NotFound(f"There is no question {unknown[0]!r}.", hint=f"Choose among {', '.join(known)}.")
    return [known[name] for name in known if name in names]
