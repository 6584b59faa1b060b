"""What a run says: one frozen dataclass a kind of event, one JSON line each in the run's events.jsonl.

Times are seconds since 1970. Steps count from 1. A page that has the lines has the run.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from playground.types import Checkpoint, Json

RunStatus = Literal["waiting", "running", "done", "stopped", "failed", "died"]


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `time` is set when the event is made."""

    time: float = field(default_factory=time.time, kw_only=True)


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """Data is split and the model is on its device; steps follow."""

    total_steps: int
    train_count: int
    held_out_count: int = 0
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Phase(Event):
    """Work without steps has begun, named in plain words ("loading the model")."""

    name: str


@dataclass(frozen=True, slots=True)
class StepDone(Event):
    """One optimiser step (PPO: one iteration) has ended. Every trainer emits it."""

    step: int
    metrics: dict[str, float]  # keys from vocabulary.METRICS


@dataclass(frozen=True, slots=True)
class Sampled(Event):
    """The fixed probe prompts were answered by the policy as it stands."""

    step: int
    probes: list[Json]  # {"prompt", "completion", "proxy_reward"?, "gold_reward"?}


@dataclass(frozen=True, slots=True)
class Measured(Event):
    """A figure that is more than a number: a histogram, a calibration curve, a list of disagreements."""

    step: int
    name: str  # scores, calibration, learning_curve, disagreements
    data: Json


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """A known failure shows itself; text says what is seen and what it means."""

    step: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Saved(Event):
    """A usable checkpoint lies in the run's folder."""

    step: int
    checkpoint: Checkpoint
    updates: int = 0  # of PPO's next iteration, where a stop came in the middle of it


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """The last event. Steps done so far stay usable whatever the status."""

    status: RunStatus
    message: str = ""
    hint: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0  # the most memory held at once; 0: not known


KINDS: dict[str, type[Event]] = {
    cls.__name__: cls for cls in (RunStarted, Phase, StepDone, Sampled, Measured, Warned, Saved, RunEnded)
}


def to_line(event: Event) -> str:
    """The event as one line of JSON without a newline. NaN and infinity become null."""
    return json.dumps({"kind": type(event).__name__, **_finite(asdict(event))}, ensure_ascii=False, allow_nan=False)


def from_line(line: str) -> Event:
    """The event that to_line wrote. Raises KeyError on an unknown kind, ValueError on broken JSON."""
    row = json.loads(line)
    cls = KINDS[row.pop("kind")]
    known = {f.name for f in fields(cls)}
    if cls is Saved:
        row["checkpoint"] = Checkpoint(**row["checkpoint"])
    return cls(**{k: v for k, v in row.items() if k in known})


def _finite(value):
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value
