"""What the page's process and a child process say to each other. Everything here can be pickled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """Do this; answer with Items (where it yields) and one Done or Failed."""

    id: int
    method: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop that call soon and answer with what there is."""

    id: int


@dataclass(frozen=True, slots=True)
class Begun:
    """The child works on that call now; those before it have ended, those after it wait."""

    id: int


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a call that yields."""

    id: int
    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    """A call's end and its result."""

    id: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A call's end by an error a person can read."""

    id: int
    error: Exception


@dataclass(frozen=True, slots=True)
class Ready:
    """The child has loaded what it needs; `value` says how fast it is."""

    value: Any = None
