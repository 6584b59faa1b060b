"""Where a prompt leaves the pocket world: whether it does, what lies near, and how strange it is to the base model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playground.errors import PlaygroundError
from playground.pocket import nearest_questions, recognise, surprise_threshold
from playground.workbench.typed_prompt import typed_prompt

LONGEST = 300  # characters: the world has no longer prompts, and reading one would keep everybody waiting


@dataclass(frozen=True, slots=True)
class Strange:
    """How strange a prompt is, in nats a byte."""

    surprise: float
    usual: float  # 19 of 20 of the world's own prompts stay below it


def outside(text: str) -> str | None:
    """The prompt's last turn where the pocket world does not hold it; None where it does, or nothing can be asked."""
    try:
        asked = typed_prompt(text).text
    except PlaygroundError:
        return None
    return asked if len(asked) > LONGEST or recognise(asked) is None else None


def near(asked: str) -> list[str]:
    """The three questions nearest to it that the world can answer."""
    return nearest_questions(asked[:LONGEST], 3)


def strange(surprise: Callable[[str], float], asked: str) -> Strange:
    """How strange it is. surprise: of a text, under the base model."""
    return Strange(surprise(asked[:LONGEST]), surprise_threshold())
