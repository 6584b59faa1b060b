"""Reading demonstrations: every form in every format, byte for byte, and errors that say what to do."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import pyarrow
import pyarrow.parquet
import pytest

from playground.completions.prompt_files import BadRow, read_examples
from playground.errors import BadFile
from playground.types import Example, Message, Prompt

NASTY = ' two  spaces, "quotes"; é 漢字 👩‍👩‍👧\r\nnext\u2028line\t. '
CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": NASTY},
    {"role": "assistant", "content": "Yes."},
]
FORMS = {
    "prompt": ({"prompt": NASTY, "completion": "Yes."}, Prompt.user(NASTY)),
    "alpaca": ({"instruction": NASTY, "input": "", "output": "Yes."}, Prompt.user(NASTY)),
    "alpaca with input": ({"instruction": "Do", "input": NASTY, "output": "Yes."}, Prompt.user(f"Do\n\n{NASTY}")),
    "messages": ({"messages": CHAT}, Prompt((Message("system", "Be brief."), Message("user", NASTY)))),
}


def as_csv(rows):
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows({k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows)
    return stream.getvalue().encode()


def as_parquet(rows):
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), stream)
    return stream.getvalue()


FORMATS = {
    ".jsonl": lambda rows: "\n".join(json.dumps(r, ensure_ascii=False) for r in rows).encode(),
    ".json": lambda rows: json.dumps(rows).encode(),
    ".csv": as_csv,
    ".parquet": as_parquet,
}


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def unsourced(example):
    return Prompt(example.prompt.messages), example.completion


def test_reading_files_loads_no_torch():
    code = "import sys, playground.completions.prompt_files; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_through_every_format_byte_for_byte(write, suffix, form):
    row, prompt = FORMS[form]
    examples, bad = read_examples(write(f"rows{suffix}", FORMATS[suffix]([row, row])))
    assert [unsourced(e) for e in examples] == [(prompt, "Yes.")] * 2
    assert bad == []
    assert {e.prompt.source for e in examples} == {f"rows{suffix}"}


def test_completions_keep_their_bytes_too(write):
    path = write("a.jsonl", json.dumps({"prompt": "p", "completion": NASTY}))
    assert read_examples(path)[0] == [Example(Prompt.user("p", "a.jsonl"), NASTY)]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": [{"role": "user", "content": "p"}], "completion": [{"role": "assistant", "content": "c"}]},
        {"prompt": [{"role": "user", "content": "p"}], "completion": "c"},
        {"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "c"}]},
    ],
)
def test_trl_and_sharegpt_turns_are_understood(write, row):
    (example,), _ = read_examples(write("a.jsonl", json.dumps(row)))
    assert unsourced(example) == (Prompt.user("p"), "c")


def test_json_may_wrap_its_rows_or_be_one(write):
    row = {"prompt": "p", "completion": "c"}
    for content in ({"version": 1, "data": [row]}, row, [row]):
        examples, _ = read_examples(write("a.json", json.dumps(content)))
        assert [unsourced(e) for e in examples] == [(Prompt.user("p"), "c")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_may_be_parted_by_comma_semicolon_or_tab(write, delimiter):
    path = write("a.csv", f"prompt{delimiter}completion\nWhat?{delimiter}That.\n")
    assert unsourced(read_examples(path)[0][0]) == (Prompt.user("What?"), "That.")


def test_a_byte_order_mark_is_no_part_of_the_first_column(write):
    path = write("a.csv", b"\xef\xbb\xbfprompt,completion\np,c\n")
    assert len(read_examples(path)[0]) == 1


GOOD = '{"prompt": "p", "completion": "c"}'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{oops", "not JSON"),
        ("[1]", "a list, not an object"),
        ('{"prompt": "p"}', "this row has prompt"),
        ('{"prompt": "", "completion": "c"}', "prompt is empty"),
        ('{"prompt": "p", "completion": " "}', "completion is empty"),
        ('{"prompt": "p", "completion": null}', "completion is missing"),
        ('{"prompt": 3, "completion": "c"}', "prompt is a int"),
        ('{"instruction": "p", "input": 5, "output": "c"}', "input is a int"),
        ('{"messages": "p"}', "not JSON"),
        ('{"messages": {}}', "not a list"),
        ('{"messages": [{"role": "user", "content": "p"}]}', "end with the assistant"),
        ('{"messages": [{"role": "bot", "content": "p"}]}', "'bot'"),
        ('{"messages": ["p", "c"]}', "not an object"),
        ('{"messages": [{"role": "system", "content": "p"}, {"role": "assistant", "content": "c"}]}', "user's"),
        ('{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "c"}]}', "no text"),
    ],
)
def test_a_bad_row_is_left_out_and_named(write, line, why):
    examples, bad = read_examples(write("a.jsonl", f"{GOOD}\n\n{line}\n{GOOD}"))
    assert len(examples) == 2
    assert [row.line for row in bad] == [3]
    assert why in bad[0].why


def test_csv_rows_of_another_width_are_named_by_line(write):
    path = write("a.csv", 'prompt,completion\n"p\np",c\np,c,d\np\n')
    examples, bad = read_examples(path)
    assert [unsourced(e) for e in examples] == [(Prompt.user("p\np"), "c")]
    assert bad == [BadRow(4, "1 more fields than the header names"), BadRow(5, "fewer fields than the header names")]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", "", "empty"),
        ("a.json", " \n", "empty"),
        ("a.json", "[]", "empty"),
        ("a.csv", "", "empty"),
        ("a.csv", "prompt,completion\n", "empty"),
        ("a.parquet", as_parquet([{"prompt": "p"}])[:20], "not a Parquet file"),
        ("a.parquet", b"", "not a Parquet file"),
        ("a.jsonl", b"PK\x03\x04\xff\xfe", "not UTF-8"),
        ("a.csv", b"prompt,completion\np\x00,c", "binary"),
        ("a.json", GOOD + "\n" + GOOD, "not valid JSON"),
        ("a.json", '"text"', "a str, not a list"),
        ("a.jsonl", "{oops\n{oops", "line 1: not JSON"),
        ("a.csv", 'prompt,completion\n"p,c\n', "not valid CSV"),
        ("a.csv", "question,answer\np,c\n", "columns answer, question; needed are prompt and completion"),
        ("a.json", "[1, 2]", "no columns"),
        ("a.xlsx", b"PK", "by its name"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(write, name, content, says):
    with pytest.raises(BadFile, match=says) as refused:
        read_examples(write(name, content))
    assert refused.value.hint


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadFile, match="no file"):
        read_examples(tmp_path / "none.jsonl")
