"""A workspace's training runs: started on frozen data, stopped, resumed, followed, downloaded."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from playground.errors import NotAllowed, NotFound, PlaygroundError, TooFewPreferences
from playground.events import Phase
from playground.pocket.personas import PERSONAS
from playground.preferences.store import PreferenceStore
from playground.registry import Algorithm, algorithms, build_config, suited
from playground.runs.origin import origins
from playground.runs.rows import to_json
from playground.runs.tail import RunShelf, RunSummary, RunTail
from playground.settings import Settings
from playground.types import Checkpoint, Example, Json, Preference, RunSpec, Snapshot, content_hash
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.estimates import Estimates
from playground.workbench.queue import Place, TrainingQueue
from playground.workbench.quotas import Quotas
from playground.workbench.run_names import LONGEST_NAME, numbered, renamed


class Runs:
    """Everything a visitor can do with runs."""

    def __init__(
        self,
        settings: Settings,
        shelf: RunShelf,
        queue: TrainingQueue,
        checkpoints: Checkpoints,
        estimates: Estimates,
        store: PreferenceStore,
        quotas: Quotas,
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._queue = queue
        self._checkpoints = checkpoints
        self._estimates = estimates
        self._store = store
        self._quotas = quotas
        self._starting = threading.Lock()  # what is allowed is looked up and taken in one go
        self._versions: dict[str, int] = defaultdict(lambda: int(time.time()))  # after a restart none is as it was

    def estimate(
        self, workspace: str, algorithm: str, values: Json, rows: int, start_id: str = "pocket-sft"
    ) -> float | None:
        """Seconds a run will take on this machine; None while the machine's speed is not yet known."""
        start = self._checkpoints.find(workspace, start_id)
        return self._estimates.seconds(workspace, algorithm, values, rows, start)

    def start(
        self,
        workspace: str,
        algorithm: str,
        values: Json,
        *,
        start_id: str = "pocket-sft",
        reward_id: str | None = None,
        examples: Sequence[Example] | None = None,
        preferences: Sequence[Preference] | None = None,
        frozen: Snapshot | None = None,
        persona: str | None = None,
        seed: int = 0,
        name: str = "",
    ) -> RunSpec:
        """Freeze the data, make the run's folder and queue the run. Raises PlaygroundError on what cannot work.

        preferences: made for this run alone, instead of the workspace's set.
        frozen: a set that was frozen before, such as a workshop's, instead of the workspace's preferences.
        """
        entry = algorithms()[algorithm]
        start = self._checkpoints.find(workspace, start_id)
        config = _checked_config(entry, suited(entry, start, values))
        reward = self._reward(workspace, entry, reward_id)
        rows, snapshot = self._data(workspace, entry, config, preferences or examples, frozen, seed)
        self._estimates.require_room(entry, config, rows, start)
        spec = RunSpec(
            id=f"{algorithm}-{uuid.uuid4().hex[:8]}",
            workspace=workspace,
            algorithm=algorithm,
            config=dataclasses.asdict(config),
            start=start,
            reward=reward,
            persona=persona or self._labelling_persona(workspace, rows, reward),
            data_hash=snapshot.content_hash if snapshot else content_hash([to_json(r) for r in rows]),
            data_count=len(rows),
            data_from=origins(rows),
            snapshot=snapshot.id or None if snapshot else None,
            name=name,
            seed=seed,
            threads=self._settings.threads,
            dtype=self._settings.dtype,
            estimate_s=self.estimate(workspace, algorithm, dataclasses.asdict(config), len(rows), start_id),
            created_at=time.time(),
        )
        with self._starting:
            self._quotas.require_new_run(len(self.all(workspace)))
            self._quotas.require_run(workspace, self._queue.count(workspace), self._queue.count(), spec.estimate_s)
            spec = numbered(spec, self.all(workspace))
            self._shelf.folder(workspace, spec.id).create(spec, [to_json(row) for row in rows])
            self._versions[workspace] += 1
            self._send(spec)
        return spec

    def place(self, workspace: str, run_id: str) -> Place | None:
        """Where a run stands in the queue; None once it trains."""
        return self._queue.place(workspace, run_id)

    def stop(self, workspace: str, run_id: str) -> None:
        """Ask a run to end within a step; what was learned is kept."""
        self._shelf.tail(workspace, run_id)
        self._queue.stop(workspace, run_id)

    def resume(self, workspace: str, run_id: str) -> RunSpec:
        """Go on with a run that was stopped or died, in its own folder and curve.

        One that kept no state to go on from begins again at step 1, with the same data, settings and seed.
        """
        with self._starting:
            summary = self._resumable(workspace, run_id)
            self._quotas.require_run(workspace, self._queue.count(workspace), self._queue.count(), None)
            self._shelf.folder(workspace, run_id).append(Phase("Waiting for its turn"))
            self._shelf.tail(workspace, run_id).refresh(force=True)
            self._versions[workspace] += 1
            self._send(summary.spec)
        return summary.spec

    def rename(self, workspace: str, run_id: str, name: str) -> None:
        """Give a run and its checkpoint another name, also where other runs speak of it."""
        self.own(workspace, run_id)
        name = " ".join(name.split())
        if not 1 <= len(name) <= LONGEST_NAME:
            hint = f"Type one of 1 to {LONGEST_NAME} characters."
            raise PlaygroundError(f"The name has {len(name)} characters.", hint=hint)
        if any(s.spec.name.casefold() == name.casefold() and s.spec.id != run_id for s in self.all(workspace)):
            raise PlaygroundError(f"Another run is called {name} already.", hint="Type a name that no other run has.")
        for other in self.all(workspace):
            folder = self._shelf.folder(workspace, other.spec.id)
            before = folder.spec()  # as its training wrote it down: threads and number format are settled there
            spec = renamed(before, run_id, name)
            if spec != before:
                folder.write_spec(spec)
                self._shelf.forget(workspace, spec.id)
        self._versions[workspace] += 1

    def delete(self, workspace: str, run_id: str) -> None:
        """Remove a run with its folder. Raises NotAllowed while it goes on or another run builds on it."""
        summary = self.own(workspace, run_id)
        if summary.active or self._queue.holds(workspace, run_id):
            raise NotAllowed(f"{summary.spec.name} is {summary.status}.", hint="Stop it, then delete it.")
        for other in self._built_on(workspace, run_id):
            raise NotAllowed(f"{other.spec.name} was trained on {summary.spec.name}.", hint="Delete that one first.")
        self._shelf.folder(workspace, run_id).delete()
        self._shelf.forget(workspace, run_id)
        self._versions[workspace] += 1

    def all(self, workspace: str) -> list[RunSummary]:
        """All runs, newest first."""
        return self._shelf.summaries(workspace)

    def version(self, workspace: str) -> int:
        """Another number whenever a run was started, resumed, named or deleted."""
        return self._versions[workspace]

    def find(self, workspace: str, run_id: str) -> RunSummary:
        """One run. Raises NotFound when this workspace has none of that id."""
        return self.tail(workspace, run_id).summary

    def tail(self, workspace: str, run_id: str) -> RunTail:
        """A run's events, for following it."""
        return self._shelf.tail(workspace, run_id)

    def latest(self, workspace: str, names: Sequence[str]) -> RunSummary | None:
        """The newest run of one of those algorithms, a running one first."""
        found = [s for s in self.all(workspace) if s.spec.algorithm in names]
        return next((s for s in found if s.active), found[0] if found else None)

    def recorded(self) -> list[RunSummary]:
        """The runs that were recorded beforehand and come with the playground."""
        return [self.find("", name) for name in self._shelf.recorded_names()]

    def warned(self, workspace: str, run_id: str) -> set[str]:
        """Codes of the failures that were named since the run last began to learn; none where there is no such run."""
        try:
            lines = self.tail(workspace, run_id).lines
        except NotFound:
            return set()
        codes: set[str] = set()
        for line in lines:
            if '"kind": "RunStarted"' in line[:40]:
                codes.clear()  # it was resumed: what was said of the earlier part may be over
            elif '"kind": "Warned"' in line[:40]:
                codes.add(json.loads(line)["code"])
        return codes

    def own(self, workspace: str, run_id: str) -> RunSummary:
        """The run, if it is one of the workspace's own. Raises NotAllowed for a recorded one."""
        if run_id in self._shelf.recorded_names():
            raise NotAllowed("This run was recorded beforehand.", hint="Start one of your own.")
        return self.find(workspace, run_id)

    def lineage(self, workspace: str, spec: RunSpec) -> list[Checkpoint]:
        """What the run starts from and is scored by, with all ancestors, each once."""
        sources = [self._checkpoints.find(workspace, c.id) for c in (spec.start, spec.reward) if c is not None]
        return list({c.id: c for c in self._checkpoints.family(workspace, *sources)}.values())

    def _resumable(self, workspace: str, run_id: str) -> RunSummary:
        """The run, if it may be gone on with. Raises NotAllowed."""
        summary = self.own(workspace, run_id)
        if summary.active or summary.status == "done" or self._queue.holds(workspace, run_id):
            raise NotAllowed(f"The run is {summary.status}; only a stopped or broken one can be resumed.")
        for other in self._built_on(workspace, run_id):
            hint = "Start a new run with the same settings."
            raise NotAllowed(f"{other.spec.name} was trained on what {summary.spec.name} had learned.", hint=hint)
        self.require_nobody_withdrew(workspace, summary.spec)
        return summary

    def require_nobody_withdrew(self, workspace: str, spec: RunSpec) -> None:
        """Raises NotAllowed where choices that the run learns from were withdrawn, or deleted with their session."""
        ids = self._shelf.folder(workspace, spec.id).preference_ids()
        if spec.snapshot and not ids:
            hint = "Start a new run on another set."
            raise NotAllowed("The choices it learns from were deleted with their session.", hint=hint)
        gone = self._store.withdrawn(workspace, ids)
        if gone:
            what = f"People whose choices it learns from have withdrawn since: {len(gone)} of its {spec.data_count}"
            raise NotAllowed(f"{what} preferences.", hint="Train anew on the frozen set, in the tab Workshop.")

    def _built_on(self, workspace: str, run_id: str) -> list[RunSummary]:
        """The runs that started from this one's checkpoint or are scored by it."""
        made = [s for s in self.all(workspace) if s.spec.id != run_id]
        return [s for s in made if run_id in (s.spec.start.id, s.spec.reward.id if s.spec.reward else None)]

    def _send(self, spec: RunSpec) -> None:
        """Queue a run, with its checkpoints where they lie now: the data folder may have moved."""
        start = self._checkpoints.find(spec.workspace, spec.start.id)
        reward = self._checkpoints.find(spec.workspace, spec.reward.id) if spec.reward else None
        spec = replace(spec, start=start, reward=reward)
        self._queue.add(spec, self.lineage(spec.workspace, spec))

    def _data(
        self,
        workspace: str,
        entry: Algorithm,
        config,
        given: Sequence[Example | Preference] | None,
        frozen: Snapshot | None,
        seed: int,
    ) -> tuple[list, Snapshot | None]:
        """The rows a run trains on, frozen: (rows, the snapshot they come from). given: rows made for it alone."""
        if given:
            return list(given), None
        if entry.needs == "preferences":
            snapshot = frozen or self._store.snapshot(workspace)
            if len(snapshot.preferences) < 4:
                raise TooFewPreferences(len(snapshot.preferences), 4)
            return list(snapshot.preferences), snapshot
        from playground import pocket

        if entry.needs == "examples":
            return pocket.demonstrations(config.examples, seed), None
        return pocket.prompt_set(512, seed, kinds=pocket.training_mix()), None

    def _reward(self, workspace: str, entry: Algorithm, reward_id: str | None) -> Checkpoint | None:
        if entry.needs != "prompts":
            return None
        if not reward_id:
            raise PlaygroundError("PPO needs a reward model and there is none.", hint="Train one in Reward model.")
        return self._checkpoints.find(workspace, reward_id)

    def _labelling_persona(self, workspace: str, rows: Sequence, reward: Checkpoint | None) -> str | None:
        """The persona that judged most of the rows (or of the reward model's): its gold reward is known exactly."""
        if reward is not None and reward.run_id:
            return self.find(workspace, reward.run_id).spec.persona
        judges = [row.annotator for row in rows if isinstance(row, Preference)]
        personas = Counter(one.alias for one in judges if one and one.kind == "persona" and one.alias in PERSONAS)
        most = personas.most_common(1)
        return most[0][0] if most and 2 * most[0][1] > len(rows) else None


def _checked_config(entry: Algorithm, values: Json):
    try:
        return build_config(entry, values)
    except ValueError as error:
        raise PlaygroundError(str(error), hint="Correct that setting and start again.") from error
