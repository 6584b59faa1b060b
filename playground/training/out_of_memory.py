"""Out of memory in a run: recognised whichever library says it, and answered with what to set."""

from __future__ import annotations

from typing import Any

import torch

from playground.errors import PlaygroundError
from playground.models.training_memory import changes, lighter
from playground.registry import Algorithm

_SAID = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")


class OutOfMemory(PlaygroundError):
    """A run did not fit into the memory of its device."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether that is what went wrong: CUDA and Python have a class for it, CPU and Apple's GPU only words."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _SAID)


def out_of_memory(entry: Algorithm, config: Any) -> OutOfMemory:
    """The error to show for a run with that config."""
    less = next(lighter(config), None)
    hint = "Choose a smaller model, or leave out the longest rows (Longest row)."
    if less is not None:
        hint = f"Set {changes(entry, config, less)} and start again; what is learned stays nearly the same."
    return OutOfMemory("The memory ran out while it trained.", hint=hint)
