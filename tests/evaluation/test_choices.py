"""Multiple-choice questions that a visitor brings: which forms are read, and what is said of rows that cannot be."""

import json
from pathlib import Path

import pytest
from datasets import Dataset

from playground.errors import BadFile, NotFound, PlaygroundError
from playground.evaluation import choices
from playground.evaluation.choices import MOST, fetch_choices, hub_rows, read_choices
from playground.evaluation.export import interval_words
from playground.evaluation.plan import Plan
from playground.registry import questions
from playground.table_files import FileLimits
from tests.evaluation.stand_ins import REAL, examined

ASK = "Which is a colour?"
FORMS = {
    "this project's": {"question": ASK, "options": ["red", "seven"], "true": [0]},
    "this project's, with one answer": {"question": ASK, "options": ["red", "seven"], "true": 0},
    "this project's, in letters": {"question": ASK, "options": ["red", "seven"], "true": ["A"]},
    "TruthfulQA's": {"question": ASK, "mc1_targets": {"choices": ["red", "seven"], "labels": [1, 0]}},
    "TruthfulQA's first": {"question": ASK, "mc1_targets": {"red": 1, "seven": 0}, "mc2_targets": {"red": 1}},
    "TruthfulQA's in words": {"question": ASK, "mc1_targets": {"choices": ["red", "seven"], "labels": ["1", "0"]}},
    "MMLU's": {"question": ASK, "choices": ["red", "seven"], "answer": 0, "subject": "colours"},
}


def written(folder, *rows, name="own.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(folder, *rows):
    return read_choices(written(folder, *rows), FileLimits())


@pytest.mark.parametrize("row", FORMS.values(), ids=FORMS)
def test_every_published_form_becomes_the_same_question(tmp_path, row):
    (one,) = read(tmp_path, row).asked
    assert (one.prompt.text, one.options, one.true) == (ASK, ("red", "seven"), (True, False))


def test_a_csv_has_a_column_an_option_and_the_letter_of_the_answer(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(f"question,A,B,C,answer\n{ASK},red,seven,,a\nWhich is a number?,red,seven,up,B\n", encoding="utf-8")
    first, second = read_choices(path, FileLimits()).asked
    assert (first.options, first.true) == (("red", "seven"), (True, False))
    assert (second.options, second.true) == (("red", "seven", "up"), (False, True, False))


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_option_moves_no_answer(tmp_path, empty):
    found = read(
        tmp_path,
        {"question": ASK, "A": "seven", "B": empty, "C": "red", "D": "up", "answer": "C"},
        {"question": ASK, "options": [7, empty, "red", 0], "true": [2]},
    )
    assert [[text for text, true in zip(one.options, one.true, strict=True) if true] for one in found.asked] == [
        ["red"],
        ["red"],
    ]
    assert found.asked[1].options == ("7", "red", "0")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"question": " "}, "has no question"),
        ({"options": ["red"]}, "has 1 option; two or more are needed"),
        ({"options": []}, "has no options"),
        ({"options": ["red", "red"]}, "has the same option twice"),
        ({"true": [2]}, "has an answer that is none of its options"),
        ({"true": []}, "has no true options"),
        ({"true": [0, 1]}, "has nothing but true options"),
        ({"true": True}, "has an answer that is none of its options"),
        ({"options": ["red", " ", "seven"], "true": [1]}, "has an answer that is none of its options"),
        ({"mc1_targets": {"choices": ["red", "seven"], "labels": [1]}}, "has 2 choices and 1 labels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_cannot_be_used_is_named_with_why(tmp_path, change, why):
    good = FORMS["this project's"]
    found = read(tmp_path, good, {**good, **change})
    assert len(found.asked) == 1
    assert found.left_out[0].startswith("Row 2 is left out: it ") and why in found.left_out[0]


def test_a_file_without_any_usable_row_is_refused_with_the_forms(tmp_path):
    with pytest.raises(BadFile, match="Row 1 is left out: it has no question") as refused:
        read(tmp_path, {"prompt": "What?"})
    assert "mc1_targets" in refused.value.hint


def test_of_a_long_file_the_first_so_many_are_asked_and_that_is_said(tmp_path):
    found = read(tmp_path, *({**FORMS["MMLU's"], "question": f"Number {i}?"} for i in range(MOST + 5)))
    assert len(found.asked) == MOST and f"{MOST + 5} questions" in found.left_out[0]


def test_the_report_has_the_figures_of_the_file_and_names_what_was_left_out(tmp_path):
    own = read(tmp_path, FORMS["MMLU's"], {"question": "Half?"}, {**FORMS["MMLU's"], "question": "Which is it?"})
    one = questions()["own_choices"]
    assert "Upload" in one.unfit(Plan(REAL)) and one.unfit(Plan(REAL, own=own)) == ""
    found = one.answer(examined(lambda who, text: ""), Plan(REAL, own=own))
    assert [figure.prompts for figure in found.figures] == [2, 2]
    assert "Row 2 is left out: it has no options" in found.warnings[0] and found.summary.startswith("own.jsonl: ")


def test_figures_of_two_files_are_never_put_beside_each_other(tmp_path):
    one, other = (read(tmp_path, {**FORMS["MMLU's"], "question": text}) for text in ("Which?", "What?"))
    keys = [
        {
            figure.key
            for figure in questions()["own_choices"].answer(examined(lambda *_: ""), Plan(REAL, own=own)).figures
        }
        for own in (one, other)
    ]
    assert not keys[0] & keys[1]


def test_a_set_of_the_hub_becomes_a_file_of_its_first_rows(tmp_path, monkeypatch):
    """A folder of the same layout stands in for the Hub, which is out of reach here."""
    layout = tmp_path / "set"
    Dataset.from_list([{**FORMS["MMLU's"], "question": f"Number {i}?"} for i in range(MOST + 5)]).to_parquet(
        layout / "data" / "test.parquet"
    )
    rows = hub_rows(str(layout), [])
    assert len(rows) == MOST and rows[0]["choices"] == ["red", "seven"]
    monkeypatch.setattr(choices, "_ask_the_hub", lambda name: None)
    monkeypatch.setattr(choices, "hub_rows", lambda name, more: rows)
    path = fetch_choices("cais/mmlu anatomy test", tmp_path)
    assert path.name == "cais-mmlu.jsonl" and len(read_choices(path, FileLimits()).asked) == MOST


@pytest.mark.parametrize("words", ["", "two words", "../../etc", "a/b c d e", "tests/evaluation"])
def test_what_names_no_set_is_refused_before_anything_is_fetched(tmp_path, words, monkeypatch):
    monkeypatch.setattr(choices, "_ask_the_hub", lambda name: pytest.fail("the Hub was asked"))
    with pytest.raises(PlaygroundError, match="names no data set"):
        fetch_choices(words, tmp_path)


def test_a_set_that_cannot_be_read_is_refused_in_words(tmp_path):
    with pytest.raises(NotFound, match="could not be read from the Hub"):
        hub_rows(str(tmp_path / "nothing"), [])


def test_a_hub_that_cannot_be_reached_is_said_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(NotFound, match="cannot be reached from here"):
        fetch_choices("cais/mmlu anatomy test", tmp_path)


def test_two_questions_are_too_few_to_tell_and_a_dozen_are_not(tmp_path):
    short = {"question": ASK, "options": ["red", "seven"], "true": [0]}
    long = {"question": "And which is one?", "options": ["red or green", "seven"], "true": [0]}
    two = questions()["own_choices"].answer(examined(lambda *_: ""), Plan(REAL, own=read(tmp_path, short, long)))
    assert "Too few questions to tell" in two.summary
    assert [interval_words(figure) for figure in two.figures] == ["too few to tell"] * 2
    more = [{**row, "question": f"{i} {row['question']}"} for i in range(6) for row in (short, long)]
    dozen = questions()["own_choices"].answer(examined(lambda *_: ""), Plan(REAL, own=read(tmp_path, *more)))
    assert "Too few" not in dozen.summary and "too few to tell" not in map(interval_words, dozen.figures)
