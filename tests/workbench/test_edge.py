"""The edge of the world as the page asks for it: what is outside, and what the page says of it."""

import pytest

from playground.pocket import exam, nearest_questions, prompt_chips, recognise
from playground.workbench.edge import LONGEST, near, outside, strange


@pytest.mark.parametrize("text", ["capital of france", "What is 2 + 3?", "System: Be brief.\nUser: What is 2 + 3?"])
def test_what_the_world_holds_is_not_outside_however_it_is_typed(text):
    assert outside(text) is None


@pytest.mark.parametrize("text", ["", "  \n", "User: Hello\nAssistant: Hi"])
def test_what_cannot_be_asked_is_not_called_outside(text):
    assert outside(text) is None


def test_every_prompt_kept_for_measuring_the_edge_is_outside():
    assert all(outside(task.text) == task.text for task in exam.outside())


def test_only_the_chips_that_say_so_are_outside():
    found = {title for title, texts in prompt_chips().items() for text in texts if outside(text)}
    assert found == {"Outside its world"}


def test_of_several_turns_the_last_one_counts():
    assert outside("User: What is 2 + 3?\nAssistant: 5.\nUser: Who won the war?") == "Who won the war?"


def test_a_long_text_is_outside_without_being_read_to_its_end(monkeypatch):
    monkeypatch.setattr("playground.workbench.edge.recognise", lambda text: pytest.fail("it was read"))
    text = "What is the capital of France? " * 1000
    assert len(text) > LONGEST
    assert outside(text) == text.strip() or outside(text) == text


def test_no_prompt_of_the_world_is_too_long_to_be_read():
    from playground.pocket import prompt_set

    assert max(len(prompt.text) for prompt in prompt_set(2000, seed=1)) < LONGEST


def test_what_is_near_can_be_answered():
    assert near("Write a novel about jazz.") == nearest_questions("Write a novel about jazz.", 3)
    assert all(recognise(question) for question in near("What is the capital of Atlantis?"))


def test_the_surprise_stands_beside_what_is_usual():
    from playground.pocket import surprise_threshold

    found = strange(lambda text: float(len(text)), "Who won the war?")
    assert (found.surprise, found.usual) == (16.0, surprise_threshold())
