"""Whether a run fits into the memory there is, before it starts; and which setting would fit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playground.errors import PlaygroundError
from playground.models.catalogue import CARDS
from playground.models.facts import read_json, shape_of
from playground.models.memory import Shape, free_memory, in_words
from playground.models.shelf import ModelShelf
from playground.models.training_memory import changes, lighter, training_bytes
from playground.registry import Algorithm
from playground.types import Checkpoint, Example, Preference, Prompt

_LETTERS = 3  # of a token, at least; a model's own count comes when it has read the row
_FRAME = 32  # tokens of a chat template around a prompt and its completion


class TooLittleMemory(PlaygroundError):
    """A run would not fit."""


def require_room(
    entry: Algorithm, config: Any, rows: Sequence, start: Checkpoint, models: ModelShelf, free: int | None = None
) -> None:
    """Raises: TooLittleMemory, with a setting that fits where there is one. free: bytes, where a GPU has its own."""
    size = _size(start, models)
    if size is None:
        return
    available = free_memory() if free is None else free
    longest = _longest(rows, config)
    needed = training_bytes(entry, config, *size, longest)
    if needed <= available:
        return
    for other in lighter(config):
        less = training_bytes(entry, other, *size, longest)
        if less <= available:
            hint = f"Set {changes(entry, config, other)}: that takes about {in_words(less)}."
            break
    else:
        hint = "No setting fits: choose a smaller model, or bring shorter rows."
    raise TooLittleMemory(
        f"This run needs about {in_words(needed)} of memory; this machine has {in_words(available)} free.", hint=hint
    )


def _size(start: Checkpoint, models: ModelShelf) -> tuple[int, Shape] | None:
    """Weights and shape of the start's backbone; None for a model that is no longer here."""
    card = next((card for card in CARDS if card.name == start.card), None)
    if card is not None:
        return card.parameters, card.shape
    kept = models.find(start.card)
    return (kept.parameters, shape_of(kept.name, read_json(Path(kept.path) / "config.json"))) if kept else None


def _longest(rows: Sequence, config: Any) -> int:
    """Tokens of the longest row that will be trained on, from its letters."""
    letters = max((_letters(row) for row in rows), default=0)
    tokens = letters // _LETTERS + _FRAME + getattr(config, "max_new_tokens", 0)
    return min(tokens, getattr(config, "max_length", tokens))


def _letters(row: Example | Preference | Prompt) -> int:
    prompt = row if isinstance(row, Prompt) else row.prompt
    asked = sum(len(message.content) for message in prompt.messages)
    if isinstance(row, Preference):
        return asked + max(len(row.chosen), len(row.rejected))
    return asked + (len(row.completion) if isinstance(row, Example) else 0)
