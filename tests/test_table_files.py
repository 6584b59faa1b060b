"""Reading uploaded files: text byte for byte, rows by number, and refusals that say what to do."""

import json
import subprocess
import sys

import pytest

from playground.errors import BadFile
from playground.table_files import MB, BadRow, FileLimits, Row, read_rows
from tests.as_files import FORMATS, as_parquet

NASTY = ' two  spaces, "quotes"; é 漢字 👩‍👩‍👧\r\nnext\u2028line\t. \0'
LIMITS = FileLimits()


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(path, limits=LIMITS):
    return read_rows(path, limits, is_row=lambda value: "a" in value)


def test_reading_files_loads_no_torch():
    code = "import sys, playground.table_files; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("suffix", FORMATS)
def test_text_comes_through_every_format_byte_for_byte(write, suffix):
    rows = [{"a": NASTY, "b": "x"}, {"a": "", "b": NASTY}]
    assert read(write(f"rows{suffix}", FORMATS[suffix](rows))) == ([Row(1, rows[0]), Row(2, rows[1])], [])


def test_json_may_wrap_its_rows_or_be_one(write):
    for content in ({"version": 1, "data": [{"a": [1]}]}, {"a": [1]}, [{"a": [1]}]):
        assert read(write("a.json", json.dumps(content))) == ([Row(1, {"a": [1]})], [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_may_be_parted_by_comma_semicolon_or_tab_with_any_line_end(write, delimiter, end):
    path = write("a.csv", f"a{delimiter}b{end}What?{delimiter}That.{end}")
    assert read(path)[0] == [Row(1, {"a": "What?", "b": "That."})]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\n", b"\xef\xbb\xbf\r\n"])
def test_a_byte_order_mark_or_an_empty_first_line_is_no_part_of_the_first_column(write, mark):
    assert read(write("a.csv", mark + b"a,b\n1,2\n"))[0] == [Row(1, {"a": "1", "b": "2"})]


def test_a_line_that_is_no_object_is_a_bad_row_named_by_its_line(write):
    rows, bad = read(write("a.jsonl", '{"a": 1}\n\n{oops\n[1]\n' + "[" * 100_000 + '\n{"a": 2}\n'))
    assert [row.number for row in rows] == [1, 6]
    assert [(row.number, row.why[:11]) for row in bad] == [(3, "is not JSON"), (4, "is a JSON l"), (5, "is nested t")]


def test_half_a_character_is_no_text(write):
    rows, bad = read(write("a.jsonl", '{"a": "\\ud83d"}\n{"a": ["\\ud83d\\ude00"]}\n'))
    assert (rows, bad) == ([Row(2, {"a": ["😀"]})], [BadRow(1, "holds half a character (a lone surrogate)")])


def test_csv_rows_of_another_width_are_named_by_their_row(write):
    rows, bad = read(write("a.csv", 'a,b\n"p\np",c\np,c,d\np\n'))
    assert rows == [Row(1, {"a": "p\np", "b": "c"})]
    wanted = [(2, "has more fields than the header, which has 2"), (3, "has fewer fields than the header, which has 2")]
    assert bad == [BadRow(*row) for row in wanted]


PARQUET = as_parquet([{"a": "p"}])
REFUSED = [
    ("a.jsonl", "", "empty: it holds no row"),
    ("a.jsonl", "\n \n", "empty: it holds no row"),
    ("a.json", " \n", "empty: it holds no row"),
    ("a.json", "[]", "empty: it holds no row"),
    ("a.csv", "", "empty: it holds no row"),
    ("a.csv", "a,b\n", "empty: it holds no row"),
    ("a.parquet", b"", "empty: it holds no row"),
    ("a.parquet", PARQUET[:20], "no Parquet file"),
    ("a.parquet", "a,b\n1,2\n", "no Parquet file"),
    ("a.jsonl", PARQUET, "a Parquet file by its content"),
    ("a.csv", b"PK\x03\x04\xff\xfe", "a zip or Excel file by its content"),
    ("a.csv", b"a,b\n1,caf\xe9\n", "not UTF-8 text: its byte 10 is 0xe9"),
    ("a.csv", "a,b\n1,2\n".encode("utf-16"), "not UTF-8 text: its byte 1 is 0xff"),
    ("a.csv", "a,b\n1,2\n".encode("utf-16-le"), "binary"),
    ("a.csv", 'a,b\n"1,2\n', "no CSV: line 2"),
    ("a.csv", "a,b\n1\n", "no CSV: row 1 has fewer fields"),
    ("a.jsonl", "{oops\n{oops", "no JSONL: row 1 is not JSON"),
    ("a.jsonl", '[{"a": 1}]', "no JSONL: row 1 is a JSON list"),
    ("a.json", '{"a": 1}\n{"a": 2}', "no JSON"),
    ("a.json", "[" * 100_000, "no JSON"),
    ("a.json", '"text"', "a JSON str, not a list of rows"),
    ("a.xlsx", b"PK", "ends in .xlsx; one of .jsonl"),
    ("a", "x", "ends in nothing"),
]


@pytest.mark.parametrize(("name", "content", "says"), REFUSED)
def test_a_file_that_is_not_what_it_says_is_refused_in_words(write, name, content, says):
    path = write(name, content)
    with pytest.raises(BadFile, match=says.replace("[", r"\[")) as refused:
        read(path)
    assert refused.value.hint
    assert str(path.parent) not in refused.value.message + refused.value.hint


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadFile, match="no file"):
        read(tmp_path / "none.jsonl")


@pytest.mark.parametrize("suffix", FORMATS)
def test_as_many_rows_as_the_limit_are_read_and_one_more_is_refused(write, suffix):
    path = write(f"rows{suffix}", FORMATS[suffix]([{"a": str(n)} for n in range(7)]))
    assert len(read(path, FileLimits(rows=7))[0]) == 7
    with pytest.raises(BadFile, match="more than 6 rows") as refused:
        read(path, FileLimits(rows=6))
    assert "PLAYGROUND_UPLOAD_ROWS" in refused.value.hint


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_over_the_size_is_refused_before_it_is_read(write, suffix, monkeypatch):
    path = write(f"rows{suffix}", b" " * (2 * MB + 1))
    for name in ("open", "read_bytes", "read_text"):
        monkeypatch.setattr(f"pathlib.Path.{name}", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(BadFile, match=r"has 2\.0 MB; at most 1 MB") as refused:
        read(path, FileLimits(mb=1))
    assert "PLAYGROUND_UPLOAD_MB" in refused.value.hint


def test_a_small_parquet_file_that_unpacks_to_very_much_is_refused(write):
    path = write("bomb.parquet", as_parquet([{"a": "x" * 100_000}] * 200))
    assert path.stat().st_size < MB
    with pytest.raises(BadFile, match="unpacks to over 10 MB"):
        read(path, FileLimits(mb=1))


@pytest.mark.parametrize(("start", "what"), [(b"\x89PNG\r\n\x1a\n", "a picture"), (b"%PDF-1.7\n", "a PDF")])
def test_a_picture_or_a_pdf_under_another_ending_is_called_what_it_is(tmp_path, start, what):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(start + bytes(range(256)))
    with pytest.raises(BadFile, match=f"rows.jsonl is {what} by its content"):
        read_rows(path, LIMITS, is_row=bool)
