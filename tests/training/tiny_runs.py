"""What it takes to run an algorithm on a tiny random model: rows, a reward, a run's folder. Seconds for a whole run."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playground.models.loader import LoadedModel, load
from playground.registry import algorithms
from playground.runs.folder import RunFolder
from playground.runs.run import Run
from playground.training.inputs import TrainInputs
from playground.types import Checkpoint, Completion, Example, Json, Preference, Prompt, RunSpec


def pairs() -> list[Preference]:
    """Twenty-four pairs over twelve prompts; the chosen text is the one in capitals."""
    rng = random.Random(0)
    words = ["".join(rng.choice("abcdef") for _ in range(rng.randint(3, 9))) for _ in range(24)]
    return [Preference(Prompt.user(f"say {i % 12}"), word.upper(), word) for i, word in enumerate(words)]


def examples() -> list[Example]:
    """Twenty-four demonstrations of saying yes, up to three times."""
    return [Example(Prompt.user(f"say {i}"), " ".join(["yes"] * (1 + i % 3))) for i in range(24)]


def letters(completions: Sequence[Completion]) -> list[float]:
    """A reward: letters are wanted, everything else a little unwanted."""
    return [sum(1.0 if c.isalpha() else -0.25 for c in completion.text) for completion in completions]


def rows() -> Json:
    """What any algorithm may need as inputs."""
    prompts = [example.prompt for example in examples()]
    return {"examples": examples(), "preferences": pairs(), "prompts": prompts, "reward": letters}


def new_run(
    name: str, start: Checkpoint, folder: Path, config: Any, dtype: str = "float32", stop: threading.Event | None = None
) -> Run:
    """A run in a folder of its own, without data."""
    files = RunFolder(folder)
    files.create(RunSpec("run", "test", name, asdict(config), start, dtype=dtype), [])
    return Run(files, files.spec(), stop)


def train(run: Run, config: Any, inputs: Json, loaded: LoadedModel | None = None) -> Checkpoint:
    """Train as the run says, on a fresh load of its start unless a model is handed in."""
    start = loaded or load(run.spec.start, trainable=True, device="cpu")
    return algorithms()[run.spec.algorithm].train(run, TrainInputs(start=start, **inputs), config)
