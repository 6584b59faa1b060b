"""The rows of an uploaded file: JSONL, JSON, CSV or Parquet, text byte for byte. What they mean is the caller's affair.

Nothing is stripped and no line end is changed. A file that is larger than the limits is refused before it is read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from playground.errors import BadFile
from playground.types import Json

MB = 1024 * 1024
UNPACKED = 10  # a Parquet file may unpack to so many times the size that is allowed
csv.field_size_limit(2**31 - 1)  # characters; Python's own limit of 131072 refuses long completions
_CONTENTS = {b"PAR1": "a Parquet file", b"PK\x03\x04": "a zip or Excel file", b"\x1f\x8b": "a gzip file"}
_NO_TABLES = {b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"%PDF": "a PDF"}


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How much of an uploaded file is read."""

    mb: int = 50
    rows: int = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a value for each column."""

    number: int  # in JSONL the line; elsewhere the first row is 1 and a header has no number
    values: Json


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, and why, as a sentence that "Row 3" begins."""

    number: int
    why: str


_Found = Iterator[Row | BadRow]
IsRow = Callable[[Json], bool]


def read_rows(path: Path, limits: FileLimits, is_row: IsRow) -> tuple[list[Row], list[BadRow]]:
    """All rows of a file, and those that are none.

    is_row: whether a JSON object by itself is a row of the wanted kind, or wraps a list of them.
    Raises: BadFile where the file as a whole is too large, empty, or not what its name says.
    """
    kind = _kind(path)
    _check_size(path, limits)
    rows, bad = [], []
    for found in islice(_READERS[kind](path, limits, is_row), limits.rows + 1):
        (rows if isinstance(found, Row) else bad).append(found)
    if len(rows) + len(bad) > limits.rows:
        raise _too_many(path, limits)
    if not rows and not bad:
        raise _empty(path)
    if not rows:
        raise BadFile(f"{path.name} is no {kind}: row {bad[0].number} {bad[0].why}.", hint=_HINTS[kind])
    return rows, bad


def _kind(path: Path) -> str:
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        ending = path.suffix or "nothing"
        raise BadFile(f"{path.name} ends in {ending}; one of {', '.join(SUFFIXES)} is needed.", hint="Convert it.")
    return kind


def _check_size(path: Path, limits: FileLimits) -> None:
    if not path.is_file():
        raise BadFile(f"There is no file {path.name}.", hint="Upload it again.")
    size = path.stat().st_size
    if size == 0:
        raise _empty(path)
    if size > limits.mb * MB:
        raise BadFile(
            f"{path.name} has {size / MB:.1f} MB; at most {limits.mb} MB are read.",
            hint="Upload a part of it, or set PLAYGROUND_UPLOAD_MB before the start.",
        )


def _empty(path: Path) -> BadFile:
    return BadFile(f"{path.name} is empty: it holds no row.", hint="Put at least one row in it.")


def _too_many(path: Path, limits: FileLimits) -> BadFile:
    return BadFile(
        f"{path.name} has more than {limits.rows} rows, the most that are read.",
        hint="Upload a part of it, or set PLAYGROUND_UPLOAD_ROWS before the start.",
    )


def _text(path: Path) -> str:
    data = path.read_bytes()
    for start, what in _CONTENTS.items():
        if data.startswith(start):
            raise BadFile(
                f"{path.name} is {what} by its content, not text.",
                hint="Give it the ending of what it is, or export it as CSV (UTF-8).",
            )
    for start, what in _NO_TABLES.items():
        if data.startswith(start):
            raise BadFile(f"{path.name} is {what} by its content and holds no rows.", hint="Choose a file with rows.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(
            f"{path.name} is not UTF-8 text: its byte {error.start + 1} is 0x{data[error.start]:02x}.",
            hint='Save it as UTF-8; a spreadsheet calls that "CSV UTF-8".',
        ) from error


def _jsonl(path: Path, limits: FileLimits, is_row: IsRow) -> _Found:
    # only \n ends a line: str.splitlines would also cut at U+2028, which JSON allows inside a string
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            yield BadRow(number, f"is not JSON ({error})")
        except RecursionError:
            yield BadRow(number, "is nested too deeply")
        else:
            yield _object(number, value)


def _json(path: Path, limits: FileLimits, is_row: IsRow) -> _Found:
    text = _text(path)
    if not text.strip():
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{path.name} is no JSON ({error}).", hint=_HINTS["JSON"]) from error
    if isinstance(value, dict):
        value = [value] if is_row(value) else next((v for v in value.values() if isinstance(v, list)), [value])
    if not isinstance(value, list):
        raise BadFile(f"{path.name} is a JSON {type(value).__name__}, not a list of rows.", hint=_HINTS["JSON"])
    yield from (_object(number, row) for number, row in enumerate(value, start=1))


def _object(number: int, value: object) -> Row | BadRow:
    if not isinstance(value, dict):
        return BadRow(number, f"is a JSON {type(value).__name__}, not an object")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return BadRow(number, "holds half a character (a lone surrogate)")
    return Row(number, value)


def _csv(path: Path, limits: FileLimits, is_row: IsRow) -> _Found:
    text = _text(path).lstrip("\r\n")
    header = text.partition("\n")[0]
    if "\0" in header:
        raise BadFile(f"{path.name} is a binary file, not text.", hint=_HINTS["CSV"])
    # newline="" keeps line ends inside quoted fields as they are
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=max(",;\t", key=header.count))
    try:
        for number, row in enumerate(reader, start=1):
            if None in row or None in row.values():
                have = "more" if None in row else "fewer"
                yield BadRow(number, f"has {have} fields than the header, which has {len(reader.fieldnames or ())}")
            else:
                yield Row(number, row)
    except csv.Error as error:
        raise BadFile(f"{path.name} is no CSV: line {reader.reader.line_num}: {error}.", hint=_HINTS["CSV"]) from error


def _parquet(path: Path, limits: FileLimits, is_row: IsRow) -> _Found:
    import pyarrow as pa
    from pyarrow import parquet

    number = unpacked = 0
    try:
        with parquet.ParquetFile(path) as file:
            if file.metadata.num_rows > limits.rows:
                raise _too_many(path, limits)
            for batch in file.iter_batches(100):
                unpacked += batch.nbytes
                if unpacked > UNPACKED * limits.mb * MB:
                    raise BadFile(
                        f"{path.name} unpacks to over {UNPACKED * limits.mb} MB.", hint="Upload a part of it."
                    )
                for values in batch.to_pylist():
                    number += 1
                    yield Row(number, values)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # their texts hold the server's path
        raise BadFile(f"{path.name} is no Parquet file.", hint=_HINTS["Parquet"]) from error


_READERS: dict[str, Callable[[Path, FileLimits, IsRow], _Found]] = {
    "JSONL": _jsonl,
    "JSON": _json,
    "CSV": _csv,
    "Parquet": _parquet,
}
_HINTS = {
    "JSONL": "Write one JSON object on each line.",
    "JSON": "Write a list of objects, or name the file .jsonl where each line is one object.",
    "CSV": "Save it again as CSV, with quotes around fields that hold commas or line ends.",
    "Parquet": "Export it again as Parquet, or give it the ending of what it is.",
}
_KINDS = {
    ".jsonl": "JSONL",
    ".ndjson": "JSONL",
    ".json": "JSON",
    ".csv": "CSV",
    ".tsv": "CSV",
    ".parquet": "Parquet",
}
SUFFIXES = tuple(_KINDS)
