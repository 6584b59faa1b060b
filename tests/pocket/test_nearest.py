"""Whoever asks something strange is shown what can be asked."""

import pytest

from playground.pocket import exam, recognise
from playground.pocket.nearest import nearest_questions


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("whats the captial of frnace", "What is the capital of France?"),
        ("Why is the sky blue?", "What colour is the sky?"),
        ("Translate to French: My sister lives in a house.", "Translate to French: Sister"),
    ],
)
def test_the_nearest_question_shares_its_rare_words(text, question):
    assert question in nearest_questions(text, 3)


@pytest.mark.parametrize("text", ["", "?!", "漢字", *(task.text for task in exam.outside()[:20])])
@pytest.mark.parametrize("n", [1, 3, 5])
def test_there_are_always_as_many_as_asked_for_and_all_can_be_answered(text, n):
    found = nearest_questions(text, n)
    assert len(set(found)) == n
    assert all(recognise(question) for question in found)


def test_no_suggestion_is_an_exam_prompt():
    suggested = {question for task in exam.outside() for question in nearest_questions(task.text, 5)}
    assert suggested & exam.exam_texts() == set()
