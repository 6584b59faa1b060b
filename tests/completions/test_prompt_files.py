"""Reading demonstrations: every form in every format, byte for byte, and errors that say what to do."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from playground.completions import prompt_files
from playground.errors import BadFile
from playground.table_files import FileLimits
from playground.types import Example, Message, Prompt
from tests.as_files import FORMATS

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


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


LIMITS = FileLimits()


def read_examples(path, limits=LIMITS):
    return prompt_files.read_examples(path, limits)


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


GOOD = '{"prompt": "p", "completion": "c"}'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{oops", "not JSON"),
        ("[1]", "a JSON list, not an object"),
        ('{"prompt": "p"}', "has prompt; needed are"),
        ('{"prompt": "", "completion": "c"}', "has an empty prompt"),
        ('{"prompt": "p", "completion": " "}', "has an empty completion"),
        ('{"prompt": "p", "completion": null}', "has no completion"),
        ('{"prompt": 3, "completion": "c"}', "has a int as prompt"),
        ('{"instruction": "p", "input": 5, "output": "c"}', "has a int as input"),
        ('{"messages": "p"}', "not JSON"),
        ('{"messages": {}}', "no list"),
        ('{"messages": [{"role": "user", "content": "p"}]}', "end with the assistant"),
        ('{"messages": [{"role": "bot", "content": "p"}]}', "'bot'"),
        ('{"messages": ["p", "c"]}', "no object"),
        ('{"messages": [{"role": "system", "content": "p"}, {"role": "assistant", "content": "c"}]}', "user's"),
        ('{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "c"}]}', "no text"),
    ],
)
def test_a_bad_row_is_left_out_and_named(write, line, why):
    examples, bad = read_examples(write("a.jsonl", f"{GOOD}\n\n{line}\n{GOOD}"))
    assert len(examples) == 2
    assert [row.number for row in bad] == [3]
    assert why in bad[0].why


def test_json_may_be_one_row_or_wrap_them(write):
    for content in (GOOD, f'{{"data": [{GOOD}]}}'):
        assert [unsourced(e) for e in read_examples(write("a.json", content))[0]] == [(Prompt.user("p"), "c")]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", "", "empty"),
        ("a.csv", "question,answer\np,c\n", "columns answer, question; needed are prompt and completion"),
        ("a.json", "[{}]", "no columns"),
    ],
)
def test_a_file_without_a_known_form_is_refused(write, name, content, says):
    with pytest.raises(BadFile, match=says) as refused:
        read_examples(write(name, content))
    assert refused.value.hint


def test_bad_rows_stand_in_the_files_order(write):
    path = write("a.jsonl", f'{{"prompt": "p"}}\n{{oops\n{GOOD}\n{{"prompt": ""}}')
    assert [row.number for row in read_examples(path)[1]] == [1, 2, 4]


def test_more_rows_than_the_limit_are_refused(write):
    with pytest.raises(BadFile, match="more than 1 rows"):
        read_examples(write("a.jsonl", f"{GOOD}\n{GOOD}"), FileLimits(rows=1))


def read_prompts(path):
    prompts, bad = prompt_files.read_prompts(path, LIMITS)
    return [Prompt(prompt.messages) for prompt in prompts], bad


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("form", FORMS)
def test_prompts_come_through_every_format_byte_for_byte_without_the_answers(write, suffix, form):
    row, prompt = FORMS[form]
    assert read_prompts(write(f"rows{suffix}", FORMATS[suffix]([row, row]))) == ([prompt], [])


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "p"},
        {"prompt": [{"role": "user", "content": "p"}]},
        {"prompt": "p", "chosen": "a", "rejected": "b"},
        {"instruction": "p"},
        {"messages": [{"role": "user", "content": "p"}]},
    ],
)
def test_a_prompt_needs_no_answer(write, row):
    assert read_prompts(write("a.jsonl", json.dumps(row))) == ([Prompt.user("p")], [])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"prompt": " "}', "has an empty prompt"),
        ('{"question": "p"}', "has question; needed are prompt"),
        ('{"messages": [{"role": "system", "content": "p"}]}', "no user's turn at its end"),
        ('{"messages": []}', "no user's turn at its end"),
    ],
)
def test_a_row_without_a_prompt_is_left_out_and_named(write, line, why):
    prompts, bad = read_prompts(write("a.jsonl", f'{{"prompt": "p"}}\n{line}\n{{"prompt": "q"}}'))
    assert prompts == [Prompt.user("p"), Prompt.user("q")]
    assert [row.number for row in bad] == [2]
    assert why in bad[0].why


def test_a_file_without_prompts_is_refused_with_the_columns_it_has(write):
    with pytest.raises(BadFile, match="columns answer, question; needed are prompt; or"):
        read_prompts(write("a.csv", "question,answer\np,c\n"))
