"""One row of a preference file: the shapes it may have, and in words what is wrong where it has none of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from playground.errors import BadFile
from playground.preferences.record import Judgment
from playground.types import CHOICES, Annotator, AnnotatorKind, Choice, Json, Message, Prompt, Role

_PREFERRED, _SHOWN = ("chosen", "rejected"), ("left", "right", "choice")
_TURN = re.compile(r"\n\n(Human|Assistant):")  # the turns of Anthropic's HH files, which have no prompt column
_ROLES = {"Human": "user", "Assistant": "assistant"}
_MAX_MS = 2**31 - 1


class Unusable(Exception):
    """Why this row cannot be used; never leaves the readers of rows."""


def is_row(row: Json) -> bool:
    """Whether it has the columns of one of the two forms."""
    return set(_PREFERRED) <= row.keys() or set(_SHOWN) <= row.keys()


def check_columns(name: str, columns: list[str]) -> None:
    """Raises: BadFile where the columns of both forms are missing; it names the columns there are."""
    if not is_row(dict.fromkeys(columns)):
        raise wrong_columns(name, columns)


def wrong_columns(name: str, columns: list[str]) -> BadFile:
    """The error that says which columns were seen and which are needed."""
    seen = ", ".join(repr(str(column)[:40]) for column in columns[:20]) or "none"
    return BadFile(
        f"{name} has the columns {seen}; prompt, chosen and rejected are needed.",
        hint="Rename the columns. prompt may be missing where chosen and rejected are chats that begin with it.",
    )


def parse_row(row: Json, source: str) -> Judgment | str:
    """The judgment a row holds, or why it holds none."""
    preferred = not set(_SHOWN) <= row.keys()
    try:
        prompt, (left, right) = read_texts(row, *(_PREFERRED if preferred else _SHOWN[:2]))
        if preferred and left == right:
            raise Unusable("has the same text as chosen and rejected")
        judgment = Judgment(
            Prompt(prompt, source),
            left,
            right,
            "left" if preferred else _choice(row),
            _annotator(row),
            id=_word(row, "id") or "",
            strength=_strength(row),
            ranking=_word(row, "ranking"),
        )
        return judgment if preferred else _with_when(judgment, row)
    except Unusable as reason:
        return str(reason)


def _with_when(judgment: Judgment, row: Json) -> Judgment:
    """The judgment with where and when it was made. Other files' columns of these names may mean anything."""
    return replace(
        judgment,
        prompt=replace(judgment.prompt, source=_word(row, "source") or judgment.prompt.source),
        origin=_word(row, "origin") or "",
        created_at=_time(row),
        decision_ms=_milliseconds(row),
        comment=_word(row, "comment") or "",
        left_checkpoint=_word(row, "left_checkpoint"),
        right_checkpoint=_word(row, "right_checkpoint"),
    )


def read_texts(row: Json, *names: str) -> tuple[tuple[Message, ...], list[str]]:
    """The prompt's turns and the completions under these names. Raises: Unusable."""
    own_messages = row.get("messages")
    if isinstance(own_messages, str) and own_messages:  # our CSV: what a text column cannot say
        turns = _ends_with_user(_messages(from_json(own_messages, "messages"), "messages"))
        return turns, [_text(row, name) for name in names]
    found = [_completion(row, name) for name in names]
    before = found[0][0]
    if any(other != before for other, _ in found):
        raise Unusable(f"has a {' and a '.join(names)} that differ before their last turn")
    return _prompt(row, before), [text for _, text in found]


def _prompt(row: Json, before: tuple[Message, ...]) -> tuple[Message, ...]:
    value = row.get("prompt")
    if isinstance(value, list):
        given = _messages(value, "prompt")
        if before and before != given:
            raise Unusable("has a prompt, and the completions begin with another one")
        return _ends_with_user(given)
    if before:  # the chat says more than a prompt column of text: it may have a system turn
        return _ends_with_user(before)
    if value is not None and not isinstance(value, str):
        raise Unusable(f"has a {type(value).__name__} as prompt; text or a list of messages is needed")
    if not value or not value.strip():
        raise Unusable("has no prompt")
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
            raise Unusable(f"has no text under {name}")
        return (), text
    if turns[-1].role != "assistant":
        raise Unusable(f"has a {name} that ends with the {turns[-1].role}'s turn, not the assistant's")
    return turns[:-1], turns[-1].content


def _messages(value: object, name: str) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise Unusable(f"has no {name}")
    turns = []
    for turn in value:
        if not isinstance(turn, dict) or not {"role", "content"} <= turn.keys():
            raise Unusable(f"has a message without role and content in {name}")
        if turn["role"] not in get_args(Role):
            raise Unusable(f"has the role {turn['role']!r} in {name}; {', '.join(get_args(Role))} are known")
        if not isinstance(turn["content"], str):
            raise Unusable(f"has a {type(turn['content']).__name__} as a message's content in {name}; text is needed")
        turns.append(Message(turn["role"], turn["content"]))
    return tuple(turns)


def _ends_with_user(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    if not turns or not turns[-1].content.strip():
        raise Unusable("has no prompt")
    if turns[-1].role != "user":
        raise Unusable(f"has a prompt that ends with the {turns[-1].role}'s turn, not the user's")
    return turns


def _dialogue(text: str) -> tuple[Message, ...]:
    before, *parts = _TURN.split(text)
    if before.strip():
        raise Unusable("has text before its first turn")
    return tuple(
        Message(_ROLES[name], content.removeprefix(" ")) for name, content in zip(parts[::2], parts[1::2], strict=True)
    )


def _text(row: Json, name: str) -> str:
    value = row.get(name)
    if value is None:
        raise Unusable(f"has no text under {name}")
    if not isinstance(value, str):
        raise Unusable(f"has a {type(value).__name__} as {name}; text or a list of messages is needed")
    return value


def from_json(text: str, name: str) -> object:
    """What a CSV's cell under that name holds. Raises: Unusable."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Unusable(f"has {name} with half a character (a lone surrogate)") from error
    except (ValueError, RecursionError) as error:
        raise Unusable(f"has {name} that are not JSON") from error
    return value


def _word(row: Json, name: str) -> str | None:
    value = row.get(name)
    return None if value is None or value == "" else str(value)


def _choice(row: Json) -> Choice:
    value = row["choice"]
    if value not in CHOICES:
        raise Unusable(f"has the choice {value!r}; one of {', '.join(CHOICES)} is needed")
    return value


def _annotator(row: Json) -> Annotator | None:
    alias, kind = _word(row, "annotator"), _word(row, "annotator_kind") or "file"
    if alias is None:
        return None
    if kind not in get_args(AnnotatorKind):
        raise Unusable(f"has the annotator_kind {kind!r}; {', '.join(get_args(AnnotatorKind))} are known")
    return Annotator("", alias, kind)


def _strength(row: Json) -> int | None:
    value = _word(row, "strength")
    if value is None:
        return None
    if value not in ("1", "2", "3", "1.0", "2.0", "3.0"):
        raise Unusable(f"has the strength {value!r}; 1, 2, 3 or nothing is needed")
    return int(float(value))


def _time(row: Json) -> float | None:
    value = _word(row, "time")
    if value is None:
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError as error:
        raise Unusable(f"has the time {value!r}; one like 2026-01-31T12:00:00+00:00 is needed") from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _milliseconds(row: Json) -> int | None:
    value = _word(row, "decision_ms") or ""
    return int(value) if value.isdecimal() and int(value) <= _MAX_MS else None  # never worth a row
