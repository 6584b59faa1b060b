"""Completions that a host brings: which rows are judged, and in which pairs."""

import json

import pytest

from playground.errors import PlaygroundError
from playground.table_files import FileLimits
from playground.types import Completion, Prompt
from playground.workbench.session_uploads import pairs_of, read_unnamed


@pytest.fixture
def read(tmp_path):
    def read(*rows):
        path = tmp_path / "rows.jsonl"
        path.write_text(
            "\n".join(json.dumps({"prompt": f"Question {n}", "completions": r}) for n, r in enumerate(rows))
        )
        return read_unnamed(path, FileLimits())

    return read


def row(n, *texts):
    return tuple(Completion(Prompt.user(f"Question {n}"), text) for text in texts)


@pytest.mark.parametrize("name", ["ChatGPT", "Claude", "SmolLM2", "QWEN3"])
def test_a_row_in_which_a_model_is_named_is_left_out_and_told_by_its_number(read, name):
    sets, bad = read(["a", "b"], ["Hello", f"I am {name}, and I am happy to help."], ["c"], ["d", "e"])
    assert [[one.text for one in many] for many in sets] == [["a", "b"], ["d", "e"]]
    assert [one.number for one in bad] == [2, 3]
    assert "may tell who wrote it" in bad[0].why


def test_every_two_completions_of_a_row_are_one_pair_however_often_they_stand_in_the_file():
    pairs = pairs_of([row(1, "a", "b", "c"), row(2, "a", "b"), row(1, "b", "a")], most=9)
    assert [(left.text, right.text) for left, right in pairs if left.prompt.text == "Question 2"] == [("a", "b")]
    assert len(pairs) == 4
    assert all(left.prompt == right.prompt and left.text != right.text for left, right in pairs)


@pytest.mark.parametrize(
    ("sets", "said"), [([], "No row"), ([row(1, *"abcd")], "makes 6 pairs; a session has at most 5")]
)
def test_none_or_too_many_are_refused_in_words(sets, said):
    with pytest.raises(PlaygroundError, match=said) as error:
        pairs_of(sets, most=5)
    assert error.value.hint
