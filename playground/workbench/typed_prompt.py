"""A prompt as a visitor types it: one turn, or several, each begun by who speaks."""

from __future__ import annotations

import re

from playground.errors import EmptyPrompt, PlaygroundError
from playground.types import Message, Prompt

_SPEAKER = re.compile(r"^(system|user|assistant):[ \t]*", re.MULTILINE | re.IGNORECASE)
HOW = "Lines that begin with System:, User: or Assistant: make several turns; the last one is the user's."


def typed_prompt(text: str) -> Prompt:
    """The prompt that a text stands for. Without a speaker at its very beginning it is one turn of the user's.

    Raises: EmptyPrompt; PlaygroundError where the turns do not end with the user's, or the system speaks later on.
    """
    if not text.strip():
        raise EmptyPrompt
    if not _SPEAKER.match(text.lstrip()):
        return Prompt.user(text)
    parts = _SPEAKER.split(text.lstrip())[1:]
    turns = tuple(Message(role.lower(), content.strip()) for role, content in zip(parts[::2], parts[1::2], strict=True))
    _require_order(turns)
    return Prompt(turns)


def prompt_lines(text: str) -> list[Prompt]:
    """The prompts of a text with one in each line, each once; empty lines are none."""
    lines = dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())
    return [Prompt.user(line) for line in lines]


def _require_order(turns: tuple[Message, ...]) -> None:
    if any(not turn.content for turn in turns):
        raise PlaygroundError("One of the turns is empty.", hint=HOW)
    if turns[-1].role != "user":
        raise PlaygroundError(f"The last turn is the {turns[-1].role}'s.", hint=HOW)
    if any(turn.role == "system" for turn in turns[1:]):
        raise PlaygroundError("The system speaks after the first turn.", hint="Put System: first, and only once.")
