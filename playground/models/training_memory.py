"""How much memory a run takes at its peak, reckoned from its settings; and the settings that would take less."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from playground.models.memory import FLOAT, LOGITS, PROCESS, STATES, Shape
from playground.registry import Algorithm, dials

_LIGHTEST = ("rows_at_once", "microbatch_size")  # how algorithms call the rows on the device at one time


def training_bytes(entry: Algorithm, config: Any, parameters: int, shape: Shape, row_tokens: int) -> int:
    """Bytes at the peak. row_tokens: the longest row, prompt and completion together."""
    full = config.adapter == "full"
    weights = 4 if full else 1  # beside the weights their gradients and Adam's two moments
    if full and entry.makes == "policy" and entry.needs != "examples":
        weights += 1  # the reference
    if full and entry.needs == "prompts":
        weights += 1  # the reward model; under an adapter it shares the start's weights, as one made of it by LoRA does
    tokens = _rows(config) * row_tokens * (2 if entry.needs == "preferences" else 1)
    states = tokens * shape.layers * STATES * shape.hidden
    logits = 0 if entry.makes == "reward" else tokens * LOGITS * shape.vocabulary
    cache = getattr(config, "rollouts", 0) * row_tokens * shape.layers * 2 * shape.kv_width
    return FLOAT * (weights * parameters + states + logits + cache) + PROCESS


def lighter(config: Any) -> Iterator[Any]:
    """The config with ever fewer rows at once; then, where it changes every weight, the same with an adapter."""
    field = _field(config)
    kinds = [config.adapter, *({"lora"} - {config.adapter})]
    for kind in kinds:
        rows = _rows(config) if kind != config.adapter else _rows(config) // 2
        while rows >= 1:
            yield dataclasses.replace(config, **{"adapter": kind, field: rows})
            rows //= 2


def changes(entry: Algorithm, before: Any, after: Any) -> str:
    """What to set, in the page's words: "Weights to train to lora and Rows at once to 4"."""
    looks = dials(entry.config)
    named = [
        f"{looks[field.name].label} to {getattr(after, field.name)}"
        for field in dataclasses.fields(after)
        if getattr(before, field.name) != getattr(after, field.name)
    ]
    return " and ".join(named)


def _field(config: Any) -> str:
    return next(name for name in _LIGHTEST if hasattr(config, name))


def _rows(config: Any) -> int:
    """How many rows are on the device at one time; 0 stands for a whole batch."""
    return getattr(config, _field(config)) or config.batch_size
