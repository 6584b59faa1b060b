"""One row of a preference file: the shapes it may have, and in words what is wrong where it has none of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import get_args

from playground.errors import BadFile
from playground.types import Annotator, AnnotatorKind, Json, Message, Preference, Prompt, Role

COLUMNS = ("prompt", "chosen", "rejected", "id", "annotator", "annotator_kind", "strength", "ranking")
_TURN = re.compile(r"\n\n(Human|Assistant):")  # the turns of Anthropic's HH files, which have no prompt column
_ROLES = {"Human": "user", "Assistant": "assistant"}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used."""

    number: int  # the first is 1
    why: str


class _Unusable(Exception):
    """Why this row cannot be used; never leaves this file."""


def check_columns(name: str, columns: list[str]) -> None:
    """Raises: BadFile where chosen or rejected is missing; it names the columns there are."""
    if not {"chosen", "rejected"} <= set(columns):
        raise wrong_columns(name, columns)


def wrong_columns(name: str, columns: list[str]) -> BadFile:
    """The error that says which columns were seen and which are needed."""
    seen = ", ".join(repr(str(column)[:40]) for column in columns[:20]) or "none"
    return BadFile(
        f"{name} has the columns {seen}; prompt, chosen and rejected are needed.",
        hint="Rename the columns. prompt may be missing where chosen and rejected are chats that begin with it.",
    )


def parse_row(row: Json, source: str) -> Preference | str:
    """The preference a row holds, or why it holds none."""
    try:
        prompt, chosen, rejected = _texts(row)
        for text in (chosen, rejected, *(message.content for message in prompt)):
            _check_unicode(text)
        if chosen == rejected:
            raise _Unusable("has the same text as chosen and rejected")
        return Preference(
            Prompt(prompt, source),
            chosen,
            rejected,
            _word(row, "id") or "",
            _annotator(row),
            _strength(row),
            _word(row, "ranking"),
        )
    except _Unusable as reason:
        return str(reason)


def _texts(row: Json) -> tuple[tuple[Message, ...], str, str]:
    own_messages = row.get("messages")
    if isinstance(own_messages, str) and own_messages:  # our CSV: what a text column cannot say
        return (
            _ends_with_user(_messages(_from_json(own_messages), "messages")),
            _text(row, "chosen"),
            _text(row, "rejected"),
        )
    before_chosen, chosen = _completion(row, "chosen")
    before_rejected, rejected = _completion(row, "rejected")
    if before_chosen != before_rejected:
        raise _Unusable("has a chosen and a rejected that differ before their last turn")
    return _prompt(row, before_chosen), chosen, rejected


def _prompt(row: Json, before: tuple[Message, ...]) -> tuple[Message, ...]:
    value = row.get("prompt")
    if isinstance(value, list):
        given = _messages(value, "prompt")
        if before and before != given:
            raise _Unusable("has a prompt, and chosen and rejected begin with another one")
        return _ends_with_user(given)
    if before:  # the chat says more than a prompt column of text: it may have a system turn
        return _ends_with_user(before)
    if value is not None and not isinstance(value, str):
        raise _Unusable(f"has a {type(value).__name__} as prompt; text or a list of messages is needed")
    if not value or not value.strip():
        raise _Unusable("has no prompt")
    return (Message("user", value),)


def _completion(row: Json, name: str) -> tuple[tuple[Message, ...], str]:
    """The turns before the completion, where the column holds them, and its text."""
    value = row.get(name)
    if isinstance(value, list):
        turns = _messages(value, name)
    elif "prompt" not in row and isinstance(value, str) and _TURN.search(value):
        turns = _dialogue(value)
    else:
        text = _text(row, name)
        if not text:  # as a message it would be an empty completion; as bare text it is a hole
            raise _Unusable(f"has no {name}")
        return (), text
    if turns[-1].role != "assistant":
        raise _Unusable(f"has a {name} that ends with the {turns[-1].role}'s turn, not the assistant's")
    return turns[:-1], turns[-1].content


def _messages(value: object, name: str) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise _Unusable(f"has no {name}")
    turns = []
    for turn in value:
        if not isinstance(turn, dict) or not {"role", "content"} <= turn.keys():
            raise _Unusable(f"has a message without role and content in {name}")
        if turn["role"] not in get_args(Role):
            raise _Unusable(f"has the role {turn['role']!r} in {name}; {', '.join(get_args(Role))} are known")
        if not isinstance(turn["content"], str):
            raise _Unusable(f"has a {type(turn['content']).__name__} as a message's content in {name}; text is needed")
        turns.append(Message(turn["role"], turn["content"]))
    return tuple(turns)


def _ends_with_user(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    if not turns or not turns[-1].content.strip():
        raise _Unusable("has no prompt")
    if turns[-1].role != "user":
        raise _Unusable(f"has a prompt that ends with the {turns[-1].role}'s turn, not the user's")
    return turns


def _dialogue(text: str) -> tuple[Message, ...]:
    before, *parts = _TURN.split(text)
    if before.strip():
        raise _Unusable("has text before its first turn")
    return tuple(
        Message(_ROLES[name], content.removeprefix(" ")) for name, content in zip(parts[::2], parts[1::2], strict=True)
    )


def _text(row: Json, name: str) -> str:
    value = row.get(name)
    if value is None:
        raise _Unusable(f"has no {name}")
    if not isinstance(value, str):
        raise _Unusable(f"has a {type(value).__name__} as {name}; text or a list of messages is needed")
    return value


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _Unusable("has messages that are not JSON") from error


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _Unusable("holds half a character (a lone surrogate)") from error


def _word(row: Json, name: str) -> str | None:
    value = row.get(name)
    return None if value is None or value == "" else str(value)


def _annotator(row: Json) -> Annotator | None:
    alias, kind = _word(row, "annotator"), _word(row, "annotator_kind") or "file"
    if alias is None:
        return None
    if kind not in get_args(AnnotatorKind):
        raise _Unusable(f"has the annotator_kind {kind!r}; {', '.join(get_args(AnnotatorKind))} are known")
    _check_unicode(alias)
    return Annotator("", alias, kind)


def _strength(row: Json) -> int | None:
    value = _word(row, "strength")
    if value is None:
        return None
    if value not in ("1", "2", "3", "1.0", "2.0", "3.0"):
        raise _Unusable(f"has the strength {value!r}; 1, 2, 3 or nothing is needed")
    return int(float(value))
