"""Prompts with two or more completions each, from an uploaded file: what people judge where nothing is sampled.

Reads `prompt` with `completions` (a list), with `completion_1`, `completion_2` and so on, with `chosen` and `rejected`,
or with `left` and `right`; whoever judged before is not read. Text is kept byte for byte.
"""

from __future__ import annotations

import re
from pathlib import Path

from playground.errors import BadFile
from playground.preferences.exchange_rows import Unusable, from_json, read_texts
from playground.table_files import BadRow, FileLimits, Row, read_rows
from playground.types import Completion, Json, Prompt

FORMS = "prompt and completions, a list; or prompt, completion_1, completion_2; or prompt, chosen and rejected"
MOST = 6  # completions of one prompt, as in Rank
LONGEST = 4000  # characters of a text: more is no good on a phone
_TWO = ("chosen", "rejected"), ("left", "right")
_ONE_OF_MANY = re.compile(r"completion[ _-]?([a-z]|\d+)", re.IGNORECASE)

CompletionSet = tuple[Completion, ...]


def read_completions(path: Path, limits: FileLimits) -> tuple[list[tuple[int, CompletionSet]], list[BadRow]]:
    """The number of each usable row and its completions, each text once; and what is wrong with the other rows.

    Raises: BadFile where the file as a whole is too large, empty, not what its name says, or has other columns.
    """
    rows, bad = read_rows(path, limits, is_row=lambda row: len(_names(row)) > 1 or "completions" in row)
    _check_columns(path.name, rows)
    good = []
    for row in rows:
        try:
            good.append((row.number, _completions(row.values, path.name)))
        except Unusable as reason:
            bad.append(BadRow(row.number, str(reason)))
    return good, sorted(bad, key=lambda row: row.number)


def _check_columns(name: str, rows: list[Row]) -> None:
    columns = dict.fromkeys(column for row in rows for column in row.values)
    if "completions" in columns or len(_names(columns)) > 1:
        return
    seen = ", ".join(repr(str(column)[:40]) for column in list(columns)[:20]) or "none"
    raise BadFile(f"{name} has the columns {seen}; needed are {FORMS}.", hint="Rename the columns.")


def _completions(row: Json, source: str) -> CompletionSet:
    spread = _spread(row)
    names = [name for name in _names(spread) if spread[name] not in (None, "")]  # rows may have fewer than others
    if len(names) < 2:
        raise Unusable(f"has {len(names)} completion{'' if len(names) == 1 else 's'}; two or more are needed")
    turns, found = read_texts(spread, *names)
    texts = list(dict.fromkeys(found))
    prompt = Prompt(turns, source)
    if len(texts) < 2:
        raise Unusable("has the same text in all its completions; two different ones are needed")
    if len(texts) > MOST:
        raise Unusable(f"has {len(texts)} completions; at most {MOST} are compared")
    longest = max(len(text) for text in (prompt.spoken, *texts))
    if longest > LONGEST:
        raise Unusable(f"has a text of {longest} characters; at most {LONGEST} are shown on a phone")
    return tuple(Completion(prompt, text) for text in texts)


def _names(row: Json) -> list[str]:
    """The columns that hold one completion each."""
    two = next((list(both) for both in _TWO if set(both) <= row.keys()), None)
    return two or [name for name in row if _ONE_OF_MANY.fullmatch(str(name))]


def _spread(row: Json) -> Json:
    """The row with one column for each completion of its list."""
    if row.get("completions") is None:
        return row
    listed = row["completions"]
    if isinstance(listed, str):
        listed = from_json(listed, "completions")
    if not isinstance(listed, list):
        raise Unusable(f"has a {type(listed).__name__} as completions; a list is needed")
    rest = {name: value for name, value in row.items() if name not in ("completions", *_names(row))}
    return rest | {f"completion {number}": one for number, one in enumerate(listed, start=1)}
