"""A tiny random Llama, and a way to run an algorithm on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from playground.registry import algorithms, build_config
from playground.runs.run import Run
from playground.types import Checkpoint, Example, Preference
from tests.training import tiny_runs

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Checkpoint:
    """Two layers, 32 wide, fixed random weights; knows the chat template by name only."""
    import torch

    from tests.tiny import saved_tiny

    torch.set_num_threads(1)
    return saved_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def pairs() -> list[Preference]:
    return tiny_runs.pairs()


@pytest.fixture
def examples() -> list[Example]:
    return tiny_runs.examples()


@pytest.fixture
def runs() -> list[Run]:
    """The runs made so far, also those that raised."""
    return []


@pytest.fixture
def train(tiny, tmp_path, runs) -> Callable[..., tuple[Checkpoint, Run]]:
    """train(name, inputs={…}, **config) runs the algorithm on the tiny model: (checkpoint, run).

    loaded: a model to train instead of a fresh load; run: go on in that run's folder.
    """

    def run_it(
        name: str,
        *,
        inputs: dict,
        stop: threading.Event | None = None,
        run: Run | None = None,
        loaded: LoadedModel | None = None,
        dtype: str = "float32",
        **values,
    ) -> tuple[Checkpoint, Run]:
        config = build_config(algorithms()[name], values)
        run = run or tiny_runs.new_run(name, tiny, tmp_path / str(len(runs)), config, dtype, stop)
        runs.append(run)
        return tiny_runs.train(run, config, inputs, loaded), run

    return run_it
