"""Preference files: JSONL, CSV and Parquet in one of two forms, written and read byte for byte.

"trl" is TRL's explicit-prompt preference format, one row for each preference that can train: `prompt`, `chosen`,
`rejected`, then `id`, `annotator`, `annotator_kind`, `strength`, `ranking`. "everything" is one row a judgment, ties
and skipped ones too: `prompt`, `left`, `right`, `choice`, the same five, and where and when it was made.

Prompts and completions are chat messages; in CSV they are text, with the prompt's `messages` as JSON beside it where it
has several turns or a completion is empty. People's aliases become "person 1", "person 2" in every file. Nothing is
escaped for spreadsheets: a completion that starts with "-" must come back as it was.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from playground.errors import BadFile
from playground.preferences.exchange_rows import check_columns, is_row, parse_row, wrong_columns
from playground.preferences.nameless import nameless
from playground.preferences.record import Judgment
from playground.table_files import BadRow, FileLimits, read_rows
from playground.types import Json

Form = Literal["trl", "everything"]
Kind = Literal["jsonl", "csv", "parquet"]
_WHO = ("id", "annotator", "annotator_kind", "strength", "ranking")
_WHEN = ("origin", "time", "decision_ms", "comment", "source", "left_checkpoint", "right_checkpoint")
COLUMNS: dict[Form, tuple[str, ...]] = {
    "trl": ("prompt", "chosen", "rejected", *_WHO),
    "everything": ("prompt", "left", "right", "choice", *_WHO, *_WHEN),
}


def write_judgments(path: Path, judgments: Iterable[Judgment], form: Form) -> int:
    """Write the rows of that form, in the format the path's suffix names. Returns how many.

    Raises: BadFile for another suffix.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in get_args(Kind):
        raise BadFile(f"{path.name} ends in {path.suffix or 'nothing'}; one of {', '.join(get_args(Kind))} is needed.")
    wanted = [j for j in judgments if form == "everything" or j.trains]
    rows = [_to_row(j, COLUMNS[form]) for j in nameless(wanted)]
    {"jsonl": _write_jsonl, "csv": _write_csv, "parquet": _write_parquet}[kind](path, rows, COLUMNS[form])
    return len(rows)


def read_judgments(path: Path, limits: FileLimits) -> tuple[list[Judgment], list[BadRow]]:
    """The usable rows, and for each other one its number and what is wrong with it.

    Reads both forms, chosen and rejected that contain the prompt, and plain text columns.
    Raises: BadFile where the file as a whole is too large, empty, not what its name says, or has other columns.
    """
    rows, bad = read_rows(path, limits, is_row)
    columns = list(dict.fromkeys(name for row in rows for name in row.values))
    check_columns(path.name, columns)
    good = []
    for row in rows:
        parsed = parse_row(row.values, source=path.name)
        if isinstance(parsed, Judgment):
            good.append(parsed)
        else:
            bad.append(BadRow(row.number, parsed))
    if not good and "prompt" not in columns:
        raise wrong_columns(path.name, columns)
    return good, sorted(bad, key=lambda row: row.number)


def _to_row(j: Judgment, columns: tuple[str, ...]) -> Json:
    texts = {"chosen": j.chosen, "rejected": j.rejected, "left": j.left, "right": j.right}
    when = j.created_at is not None and datetime.fromtimestamp(j.created_at, UTC).isoformat()
    values = {
        "prompt": [{"role": m.role, "content": m.content} for m in j.prompt.messages],
        **{name: [{"role": "assistant", "content": text}] for name, text in texts.items()},
        "choice": j.choice,
        "id": j.id or None,
        "annotator": j.annotator and j.annotator.alias,
        "annotator_kind": j.annotator and j.annotator.kind,
        "strength": j.strength,
        "ranking": j.ranking,
        "origin": j.origin or None,
        "time": when or None,
        "decision_ms": j.decision_ms,
        "comment": j.comment or None,
        "source": j.prompt.source,
        "left_checkpoint": j.left_checkpoint,
        "right_checkpoint": j.right_checkpoint,
    }
    return {name: values[name] for name in columns}


def _write_jsonl(path: Path, rows: list[Json], columns: tuple[str, ...]) -> None:
    path.write_bytes("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def _write_csv(path: Path, rows: list[Json], columns: tuple[str, ...]) -> None:
    prompt, first, second = columns[:3]
    with path.open("w", encoding="utf-8", newline="") as file:
        header = (prompt, first, second, "messages", *columns[3:])
        writer = csv.DictWriter(file, header, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            texts = {name: row[name][-1]["content"] for name in (prompt, first, second)}
            plain = len(row[prompt]) == 1 and texts[first] and texts[second]
            messages = None if plain else json.dumps(row[prompt], ensure_ascii=False)
            writer.writerow(row | texts | {"messages": messages})


def _write_parquet(path: Path, rows: list[Json], columns: tuple[str, ...]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    messages = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    kinds = dict.fromkeys(columns[:3], messages) | {"strength": pa.int64(), "decision_ms": pa.int64()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in columns])
    parquet.write_table(pa.Table.from_pylist(rows, schema), path)
