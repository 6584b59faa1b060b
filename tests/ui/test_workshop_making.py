"""What the page says a session will be made of, and what it then has made."""

import json
from contextlib import closing

import pytest

from playground.errors import PlaygroundError
from playground.settings import Settings
from playground.types import Prompt
from playground.ui.workshop_making import FILE, OWN, Filled, recipe_of, size_html
from playground.workbench import Workbench
from playground.workbench.session_recipe import DEFAULT


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with closing(Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))) as made:
        yield made


@pytest.fixture
def said(bench):
    def said(prompts, pairs=60, lines="", path=None, k=2, ids=("pocket-sft",)):
        return size_html(bench, "local", list(ids), prompts, pairs, 3, lines, path, k)

    return said


@pytest.fixture
def brought(tmp_path):
    def brought(*rows):
        path = tmp_path / "brought.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows))
        return str(path)

    return brought


def filled(**fields):
    return Filled(*[fields.get(name) for name in Filled._fields])


def test_the_number_of_pairs_says_what_more_completions_make_of_it(said):
    assert "<b>60 pairs</b>: about 60 prompts, 2 completions each." in said("pocket")
    assert "<b>60 pairs</b>: about 10 prompts, 4 completions each, every one against every other." in said(
        "pocket", k=4
    )
    assert "<b>9 pairs</b>: about 3 prompts" in said("pocket", pairs=7, k=3)
    assert "3 labels a pair make 180 choices: about 9 for each of 20 people." in said("pocket")


def test_of_a_list_the_page_says_how_often_it_is_asked_and_what_is_kept(said):
    lines = "\n".join(f"Question {n}" for n in range(20))
    assert "Up to <b>60 pairs</b>: 16 prompts, asked more than once." in said(OWN, lines=lines)
    assert "4 of the list are kept for the vote after training." in said(OWN, lines=lines)
    assert "Up to <b>10 pairs</b>: 10 prompts, 2 completions each." in said(OWN, pairs=10, lines=lines)
    assert "the vote after training asks them again" in said(OWN, lines="One\nTwo")


def test_a_host_is_told_what_other_prompts_mean(said):
    assert "Evaluate asks the same ones" in said("everyday") and "A pocket model" in said("everyday")
    assert "A pocket model" not in said("everyday", ids=["HuggingFaceTB/SmolLM2-135M"])
    assert "Evaluate" not in said("pocket") + said(OWN, lines="One")


def test_a_file_is_counted_and_its_bad_rows_are_named(said, brought):
    path = brought(
        {"prompt": "<b>p</b>", "completions": ["a", "b", "c"]},
        {"prompt": "q", "completions": ["a"]},
        {"prompt": "r", "completions": ["I am ChatGPT", "b"]},
    )
    words = said(FILE, path=path)
    assert "<b>3 pairs</b> on 1 prompt of the file. 3 labels a pair make 9 choices" in words
    assert "Row 2 has 1 completion; two or more are needed." in words and "Row 3 has a completion with" in words


def test_a_file_that_cannot_be_read_is_refused_in_words(said, brought):
    assert 'class="problem"' in said(FILE, path=brought({"question": "p"}))
    assert 'class="problem"' in said(OWN, path=brought({"question": "p"}))


@pytest.mark.parametrize(("prompts", "needed"), [(OWN, "Write your prompts"), (FILE, "prompt and completions")])
def test_before_there_is_anything_the_page_says_what_is_needed(said, prompts, needed):
    assert needed in said(prompts) and "problem" not in said(prompts)


def test_nothing_chosen_makes_what_a_session_is_by_itself(bench):
    assert recipe_of(bench, filled(prompts="pocket", known=DEFAULT.known, k=DEFAULT.k)) == DEFAULT


def test_own_prompts_are_those_of_the_lines_and_of_the_file_each_once(bench, brought):
    path = brought({"prompt": "Two"}, {"prompt": "Three"})
    made = recipe_of(bench, filled(prompts=OWN, lines="One\nTwo", file=path, k=3, known=0))
    assert [prompt.text for prompt in made.own] == ["One", "Two", "Three"]
    assert (made.k, made.known, made.sets) == (3, 0, None)


def test_a_files_completions_are_what_is_judged(bench, brought):
    made = recipe_of(bench, filled(prompts=FILE, file=brought({"prompt": "p", "completions": ["a", "b"]}), known=5))
    ((left, right),) = made.sets
    assert (left.prompt.messages, left.text, right.text) == (Prompt.user("p").messages, "a", "b")
    with pytest.raises(PlaygroundError, match="No file is chosen"):
        recipe_of(bench, filled(prompts=FILE))
