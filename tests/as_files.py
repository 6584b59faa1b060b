"""The same rows in every format that can be uploaded."""

import csv
import io
import json

import pyarrow
import pyarrow.parquet


def as_csv(rows: list[dict]) -> bytes:
    """A list stands in its cell as JSON."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows({k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows)
    return stream.getvalue().encode()


def as_parquet(rows: list[dict]) -> bytes:
    """Columns of the types that the values have."""
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), stream)
    return stream.getvalue()


FORMATS = {
    ".jsonl": lambda rows: "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode(),
    ".json": lambda rows: json.dumps(rows).encode(),
    ".csv": as_csv,
    ".parquet": as_parquet,
}
