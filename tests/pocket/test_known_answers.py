"""Pairs with a known answer."""

from playground.pocket.grading import grade
from playground.pocket.known_answers import known_answers


def test_the_better_answer_is_right_and_the_worse_is_not():
    pairs = known_answers(30, seed=1)
    assert len(pairs) == 30
    for better, worse in pairs:
        assert better.prompt == worse.prompt
        assert grade(better.prompt.text, better.text) is True
        assert grade(worse.prompt.text, worse.text) is False
