"""What runs are called: numbered by algorithm, each name once in a workspace, the same wherever a run is spoken of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from playground.registry import algorithms
from playground.runs.tail import RunSummary
from playground.types import RunSpec

LONGEST_NAME = 60


def numbered(spec: RunSpec, runs: Sequence[RunSummary]) -> RunSpec:
    """The run with the number after the highest of its algorithm among `runs`, and named by it unless it has a name."""
    title = algorithms()[spec.algorithm].title
    made = [s.spec.number for s in runs if s.spec.algorithm == spec.algorithm]
    names = [s.spec.name for s in runs]
    ends = [name.removeprefix(f"{title} ") for name in names if name.startswith(f"{title} ")]  # also by hand
    number = 1 + max([len(made), *made, *(int(end) for end in ends if end.isdecimal())])
    return replace(spec, number=number, name=_free(spec.name, names) if spec.name else f"{title} {number}")


def _free(name: str, taken: Sequence[str]) -> str:
    """The name, with a number behind it where another run has it already."""
    known = {one.casefold() for one in taken}
    tries = itertools.chain([name], (f"{name[: LONGEST_NAME - 4]} {n}" for n in itertools.count(2)))
    return next(one for one in tries if one.casefold() not in known)


def renamed(spec: RunSpec, run_id: str, name: str) -> RunSpec:
    """The specification with that run's name wherever it stands in it."""
    start, reward = spec.start, spec.reward
    return replace(
        spec,
        name=name if spec.id == run_id else spec.name,
        start=replace(start, name=name) if start.id == run_id else start,
        reward=replace(reward, name=name) if reward and reward.id == run_id else reward,
    )
