"""Demonstrations from an uploaded file: JSONL, JSON, CSV or Parquet, in the three usual forms. Loads no torch.

Forms: prompt and completion; Alpaca's instruction, input, output; chat messages that end with the assistant's.
Text is kept byte for byte: nothing is stripped, no line end is changed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.errors import BadFile
from playground.types import Example, Message, Prompt

FORMS = "prompt and completion; or instruction and output (input if you like); or messages"
ROLES = ("system", "user", "assistant")
MESSAGE_COLUMNS = ("messages", "conversations")
SHAREGPT_ROLES = {"human": "user", "gpt": "assistant"}  # conversations of from and value

# (line, row as read, why it cannot be read or "")
Row = tuple[int, Any, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out: where it stands in the file (the first line or row is 1) and why."""

    line: int
    why: str


def read_examples(path: str | Path) -> tuple[list[Example], list[BadRow]]:
    """All examples of a file, and the rows that are none.

    Raises: BadFile when the file is empty, is not what its name says, or no row has a known form's columns.
    """
    path = Path(path)
    examples, bad = [], []
    rows = list(_rows(path))
    if not rows:
        raise BadFile(f"{path.name} is empty.", hint=f"Give a file with columns {FORMS}.")
    _check_columns(path, rows)
    for line, row, why in rows:
        try:
            if why:
                raise ValueError(why)
            examples.append(_example(row, path.name))
        except ValueError as error:
            bad.append(BadRow(line, str(error)))
    return examples, bad


def _rows(path: Path) -> Iterator[Row]:
    if not path.is_file():
        raise BadFile(f"There is no file {path.name}.", hint="Upload it again.")
    readers = {".jsonl": _jsonl, ".ndjson": _jsonl, ".json": _json, ".csv": _csv, ".tsv": _csv, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadFile(f"{path.name} is no JSONL, JSON, CSV or Parquet file by its name.", hint="Rename or convert it.")
    return reader(path)


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(
            f"{path.name} is not UTF-8 text: byte {error.start} is 0x{data[error.start]:02x}.",
            hint="Save it as UTF-8; a binary file (zip, xlsx) has to be exported as CSV first.",
        ) from error
    if "\0" in text:
        raise BadFile(f"{path.name} is a binary file, not text.", hint="Export it as JSONL or CSV.")
    return text


def _jsonl(path: Path) -> Iterator[Row]:
    # only \n ends a line: str.splitlines would also cut at U+2028, which JSON allows inside a string
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line), ""
        except ValueError as error:
            yield number, None, f"not JSON: {error}"


def _json(path: Path) -> Iterator[Row]:
    text = _text(path)
    if not text.strip():
        return
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadFile(
            f"{path.name} is not valid JSON: {error}.", hint="With one object a line, name the file .jsonl."
        ) from error
    if isinstance(value, dict):
        value = _rows_inside(value)
    if not isinstance(value, list):
        raise BadFile(f"{path.name} holds a {type(value).__name__}, not a list of rows.", hint="Write [{...}, {...}].")
    yield from ((number, row, "") for number, row in enumerate(value, start=1))


def _rows_inside(value: dict[str, Any]) -> list[Any]:
    """{"data": [rows]} is its rows; an object that has a row's columns is one row."""
    if _form(value):
        return [value]
    return next((inner for inner in value.values() if isinstance(inner, list)), [value])


def _csv(path: Path) -> Iterator[Row]:
    text = _text(path)
    csv.field_size_limit(2**31 - 1)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    # newline="" keeps line ends inside quoted fields as they are
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            line = reader.line_num
            if None in row:
                yield line, row, f"{len(row[None])} more fields than the header names"
            elif None in row.values():
                yield line, row, "fewer fields than the header names"
            else:
                yield line, row, ""
    except csv.Error as error:
        raise BadFile(
            f"{path.name} is not valid CSV near line {reader.line_num}: {error}.", hint="Quote fields that hold commas."
        ) from error


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise BadFile(f"{path.name} is not a Parquet file: {error}.", hint="Write it again.") from error
    yield from ((number, row, "") for number, row in enumerate(table.to_pylist(), start=1))


def _check_columns(path: Path, rows: Sequence[Row]) -> None:
    """At least one row must have a known form; else the file is the wrong one, not its rows."""
    readable = [row for _, row, why in rows if not why]
    if any(isinstance(row, dict) and _form(row) for row in readable):
        return
    if not readable:
        line, _, why = rows[0]
        raise BadFile(f"{path.name} has no readable row; line {line}: {why}.", hint=f"Needed: {FORMS}.")
    seen = sorted({str(name) for row in readable if isinstance(row, dict) for name in row if name is not None})
    what = f"the columns {', '.join(seen)}" if seen else "no columns"
    raise BadFile(f"{path.name} has {what}; needed are {FORMS}.", hint="Rename the columns.")


def _form(row: dict[str, Any]) -> str:
    if any(name in row for name in MESSAGE_COLUMNS):
        return "messages"
    if "prompt" in row and "completion" in row:
        return "prompt"
    if "instruction" in row and "output" in row:
        return "alpaca"
    return ""


def _example(row: Any, source: str) -> Example:
    """One row as an example. Raises ValueError that says why not."""
    if not isinstance(row, dict):
        raise ValueError(f"a {type(row).__name__}, not an object with columns")
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
        question, extra = _words(row, "instruction"), row.get("input") or ""
        if not isinstance(extra, str):
            raise ValueError(f"input is a {type(extra).__name__}, not text")
        return Example(Prompt.user(f"{question}\n\n{extra}" if extra else question, source), _words(row, "output"))
    raise ValueError(f"needed are {FORMS}; this row has {', '.join(map(str, row)) or 'no columns'}")


def _words(row: dict[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is {'missing' if value is None else f'a {type(value).__name__}, not text'}")
    if not value.strip():
        raise ValueError(f"{name} is empty")
    return value


def _from_messages(value: Any, source: str) -> Example:
    if isinstance(value, str):  # a CSV's cell
        try:
            value = json.loads(value)
        except ValueError as error:
            raise ValueError(f"messages are not JSON: {error}") from error
    if not isinstance(value, list):
        raise ValueError("messages are not a list")
    turns = [_message(turn) for turn in value]
    if len(turns) < 2 or turns[-1].role != "assistant":
        raise ValueError("messages must end with the assistant's, after at least one other")
    if turns[-2].role != "user":
        raise ValueError("the turn before the assistant's last must be the user's")
    return Example(Prompt(tuple(turns[:-1]), source), turns[-1].content)


def _message(turn: Any) -> Message:
    if not isinstance(turn, dict):
        raise ValueError("a message is not an object with role and content")
    role = turn.get("role") or SHAREGPT_ROLES.get(str(turn.get("from")), turn.get("from"))
    content = turn.get("content", turn.get("value"))
    if role not in ROLES:
        raise ValueError(f"role {role!r} is unknown; one of {', '.join(ROLES)} is needed")
    if not isinstance(content, str) or not content.strip():
        raise ValueError(f"the {role}'s message has no text")
    return Message(role, content)
