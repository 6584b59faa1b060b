"""Preference files: JSONL, CSV and Parquet in TRL's preference format, written and read byte for byte.

Written: `prompt`, `chosen`, `rejected` as chat messages (in CSV as text, with the prompt's `messages` as JSON beside it
where it has several turns or a completion is empty), then `id`, `annotator`, `annotator_kind`, `strength`, `ranking`.
People's aliases become "person 1", "person 2" in every file. Nothing is escaped for spreadsheets: a completion that
starts with "-" must come back as it was.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from playground.errors import BadFile
from playground.preferences.exchange_rows import COLUMNS, BadRow, check_columns, parse_row, wrong_columns
from playground.types import Annotator, Json, Preference

FORMATS = (".jsonl", ".csv", ".parquet")
csv.field_size_limit(16 * 1024 * 1024)  # characters; Python's own limit of 131072 refuses long completions
_Read = tuple[list[str], Iterator[Json | str]]  # columns; rows, or what is wrong with one
_CSV_COLUMNS = ("prompt", "chosen", "rejected", "messages", *COLUMNS[3:])


def write_preferences(path: Path | str, preferences: Iterable[Preference]) -> int:
    """Write the rows in the format the path's suffix names. Returns how many. Raises: BadFile for another suffix."""
    path = Path(path)
    rows = [_to_row(p) for p in _without_aliases(preferences)]
    {".jsonl": _write_jsonl, ".csv": _write_csv, ".parquet": _write_parquet}[_suffix(path)](path, rows)
    return len(rows)


def read_preferences(path: Path | str) -> tuple[list[Preference], list[BadRow]]:
    """The usable rows, and for each other one its number (the first is 1) and what is wrong with it.

    Reads what write_preferences wrote, chosen and rejected that contain the prompt, and plain text columns.
    Raises: BadFile where the file as a whole is not what its name says, has other columns, or has no row.
    """
    path = Path(path)
    read = {".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}[_suffix(path)]
    good, bad = [], []
    try:
        columns, rows = read(path)
        check_columns(path.name, columns)
        for number, row in enumerate(rows, start=1):
            parsed = row if isinstance(row, str) else parse_row(row, source=path.name)
            if isinstance(parsed, Preference):
                good.append(parsed)
            else:
                bad.append(BadRow(number, parsed))
    except UnicodeDecodeError as error:
        raise BadFile(
            f"{path.name} is not text: byte {error.start} is no UTF-8.",
            hint="Save it as UTF-8, or name it by its kind.",
        ) from error
    if not good and not bad:
        raise _no_row(path)
    if not good and "prompt" not in columns:
        raise wrong_columns(path.name, columns)
    return good, bad


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise BadFile(f"{path.name} ends in {suffix or 'nothing'}; one of {', '.join(FORMATS)} is needed.")
    return suffix


def _without_aliases(preferences: Iterable[Preference]) -> Iterator[Preference]:
    """People are numbered as they come, so that nobody can be followed from file to file by name."""
    people: dict[str, Annotator] = {}
    for p in preferences:
        who = p.annotator
        if who is not None and who.kind == "person":
            who = people.setdefault(who.id or who.alias, Annotator("", f"person {len(people) + 1}", "person"))
        yield replace(p, annotator=who)


def _to_row(p: Preference) -> Json:
    return {
        "prompt": [{"role": m.role, "content": m.content} for m in p.prompt.messages],
        "chosen": [{"role": "assistant", "content": p.chosen}],
        "rejected": [{"role": "assistant", "content": p.rejected}],
        "id": p.id or None,
        "annotator": p.annotator and p.annotator.alias,
        "annotator_kind": p.annotator and p.annotator.kind,
        "strength": p.strength,
        "ranking": p.ranking,
    }


def _write_jsonl(path: Path, rows: list[Json]) -> None:
    path.write_bytes("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def _read_jsonl(path: Path) -> _Read:
    with path.open("rb") as file:  # bytes: a text file would also end lines at U+2028 and its like
        lines = [line.decode("utf-8-sig" if n == 0 else "utf-8") for n, line in enumerate(file)]
    rows = [_parse_json(line) for line in lines if line.strip()]
    objects = [row for row in rows if isinstance(row, dict)]
    if not rows:
        raise _no_row(path)
    if not objects:
        raise BadFile(f"{path.name} is no JSONL: its first line {rows[0]}.", hint="Write one JSON object on each line.")
    return list(dict.fromkeys(key for row in objects for key in row)), iter(rows)


def _parse_json(line: str) -> Json | str:
    try:
        value = json.loads(line)
    except ValueError as error:
        return f"is not JSON ({error})"
    except RecursionError:
        return "is nested too deeply"
    return value if isinstance(value, dict) else f"is a JSON {type(value).__name__}, not an object"


def _write_csv(path: Path, rows: list[Json]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _CSV_COLUMNS, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            texts = {name: row[name][-1]["content"] for name in ("prompt", "chosen", "rejected")}
            plain = len(row["prompt"]) == 1 and texts["chosen"] and texts["rejected"]
            messages = None if plain else json.dumps(row["prompt"], ensure_ascii=False)
            writer.writerow(row | texts | {"messages": messages})


def _read_csv(path: Path) -> _Read:
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
    header = text.partition("\n")[0]
    if not header.strip():
        raise _no_row(path)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=max(",;\t", key=header.count))
    return list(reader.fieldnames or ()), _csv_rows(path, reader)


def _csv_rows(path: Path, reader: csv.DictReader) -> Iterator[Json | str]:
    try:
        for row in reader:
            if None in row or None in row.values():
                have = "more" if None in row else "fewer"
                yield f"has {have} fields than the header, which has {len(reader.fieldnames)}"
            else:
                yield row
    except csv.Error as error:
        raise BadFile(
            f"{path.name} is no CSV: line {reader.line_num}: {error}.", hint="Save it again as CSV with quotes."
        ) from error


def _write_parquet(path: Path, rows: list[Json]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    messages = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    kinds = {"prompt": messages, "chosen": messages, "rejected": messages, "strength": pa.int64()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    parquet.write_table(pa.Table.from_pylist(rows, schema), path)


def _read_parquet(path: Path) -> _Read:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise BadFile(
            f"{path.name} is no Parquet file.", hint="Export it again as Parquet, or name it by its kind."
        ) from error
    return table.column_names, (row for batch in table.to_batches(1000) for row in batch.to_pylist())


def _no_row(path: Path) -> BadFile:
    return BadFile(f"{path.name} holds no row.", hint="Put at least one preference in it.")
