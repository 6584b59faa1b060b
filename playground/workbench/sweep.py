"""A sweep as it is kept: what was asked for, and which runs were made for it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from playground.errors import PlaygroundError
from playground.types import Json

Kind = Literal["kl", "labels"]
START = "pocket-sft"
LABELS = 400  # behind the reward model of a sweep over the KL coefficient
ITERATIONS = 24
MOST_VALUES = 6
MOST_LABELS = 2000
LEARNING_RATE = 4e-4  # above the usual: what else takes sixty iterations shows in these
_SELDOM = 8  # iterations between probes, and between saves
HELD = 0.0  # KL coefficient of a sweep over labels: let go, so that what the reward model does not know shows


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor asks for."""

    kind: Kind
    values: tuple[float, ...]  # KL coefficients, or numbers of labels
    reward_id: str = ""  # of a sweep over the KL coefficient; empty: it trains its own
    iterations: int = ITERATIONS
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Leg:
    """One value of a sweep, and the runs made for it; empty where they are still to be begun."""

    value: float
    reward_run: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as it is kept: what was asked for, and which runs were made."""

    id: str
    wanted: Wanted
    legs: tuple[Leg, ...]
    created_at: float

    @property
    def own_rewards(self) -> bool:
        """Whether it trains its reward models."""
        return not self.wanted.reward_id

    def labels(self, leg: Leg) -> int:
        """How many labels the leg's own reward model learns from."""
        return int(leg.value) if self.wanted.kind == "labels" else LABELS


class SweepFiles:
    """The sweeps of one workspace, one JSON file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, sweep: Sweep) -> None:
        """Keep it, in one step."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f"{sweep.id}.part"
        part.write_text(json.dumps(asdict(sweep)), encoding="utf-8")
        os.replace(part, self._folder / f"{sweep.id}.json")

    def all(self) -> list[Sweep]:
        """The newest first."""
        found = [sweep for path in self._folder.glob("*.json") if (sweep := _read(path)) is not None]
        return sorted(found, key=lambda one: one.created_at, reverse=True)


def require_sweepable(wanted: Wanted) -> None:
    """Raises PlaygroundError where the values make no sweep."""
    if not 1 <= len(wanted.values) <= MOST_VALUES or len(set(wanted.values)) < len(wanted.values):
        hint = "Two to four different ones show the most."
        raise PlaygroundError(f"1 to {MOST_VALUES} different values make a sweep.", hint=hint)
    if wanted.kind == "kl" and not all(0 <= value <= 1 for value in wanted.values):
        raise PlaygroundError("A KL coefficient lies between 0 and 1.", hint="Try 0, 0.02 and 0.1.")
    if wanted.kind == "labels" and not all(4 <= value <= MOST_LABELS for value in wanted.values):
        raise PlaygroundError(f"Between 4 and {MOST_LABELS} labels can be swept.", hint="Try 30, 100 and 600.")


def settings_of(wanted: Wanted, value: float) -> Json:
    """The PPO settings of one leg."""
    return {
        "kl_coef": value if wanted.kind == "kl" else HELD,
        "iterations": wanted.iterations,
        "learning_rate": LEARNING_RATE,
        "probe_every": _SELDOM,
        "save_every": _SELDOM,
        "seed": wanted.seed,
    }


def leg_words(kind: Kind, value: float) -> str:
    """What sets the leg apart, for a reader."""
    return f"KL coefficient {value:g}" if kind == "kl" else f"{value:g} labels"


def _read(path: Path) -> Sweep | None:
    """A kept sweep; None where it was broken off or comes from another version."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        wanted = Wanted(**{**row["wanted"], "values": tuple(row["wanted"]["values"])})
        return Sweep(row["id"], wanted, tuple(Leg(**leg) for leg in row["legs"]), row["created_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
