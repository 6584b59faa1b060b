"""How many steps a number of rows makes, how few teach nothing, and the epochs that make enough."""

from __future__ import annotations

import math

from playground.registry import Algorithm, dials
from playground.types import Json

FEWEST_STEPS = {"examples": 50, "preferences": 12}  # fewer teach the pocket model nothing that one would notice


def steps_of(values: Json, rows: int) -> int | None:
    """How many steps that many rows make, but for rows that prove too long; None where there are no epochs."""
    if "epochs" not in values or "batch_size" not in values:
        return None
    share = values.get("held_out_share", 0.0)
    held_out = max(1, round(rows * share)) if share and rows > 1 else 0
    return math.ceil((rows - held_out) / values["batch_size"]) * values["epochs"]


def epochs_that_teach(entry: Algorithm, values: Json, rows: int) -> int:
    """The fewest epochs, no fewer than the settings have, that make enough steps of that many rows."""
    once = steps_of({**values, "epochs": 1}, rows)
    enough = math.ceil(FEWEST_STEPS[entry.needs] / once) if once else 1
    return max(values["epochs"], min(enough, int(dials(entry.config)["epochs"].maximum)))
