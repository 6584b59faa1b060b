"""One seed's bench: checkpoints loaded once, texts sampled, runs trained as the app's training process trains them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from playground.errors import PlaygroundError
from playground.events import Saved, StepDone
from playground.models.catalogue import find_checkpoint
from playground.registry import algorithms, build_config
from playground.runs.folder import RunFolder
from playground.runs.rows import Row, to_json
from playground.runs.run import Run
from playground.types import Checkpoint, Completion, Json, Prompt, RunSpec, Sampling, content_hash

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel
    from playground.rewards.learned import LearnedReward


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run left."""

    checkpoint: Checkpoint
    curve: list[dict[str, float]]  # the metrics of each step
    seconds: float


@dataclass(slots=True)
class Lab:
    """Trains and samples.

    A run that was made before, with the same data and settings, is not made again; one that was broken off goes on.
    """

    folder: Path
    seed: int
    threads: int = 1
    _known: dict[str, Checkpoint] = field(default_factory=dict)
    _loaded: dict[str, LoadedModel] = field(default_factory=dict)

    def checkpoint(self, name: str) -> Checkpoint:
        """A checkpoint made here, or a shipped one."""
        return self._known[name] if name in self._known else find_checkpoint(name)

    def model(self, checkpoint: Checkpoint) -> LoadedModel:
        """The checkpoint in memory; the two used last are kept."""
        from playground.models.loader import load

        if checkpoint.id not in self._loaded:
            self._loaded[checkpoint.id] = load(checkpoint, resolve=self.checkpoint)
            while len(self._loaded) > 2:
                del self._loaded[next(iter(self._loaded))]
        return self._loaded[checkpoint.id]

    def reward(self, checkpoint: Checkpoint) -> LearnedReward:
        """A reward model in memory."""
        from playground.rewards.learned import load_reward

        return load_reward(checkpoint)

    def sample(
        self, checkpoint: Checkpoint, prompts: Sequence[Prompt], temperature: float, seed: int = 0, n: int = 1
    ) -> list[list[Completion]]:
        """n completions for each prompt."""
        from playground.completions.sampler import sample

        return sample(self.model(checkpoint), prompts, Sampling(temperature=temperature, seed=seed), n)

    def train(
        self,
        algorithm: str,
        rows: Sequence[Row],
        settings: Json | None = None,
        *,
        start: Checkpoint,
        reward: Checkpoint | None = None,
        persona: str | None = None,
    ) -> Trained:
        """Execute one run. Raises: PlaygroundError when it does not come to its end."""
        config = build_config(algorithms()[algorithm], {**(settings or {}), "seed": self.seed})
        data = [to_json(row) for row in rows]
        spec = RunSpec(
            id="",
            workspace="phenomena",
            algorithm=algorithm,
            config=asdict(config),
            start=start,
            reward=reward,
            persona=persona,
            data_hash=content_hash(data),
            data_count=len(rows),
            name=algorithm,
            seed=self.seed,
            threads=self.threads,
        )
        return self._executed(spec, data)

    def _executed(self, spec: RunSpec, data: list[Json]) -> Trained:
        from playground.training.execute import execute

        same = [spec.algorithm, spec.config, spec.data_hash, spec.start.fingerprint, spec.persona]
        name = content_hash([*same, spec.reward.fingerprint if spec.reward else ""])[:12]
        folder = RunFolder(self.folder / f"{spec.algorithm}-{name}")
        ended = folder.ended()
        if ended is None or ended.status != "done":
            if ended is not None or not (folder.path / "config.json").exists():  # else it was broken off: it goes on
                shutil.rmtree(folder.path, ignore_errors=True)
                folder.create(replace(spec, id=folder.path.name), data)
            ended = execute(Run(folder, folder.spec()), self.checkpoint, self.threads)
            shutil.rmtree(folder.resume_path, ignore_errors=True)
        if ended.status != "done":
            raise PlaygroundError(f"{folder.path} {ended.status}: {ended.message}", hint=ended.hint)
        return self._trained(folder, ended.seconds)

    def _trained(self, folder: RunFolder, seconds: float) -> Trained:
        events = list(folder.events())
        checkpoint = [event.checkpoint for event in events if isinstance(event, Saved)][-1]
        self._known[checkpoint.id] = checkpoint
        steps = {event.step: event.metrics for event in events if isinstance(event, StepDone)}
        return Trained(checkpoint, [steps[step] for step in sorted(steps)], seconds)
