"""One phenomenon: how it is made with one seed, and what its figures should reach over all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playground.phenomena.lab import Lab


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a key of what `make` returns, in words."""

    key: str
    name: str
    at_least: float | None = None
    at_most: float | None = None
    every_seed: bool = False  # shown is the seed that is furthest from what should be reached


@dataclass(frozen=True, slots=True)
class Phenomenon:
    """Something about alignment that can be seen and measured in seconds."""

    name: str
    title: str
    about: str  # how it is made, in a sentence or two
    make: Callable[[Lab], dict[str, float]]
    rows: tuple[Row, ...]
