"""Files with completions of a prompt: every form in every format, and bad rows named with what is needed."""

import pytest

from playground.errors import BadFile
from playground.preferences.completion_files import LONGEST, MOST, read_completions
from playground.table_files import FileLimits
from tests.as_files import FORMATS

LIMITS = FileLimits()
NASTY = ' two  spaces, "quotes"; é 漢字 👩‍👩‍👧\r\nnext\u2028line\t. '
TURNS = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "p"}]
FORMS = {
    "a list": {"prompt": "p", "completions": [NASTY, "b", "c"]},
    "columns": {"prompt": "p", "completion_1": NASTY, "completion_2": "b", "completion_3": "c"},
    "letters": {"prompt": "p", "Completion A": NASTY, "Completion B": "b", "Completion C": "c"},
}


@pytest.fixture
def read(tmp_path):
    def read(rows, suffix=".jsonl"):
        path = tmp_path / f"rows{suffix}"
        path.write_bytes(FORMATS[suffix](rows))
        return read_completions(path, LIMITS)

    return read


def texts(good):
    return [[completion.text for completion in completions] for _, completions in good]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_through_every_format_byte_for_byte(read, form, suffix):
    good, bad = read([FORMS[form], FORMS[form]], suffix)
    assert (texts(good), bad) == ([[NASTY, "b", "c"]] * 2, [])
    assert {(one.prompt.text, one.prompt.source, one.checkpoint) for _, many in good for one in many} == {
        ("p", f"rows{suffix}", None)
    }


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "p", "chosen": "a", "rejected": "b"},
        {"prompt": "p", "left": "a", "right": "b", "choice": "tie"},
        {
            "prompt": [{"role": "user", "content": "p"}],
            "chosen": [{"role": "assistant", "content": "a"}],
            "rejected": "b",
        },
        {"prompt": "p", "completion_1": "a", "completion_2": "b", "completion_3": None},
        {"prompt": "p", "completions": ["a", "b", "a"]},
    ],
)
def test_who_judged_before_is_not_read_and_a_text_counts_once(read, row):
    good, bad = read([row])
    assert (texts(good), bad) == ([["a", "b"]], [])
    assert good[0][1][0].prompt.text == "p"


def test_a_prompt_of_several_turns_stays_one(read):
    ((_, completions),), _ = read([{"prompt": TURNS, "completions": ["a", "b"]}])
    assert completions[0].prompt.spoken == "System: Be brief.\nUser: p"


GOOD = {"prompt": "p", "completions": ["a", "b"]}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"prompt": "p", "completions": ["a"]}, "has 1 completion; two or more are needed"),
        ({"prompt": "p"}, "has 0 completions; two or more are needed"),
        ({"prompt": "p", "completions": ["a", "a"]}, "same text in all its completions; two different ones are needed"),
        ({"prompt": "p", "completions": ["a", 3]}, "has a int as completion 2; text or a list of messages is needed"),
        ({"prompt": "p", "completions": "a"}, "completions that are not JSON"),
        ({"prompt": "p", "completions": {"a": 1}}, "has a dict as completions; a list is needed"),
        ({"prompt": "p", "completions": list("abcdefg")}, f"has 7 completions; at most {MOST} are compared"),
        ({"prompt": "p", "completions": ["a", "b" * 4001]}, f"a text of 4001 characters; at most {LONGEST}"),
        ({"completions": ["a", "b"]}, "has no prompt"),
        ({"prompt": " ", "completions": ["a", "b"]}, "has no prompt"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_what_is_needed(read, row, why):
    good, bad = read([GOOD, row, GOOD])
    assert [number for number, _ in good] == [1, 3]
    assert [one.number for one in bad] == [2]
    assert why in bad[0].why


def test_a_file_without_the_columns_is_refused_with_those_it_has(read):
    with pytest.raises(BadFile, match="columns 'question', 'answer'; needed are prompt and completions") as error:
        read([{"question": "p", "answer": "c"}])
    assert error.value.hint
