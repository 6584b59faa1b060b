"""The one object that page and routes talk to. Torch-free: models live in two child processes.

Every method takes the caller's workspace first and touches nothing outside it. Every refusal is a PlaygroundError.
"""

from __future__ import annotations

import dataclasses
import random
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from playground.errors import EmptyPrompt, NotAllowed, NotFound, PlaygroundError, TooFewPreferences
from playground.events import Phase, RunEnded
from playground.models.catalogue import shipped_checkpoints
from playground.pairs import PairPool
from playground.preferences import exchange
from playground.preferences.pairing import swapped
from playground.preferences.record import JudgmentRow, SetCounts
from playground.preferences.store import PreferenceStore
from playground.registry import Algorithm, algorithms, build_config
from playground.runs.package import package_run
from playground.runs.process import Pending, WorkerProcess
from playground.runs.rows import to_json
from playground.runs.tail import RunShelf, RunSummary, RunTail
from playground.settings import ASSETS, Settings
from playground.types import (
    Annotator,
    Checkpoint,
    Choice,
    Completion,
    Example,
    Json,
    Preference,
    Prompt,
    RunSpec,
    Sampling,
    Snapshot,
    Speed,
    TokenScore,
    content_hash,
)

WORKSPACE_COOKIE = "playground_workspace"  # set by the page's own script, 32 random hex digits
_KEEP_DOWNLOADS_S = 3600.0
_MEAN_ROW_TOKENS = 40  # prompt and completion of the pocket world, for estimates


@dataclass(frozen=True, slots=True)
class Status:
    """How the models are coming up."""

    sampler_ready: bool
    trainer_ready: bool
    text: str  # one plain sentence for the page
    speed: Speed | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair or a K-way set put before an annotator, blind."""

    token: str
    prompt: str
    completions: tuple[str, ...]  # two: left, right


class Workbench:
    """Everything a visitor can do. One a process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._own = FileLock(settings.data_dir / "lock")
        try:
            self._own.acquire(timeout=0)
        except Timeout:
            hint = "Use that one, or give this one a data folder of its own by PLAYGROUND_DATA_DIR."
            raise NotAllowed(f"A playground is running on {settings.data_dir} already.", hint=hint) from None
        self.store = PreferenceStore(settings.sqlalchemy_url)
        self.shelf = RunShelf(settings.data_dir, recorded=ASSETS / "recorded")
        self._shipped = {c.id: c for c in shipped_checkpoints()}
        self._speed: Speed | None = None
        self._device = ""
        self._started = time.time()
        self._training: dict[tuple[str, str], Pending] = {}
        self._lock = threading.Lock()
        self._pairs = PairPool(self.sample, self.checkpoint)
        logs = settings.data_dir / "logs"
        self._sampler = WorkerProcess(
            "sampler",
            "playground.services:sampler",
            {"checkpoints": list(self._shipped.values())},
            logs,
            on_ready=self._sampler_ready,
        )
        self._trainer = WorkerProcess(
            "trainer",
            "playground.services:trainer",
            {"threads": settings.threads, "model": self._shipped["pocket-sft"]},
            logs,
            on_ready=self._trainer_ready,
        )

    def start(self) -> None:
        """Start both child processes; returns at once. Runs that an earlier process left open are closed."""
        self._close_orphans()
        self._sampler.start()
        self._trainer.start()

    def close(self) -> None:
        """End the children and the store."""
        self._sampler.close()
        self._trainer.close()
        self.store.close()
        self._own.release()

    def workspace_of(self, cookies: Mapping[str, str]) -> str:
        """The workspace of a browser: "local" for everybody, or in demo mode one for each browser's secret cookie."""
        if self.settings.mode == "local":
            return "local"
        secret = cookies.get(WORKSPACE_COOKIE, "")
        if len(secret) < 16:
            raise NotAllowed("This browser has no workspace yet.", hint="Allow cookies for this page and reload it.")
        return "w" + content_hash(secret)[:24]

    # --- status -------------------------------------------------------------------------------------------------

    def status(self) -> Status:
        """How the models are coming up, in one sentence."""
        sampler, trainer = self._sampler.ready.is_set(), self._trainer.ready.is_set()
        if sampler and trainer:
            text = f"Ready. {self._device}"
        elif sampler:
            text = f"Models ready, the trainer is still loading. {self._device}"
        else:
            text = f"Models are loading, {time.time() - self._started:.0f} s so far (usually about 10 s)."
        return Status(sampler, trainer, text, self._speed)

    def _sampler_ready(self, device: str) -> None:
        self._device = device

    def _trainer_ready(self, speed: Speed) -> None:
        self._speed = speed

    # --- checkpoints --------------------------------------------------------------------------------------------

    def checkpoints(self, workspace: str, kind: str = "policy") -> list[Checkpoint]:
        """All checkpoints of that kind: the shipped ones, then those of the workspace's ended runs, oldest first."""
        shipped = [c for c in self._shipped.values() if c.kind == kind]
        own = [s.checkpoint for s in reversed(self.shelf.summaries(workspace)) if s.checkpoint and not s.active]
        return shipped + [c for c in own if c.kind == kind]

    def checkpoint(self, workspace: str, checkpoint_id: str) -> Checkpoint:
        """The checkpoint with that id. Raises NotFound when this workspace has none."""
        for kind in ("policy", "reward"):
            for checkpoint in self.checkpoints(workspace, kind):
                if checkpoint.id == checkpoint_id:
                    return checkpoint
        raise NotFound(f"There is no checkpoint {checkpoint_id!r} here.", hint="Choose one from the list.")

    def lineage(self, workspace: str, checkpoint: Checkpoint) -> list[Checkpoint]:
        """The checkpoint and its ancestors, youngest first."""
        chain = [checkpoint]
        while chain[-1].parent:
            chain.append(self.checkpoint(workspace, chain[-1].parent))
        return chain

    def _family(self, workspace: str, *checkpoints: Checkpoint) -> list[Checkpoint]:
        """The checkpoints with all their ancestors: an adapter cannot be loaded without its parent."""
        return [ancestor for checkpoint in checkpoints for ancestor in self.lineage(workspace, checkpoint)]

    # --- completions --------------------------------------------------------------------------------------------

    def stream(
        self, workspace: str, checkpoint_ids: Sequence[str], prompt: Prompt, sampling: Sampling
    ) -> Iterator[list[str]]:
        """The completions of all checkpoints so far, growing together, one list a tenth of a second."""
        _refuse_empty(prompt)
        chosen = [self.checkpoint(workspace, c) for c in checkpoint_ids]
        family = self._family(workspace, *chosen)
        pending = self._sampler.post("stream", checkpoints=chosen, prompt=prompt, sampling=sampling, family=family)
        return _coalesced(pending.items(), every_s=0.1)

    def sample(
        self, workspace: str, checkpoint_id: str, prompts: Sequence[Prompt], sampling: Sampling, n: int = 1
    ) -> list[list[Completion]]:
        """n completions by one checkpoint for each prompt."""
        for prompt in prompts:
            _refuse_empty(prompt)
        checkpoint = self.checkpoint(workspace, checkpoint_id)
        family = self._family(workspace, checkpoint)
        return self._sampler.call(
            "sample", checkpoint=checkpoint, prompts=list(prompts), sampling=sampling, n=n, family=family
        )

    def token_scores(
        self, workspace: str, policy_id: str, reference_id: str, prompt: Prompt, completion: str, sampling: Sampling
    ) -> list[TokenScore]:
        """Each token of a completion under policy and reference."""
        policy, reference = self.checkpoint(workspace, policy_id), self.checkpoint(workspace, reference_id)
        return self._sampler.call(
            "token_scores",
            policy=policy,
            reference=reference,
            prompt=prompt,
            completion=completion,
            sampling=sampling,
            family=self._family(workspace, policy, reference),
        )

    def logit_difference(self, workspace: str, a_id: str, b_id: str, prompt: Prompt) -> float:
        """Largest difference of two checkpoints' next-token logits: 0 means they are the same model."""
        a, b = self.checkpoint(workspace, a_id), self.checkpoint(workspace, b_id)
        return self._sampler.call("logit_difference", a=a, b=b, prompt=prompt, family=self._family(workspace, a, b))

    def score(self, workspace: str, reward_id: str, completions: Sequence[Completion]) -> list[float]:
        """Raw scores of completions by a reward model."""
        reward = self.checkpoint(workspace, reward_id)
        return self._sampler.call("score", reward=reward, completions=list(completions))

    # --- preferences --------------------------------------------------------------------------------------------

    def person(self, workspace: str) -> Annotator:
        """The visitor as an annotator."""
        return self.store.annotator(workspace, "person", "you")

    def next_pair(self, workspace: str, checkpoint_ids: Sequence[str], prompt: Prompt | None = None) -> Shown:
        """Two completions to judge, blind, sides by chance; for the given prompt, or for one of the pocket's.

        From one checkpoint both; from two, one each.
        """
        left, right = self._pairs.take(workspace, tuple(checkpoint_ids), prompt)
        person = self.person(workspace)
        if swapped(workspace, person.id, self.store.shown_count(workspace, person)):
            left, right = right, left
        token = self.store.show_pair(workspace, person, left, right)
        return Shown(token, left.prompt.text, (left.text, right.text))

    def choose(
        self,
        workspace: str,
        token: str,
        choice: Choice,
        *,
        judgment_id: str,
        strength: int | None = None,
        decision_ms: int | None = None,
        source: str = "button",
    ) -> None:
        """Store a choice; returns after it is on disk. The same judgment_id again changes nothing."""
        self.store.judge(
            workspace, token, choice, id=judgment_id, strength=strength, decision_ms=decision_ms, input=source
        )

    def undo(self, workspace: str) -> Shown | None:
        """Take the visitor's last choice back and show its pair again; None where there is none."""
        token = self.store.undo(workspace, self.person(workspace))
        if token is None:
            return None
        shown = self.store.shown(workspace, token)
        return Shown(token, shown.prompt.text, (shown.left, shown.right))

    def next_set(self, workspace: str, checkpoint_ids: Sequence[str], k: int, prompt: Prompt | None = None) -> Shown:
        """K completions of one prompt to put in order."""
        if not 2 <= k <= 6:
            raise PlaygroundError(f"{k} completions asked for; 2 to 6 can be ranked.", hint="Choose K from 2 to 6.")
        completions = self._pairs.take_set(workspace, tuple(checkpoint_ids), k, prompt)
        token = self._pairs.hold(workspace, completions)
        return Shown(token, completions[0].prompt.text, tuple(c.text for c in completions))

    def rank(self, workspace: str, token: str, order: list[list[int]], *, judgment_id: str) -> int:
        """Store an order of a K-way set (tiers of positions, best first). Returns how many preferences it gave.

        The same judgment_id again changes nothing. Another one may order the set once the earlier order is undone.
        """
        person = self.person(workspace)
        stored = self.store.ranking(workspace, person, judgment_id)
        if stored is not None:
            return len(stored)
        completions = self._pairs.held(workspace, token)
        if sorted(i for tier in order for i in tier) != list(range(len(completions))):
            raise PlaygroundError("The order does not name every completion once.", hint="Rank all of them.")
        earlier = self._pairs.ranked_by(workspace, token)
        if earlier and self.store.ranking(workspace, person, earlier) is not None:
            raise NotAllowed("These completions have been ranked already.", hint="Rank the next ones, or undo this.")
        self._pairs.mark_ranked(workspace, token, judgment_id)
        return len(self.store.rank_many(workspace, person, completions, order, id=judgment_id))

    def persona_labels(
        self, workspace: str, persona: str, n: int, checkpoint_id: str, temperature: float = 0.7, seed: int = 0
    ) -> Iterator[int]:
        """Let a simulated annotator judge n fresh pairs; yields how many are stored so far."""
        from playground.pocket import PERSONAS, persona_choice

        if persona not in PERSONAS:
            raise NotFound(f"There is no persona {persona!r}.", hint=f"Choose one of {', '.join(PERSONAS)}.")
        annotator = self.store.annotator(workspace, "persona", persona)
        rng = random.Random(f"{workspace} {persona} {seed} {self.counts(workspace).total}")
        done = 0
        while done < n:
            pairs = self._pairs.fresh(workspace, (checkpoint_id,), min(32, n - done), rng.randrange(2**31))
            rows = []
            for at, (left, right) in enumerate(pairs, start=done):
                if swapped(workspace, annotator.id, at):
                    left, right = right, left
                choice = persona_choice(persona, left.prompt.text, left.text, right.text, temperature, rng)
                rows.append((left, right, choice))
            self.store.judge_many(workspace, annotator, rows)
            done += len(rows)
            yield done

    def preference_rows(self, workspace: str, search: str = "", limit: int = 200) -> list[JudgmentRow]:
        """Judgements, newest first."""
        return self.store.rows(workspace, search=search, limit=limit)

    def counts(self, workspace: str) -> SetCounts:
        """The set in figures."""
        return self.store.counts(workspace)

    def remove(self, workspace: str, judgment_id: str) -> None:
        """Leave a judgement out of everything from now on."""
        self.store.remove(workspace, judgment_id)

    def import_preferences(self, workspace: str, path: Path) -> tuple[int, list[exchange.BadRow]]:
        """Add a file's rows to the set: (rows added, rows refused with why)."""
        preferences, bad = exchange.read_preferences(path)
        annotator = self.store.annotator(workspace, "file", Path(path).name)
        return self.store.add_preferences(workspace, annotator, preferences, source=Path(path).name), bad

    def export_preferences(self, workspace: str, kind: str) -> Path:
        """The set as a file: jsonl, csv or parquet in TRL's explicit-prompt format."""
        path = self._exports(workspace) / f"preferences-{uuid.uuid4().hex[:8]}.{kind}"  # two may download at once
        exchange.write_preferences(path, self.store.preferences(workspace))
        return path

    def _exports(self, workspace: str) -> Path:
        """Where downloads are made; those of more than an hour ago are cleared away."""
        folder = self.settings.data_dir / "workspaces" / workspace / "exports"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if time.time() - old.stat().st_mtime > _KEEP_DOWNLOADS_S:
                old.unlink(missing_ok=True)
        return folder

    # --- runs ---------------------------------------------------------------------------------------------------

    def estimate(self, workspace: str, algorithm: str, values: Json, rows: int) -> float | None:
        """Seconds a run will take on this machine; None while the machine's speed is not yet known."""
        if self._speed is None:
            return None
        entry = algorithms()[algorithm]
        return self._by_speed(entry, values, rows) * self._correction(workspace, entry)

    def _by_speed(self, entry: Algorithm, values: Json, rows: int) -> float:
        """Seconds by the tokens to work through and the speed measured at start."""
        return entry.workload(build_config(entry, values), rows, _MEAN_ROW_TOKENS).seconds(self._speed)

    def _correction(self, workspace: str, entry: Algorithm) -> float:
        """How long the last runs took against what the speed alone says: the median ratio, 1 without history."""
        fields = {field.name for field in dataclasses.fields(entry.config)}
        past = [
            s
            for s in self.shelf.summaries(workspace)
            if s.status == "done" and s.spec.algorithm == entry.name and fields >= set(s.spec.config)
        ]
        ratios = [s.seconds / self._by_speed(entry, s.spec.config, s.spec.data_count) for s in past[:5]]
        return statistics.median(ratios) if ratios else 1.0

    def start_run(
        self,
        workspace: str,
        algorithm: str,
        values: Json,
        *,
        start_id: str = "pocket-sft",
        reward_id: str | None = None,
        examples: Sequence[Example] | None = None,
        persona: str | None = None,
        seed: int = 0,
        name: str = "",
    ) -> RunSpec:
        """Freeze the data, make the run's folder and queue the run. Raises PlaygroundError on what cannot work."""
        entry = algorithms()[algorithm]
        config = _checked_config(entry, values)
        start = self.checkpoint(workspace, start_id)
        reward = self._reward(workspace, entry, reward_id)
        rows, snapshot = self._data(workspace, entry, config, examples, seed)
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
            snapshot=snapshot.id if snapshot else None,
            name=name or self._run_name(workspace, entry),
            seed=seed,
            threads=self.settings.threads,
            dtype=self.settings.dtype,
            estimate_s=self.estimate(workspace, algorithm, dataclasses.asdict(config), len(rows)),
            created_at=time.time(),
        )
        self.shelf.folder(workspace, spec.id).create(spec, [to_json(row) for row in rows])
        self._queue(spec)
        return spec

    def stop_run(self, workspace: str, run_id: str) -> None:
        """Ask a run to end within a step; what was learned is kept."""
        self.shelf.tail(workspace, run_id)
        with self._lock:
            pending = self._training.get((workspace, run_id))
        if pending:
            pending.cancel()

    def resume_run(self, workspace: str, run_id: str) -> RunSpec:
        """Go on with a run that was stopped or died, in its own folder and curve.

        One that kept no state to go on from begins again at step 1, with the same data, settings and seed.
        """
        with self._lock:
            summary = self._resumable(workspace, run_id)
            self.shelf.folder(workspace, run_id).append(Phase("Waiting for its turn"))
            self.shelf.tail(workspace, run_id).refresh(force=True)
        self._queue(summary.spec)
        return summary.spec

    def _resumable(self, workspace: str, run_id: str) -> RunSummary:
        """The run, if it may be gone on with. Raises NotAllowed."""
        summary = self.run(workspace, run_id)
        if run_id in self.shelf.recorded_names():
            raise NotAllowed("This run was recorded beforehand.", hint="Start one of your own.")
        if summary.active or summary.status == "done" or (workspace, run_id) in self._training:
            raise NotAllowed(f"The run is {summary.status}; only a stopped or broken one can be resumed.")
        for other in self.runs(workspace):
            if run_id in (other.spec.start.id, other.spec.reward.id if other.spec.reward else None):
                hint = "Start a new run with the same settings."
                raise NotAllowed(f"{other.spec.name} was trained on what this run had learned.", hint=hint)
        return summary

    def runs(self, workspace: str) -> list[RunSummary]:
        """All runs, newest first."""
        return self.shelf.summaries(workspace)

    def run(self, workspace: str, run_id: str) -> RunSummary:
        """One run. Raises NotFound when this workspace has none of that id."""
        return self.shelf.tail(workspace, run_id).summary

    def tail(self, workspace: str, run_id: str) -> RunTail:
        """A run's events, for following it."""
        return self.shelf.tail(workspace, run_id)

    def recorded_runs(self) -> list[RunSummary]:
        """The runs that were recorded beforehand and come with the playground."""
        return [self.shelf.tail("", name).summary for name in self.shelf.recorded_names()]

    def download_run(self, workspace: str, run_id: str) -> Path:
        """The run as one zip: adapter or weights, events, data, report, reproduce.py."""
        if run_id in self.shelf.recorded_names():
            raise NotAllowed("A recorded run has no weights to download.", hint="Start one of your own.")
        summary = self.run(workspace, run_id)
        spec = self._found_again(summary.spec)
        family = self._family(workspace, *([spec.start] if spec.reward is None else [spec.start, spec.reward]))
        carried = [c for c in {c.id: c for c in family}.values() if c.id not in self._shipped]
        target = self._exports(workspace) / f"{run_id}-{uuid.uuid4().hex[:8]}.zip"  # two may download at once
        return package_run(self.shelf.folder(workspace, run_id), summary, carried, target)

    def latest_run(self, workspace: str, names: Sequence[str]) -> RunSummary | None:
        """The newest run of one of those algorithms, a running one first."""
        found = [s for s in self.runs(workspace) if s.spec.algorithm in names]
        return next((s for s in found if s.active), found[0] if found else None)

    def _found_again(self, spec: RunSpec) -> RunSpec:
        """The specification with its checkpoints where they lie now: the data folder may have moved."""
        start = self.checkpoint(spec.workspace, spec.start.id)
        reward = self.checkpoint(spec.workspace, spec.reward.id) if spec.reward else None
        return replace(spec, start=start, reward=reward)

    def _queue(self, spec: RunSpec) -> None:
        spec = self._found_again(spec)
        folder = self.shelf.folder(spec.workspace, spec.id)
        folder.write_spec(spec)
        lineage = self._family(spec.workspace, *([spec.start] if spec.reward is None else [spec.start, spec.reward]))
        pending = self._trainer.post("train", folder=folder.path, lineage=lineage)
        with self._lock:
            self._training[spec.workspace, spec.id] = pending
        threading.Thread(target=self._forget_when_done, args=(spec, pending), daemon=True).start()

    def _forget_when_done(self, spec: RunSpec, pending: Pending) -> None:
        try:
            pending.result()
        except PlaygroundError as error:
            self._close_run(spec, error)
        finally:
            with self._lock:
                self._training.pop((spec.workspace, spec.id), None)

    def _close_run(self, spec: RunSpec, error: PlaygroundError) -> None:
        folder = self.shelf.folder(spec.workspace, spec.id)
        if folder.ended() is None:
            hint = "What it had saved is kept. Press Resume to go on from there."
            folder.append(RunEnded(status="died", message="The training process was killed or crashed.", hint=hint))

    def _close_orphans(self) -> None:
        for workspace in self.shelf.workspaces():
            for summary in self.shelf.summaries(workspace):
                if summary.active:
                    message = "The playground was closed while this run went on."
                    hint = "Press Resume to go on from its last save."
                    self.shelf.folder(workspace, summary.spec.id).append(
                        RunEnded(status="died", message=message, hint=hint)
                    )

    def _data(
        self, workspace: str, entry: Algorithm, config, examples: Sequence[Example] | None, seed: int
    ) -> tuple[list, Snapshot | None]:
        """The rows a run trains on, frozen: (rows, the snapshot they come from)."""
        if entry.needs == "preferences":
            snapshot = self.store.snapshot(workspace)
            if len(snapshot.preferences) < 4:
                raise TooFewPreferences(len(snapshot.preferences), 4)
            return list(snapshot.preferences), snapshot
        from playground import pocket

        if entry.needs == "examples":
            return list(examples) if examples else pocket.demonstrations(config.examples, seed), None
        return pocket.prompt_set(512, seed, kinds=pocket.training_mix()), None

    def _reward(self, workspace: str, entry: Algorithm, reward_id: str | None) -> Checkpoint | None:
        if entry.needs != "prompts":
            return None
        if not reward_id:
            raise PlaygroundError("PPO needs a reward model and there is none.", hint="Train one in Reward model.")
        return self.checkpoint(workspace, reward_id)

    def _labelling_persona(self, workspace: str, rows: Sequence, reward: Checkpoint | None) -> str | None:
        """The persona that judged most of the rows (or of the reward model's): its gold reward is known exactly."""
        if reward is not None and reward.run_id:
            return self.run(workspace, reward.run_id).spec.persona
        judges = [row.annotator for row in rows if isinstance(row, Preference)]
        personas = Counter(judge.alias for judge in judges if judge is not None and judge.kind == "persona")
        most = personas.most_common(1)
        return most[0][0] if most and 2 * most[0][1] > len(rows) else None

    def _run_name(self, workspace: str, entry: Algorithm) -> str:
        number = 1 + sum(s.spec.algorithm == entry.name for s in self.runs(workspace))
        return f"{entry.title} {number}"


def _refuse_empty(prompt: Prompt) -> None:
    if not prompt.messages or not prompt.text.strip():
        raise EmptyPrompt


def _checked_config(entry: Algorithm, values: Json):
    try:
        return build_config(entry, values)
    except ValueError as error:
        raise PlaygroundError(str(error), hint="Correct that setting and start again.") from error


def _coalesced(items: Iterator[list[str]], every_s: float) -> Iterator[list[str]]:
    """At most one item every every_s seconds, and always the last."""
    shown, latest = 0.0, None
    for latest in items:
        now = time.monotonic()
        if now - shown >= every_s:
            shown = now
            yield latest
            latest = None
    if latest is not None:
        yield latest
