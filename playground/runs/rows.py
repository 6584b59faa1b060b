"""Training rows to JSON and back: what data.jsonl holds."""

from __future__ import annotations

from dataclasses import asdict

from playground.types import Annotator, Example, Json, Message, Preference, Prompt

Row = Example | Preference | Prompt


def to_json(row: Row) -> Json:
    """A dict that from_json turns back into an equal row."""
    return {"kind": type(row).__name__, **asdict(row)}


def from_json(row: Json) -> Row:
    """The row that to_json wrote. Raises KeyError on an unknown kind."""
    row = dict(row)
    kind = {"Example": Example, "Preference": Preference, "Prompt": Prompt}[row.pop("kind")]
    if kind is Prompt:
        return _prompt(row)
    row["prompt"] = _prompt(row["prompt"])
    if kind is Preference and row["annotator"]:
        row["annotator"] = Annotator(**row["annotator"])
    return kind(**row)


def texts_of(row: Row) -> list[str]:
    """Every text that training on the row reads: all turns, and the completions."""
    prompt = row if isinstance(row, Prompt) else row.prompt
    turns = [message.content for message in prompt.messages]
    if isinstance(row, Preference):
        return [*turns, row.chosen, row.rejected]
    return turns if isinstance(row, Prompt) else [*turns, row.completion]


def _prompt(row: Json) -> Prompt:
    return Prompt(tuple(Message(**m) for m in row["messages"]), row["source"])
