"""Demonstrations, or prompts alone, from an uploaded file in the three usual forms. Loads no torch.

Forms: prompt and completion; Alpaca's instruction, input, output; chat messages that end with the assistant's.
Text is kept byte for byte: nothing is stripped, no line end is changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from playground.errors import BadFile
from playground.table_files import BadRow, FileLimits, Row, read_rows
from playground.types import Example, Json, Message, Prompt

T = TypeVar("T")
FORMS = "prompt and completion; or instruction and output (input if you like); or messages"
PROMPT_FORMS = "prompt; or instruction (input if you like); or messages"
ROLES = ("system", "user", "assistant")
MESSAGE_COLUMNS = ("messages", "conversations")
SHAREGPT_ROLES = {"human": "user", "gpt": "assistant"}  # conversations of from and value


def read_examples(path: str | Path, limits: FileLimits) -> tuple[list[Example], list[BadRow]]:
    """All examples of a file, and the rows that are none.

    Raises: BadFile when the file is too large, empty, not what its name says, or no row has a known form's columns.
    """
    return _read(Path(path), limits, FORMS, _form, _example)


def read_prompts(path: str | Path, limits: FileLimits) -> tuple[list[Prompt], list[BadRow]]:
    """The prompts of a file, each once, and the rows that hold none. Answers that stand beside them are not read.

    Raises: BadFile as read_examples does.
    """
    prompts, bad = _read(Path(path), limits, PROMPT_FORMS, _prompt_form, _prompt)
    return list({prompt.key: prompt for prompt in prompts}.values()), bad


def _read(
    path: Path, limits: FileLimits, forms: str, form: Callable[[Json], str], parse: Callable[[Json, str], T]
) -> tuple[list[T], list[BadRow]]:
    rows, bad = read_rows(path, limits, is_row=lambda row: bool(form(row)))
    _check_columns(path, rows, forms, form)
    found = []
    for row in rows:
        try:
            found.append(parse(row.values, path.name))
        except ValueError as error:
            bad.append(BadRow(row.number, str(error)))
    return found, sorted(bad, key=lambda row: row.number)


def _check_columns(path: Path, rows: Sequence[Row], forms: str, form: Callable[[Json], str]) -> None:
    """At least one row must have a known form; else the file is the wrong one, not its rows."""
    if any(form(row.values) for row in rows):
        return
    seen = sorted({str(name)[:40] for row in rows for name in row.values})
    what = f"the columns {', '.join(seen[:20])}" if seen else "no columns"
    raise BadFile(f"{path.name} has {what}; needed are {forms}.", hint="Rename the columns.")


def _form(row: Json) -> str:
    if any(name in row for name in MESSAGE_COLUMNS):
        return "messages"
    if "prompt" in row and "completion" in row:
        return "prompt"
    if "instruction" in row and "output" in row:
        return "alpaca"
    return ""


def _prompt_form(row: Json) -> str:
    if any(name in row for name in MESSAGE_COLUMNS):
        return "messages"
    return next((name for name in ("prompt", "instruction") if name in row), "")


def _prompt(row: Json, source: str) -> Prompt:
    """One row as a prompt. Raises ValueError that says why not."""
    form = _prompt_form(row)
    if form == "messages":
        return _asked(_turns(next(row[name] for name in MESSAGE_COLUMNS if name in row)), source)
    if form == "prompt" and isinstance(row["prompt"], list):
        return _asked(_turns(row["prompt"]), source)
    if form == "prompt":
        return Prompt.user(_words(row, "prompt"), source)
    if form == "instruction":
        return _instructed(row, source)
    raise ValueError(f"has {', '.join(map(str, row)) or 'no columns'}; needed are {PROMPT_FORMS}")


def _asked(turns: list[Message], source: str) -> Prompt:
    """The turns up to the last one of the user's."""
    while turns and turns[-1].role == "assistant":
        turns = turns[:-1]
    if not turns or turns[-1].role != "user":
        raise ValueError("has no user's turn at its end")
    return Prompt(tuple(turns), source)


def _instructed(row: Json, source: str) -> Prompt:
    question, extra = _words(row, "instruction"), row.get("input") or ""
    if not isinstance(extra, str):
        raise ValueError(f"has a {type(extra).__name__} as input, not text")
    return Prompt.user(f"{question}\n\n{extra}" if extra else question, source)


def _example(row: Json, source: str) -> Example:
    """One row as an example. Raises ValueError that says why not."""
    form = _form(row)
    if form == "messages":
        return _from_messages(next(row[name] for name in MESSAGE_COLUMNS if name in row), source)
    if form == "prompt" and isinstance(row["prompt"], list):  # TRL's conversational form
        completion = row["completion"]
        turns = completion if isinstance(completion, list) else [{"role": "assistant", "content": completion}]
        return _from_messages([*row["prompt"], *turns], source)
    if form == "prompt":
        return Example(Prompt.user(_words(row, "prompt"), source), _words(row, "completion"))
    if form == "alpaca":
        return Example(_instructed(row, source), _words(row, "output"))
    raise ValueError(f"has {', '.join(map(str, row)) or 'no columns'}; needed are {FORMS}")


def _words(row: Json, name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise ValueError(f"has no {name}" if value is None else f"has a {type(value).__name__} as {name}, not text")
    if not value.strip():
        raise ValueError(f"has an empty {name}")
    return value


def _from_messages(value: Any, source: str) -> Example:
    turns = _turns(value)
    if len(turns) < 2 or turns[-1].role != "assistant":
        raise ValueError("has messages that do not end with the assistant's, after at least one other")
    if turns[-2].role != "user":
        raise ValueError("has no user's turn before the assistant's last")
    return Example(Prompt(tuple(turns[:-1]), source), turns[-1].content)


def _turns(value: Any) -> list[Message]:
    if isinstance(value, str):  # a CSV's cell
        try:
            value = json.loads(value)
        except ValueError as error:
            raise ValueError(f"has messages that are not JSON ({error})") from error
    if not isinstance(value, list):
        raise ValueError("has messages that are no list")
    return [_message(turn) for turn in value]


def _message(turn: Any) -> Message:
    if not isinstance(turn, dict):
        raise ValueError("has a message that is no object with role and content")
    role = turn.get("role") or SHAREGPT_ROLES.get(str(turn.get("from")), turn.get("from"))
    content = turn.get("content", turn.get("value"))
    if role not in ROLES:
        raise ValueError(f"has the role {role!r}; one of {', '.join(ROLES)} is needed")
    if not isinstance(content, str) or not content.strip():
        raise ValueError(f"has no text in the {role}'s message")
    return Message(role, content)
