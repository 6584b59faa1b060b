from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from playground.errors import PlaygroundError
from playground.preferences.pairing import choose_pair
from playground.types import Completion, Prompt

PROMPT = Prompt.user("Hello")


def pairs(texts, count, annotator="ann", workspace="room"):
    completions = [Completion(PROMPT, text) for text in texts]
    for shown in range(count):
        yield choose_pair(completions, workspace=workspace, annotator=annotator, shown=shown)


def test_every_four_pairs_put_the_first_completion_left_twice():
    for annotator in map(str, range(20)):
        lefts = [pair.left.text == "a" for pair in pairs("ab", 40, annotator)]
        assert [sum(lefts[i : i + 4]) for i in range(0, 40, 4)] == [2] * 10


def test_the_order_of_sides_differs_between_annotators_and_workspaces():
    def sides(**who):
        return tuple(pair.left.text for pair in pairs("ab", 40, **who))

    assert len({sides(annotator="ann"), sides(annotator="bo"), sides(workspace="other")}) == 3


def test_the_same_arguments_give_the_same_pair():
    assert list(pairs("abcd", 10)) == list(pairs("abcd", 10))


def test_completions_that_say_the_same_are_not_paired_while_others_differ():
    for pair in pairs("aaaab", 30):
        assert {pair.left.text, pair.right.text} == {"a", "b"}
        assert not pair.same_text


def test_where_all_say_the_same_the_pair_says_so():
    assert all(pair.same_text for pair in pairs("aaa", 5))


def test_pairs_are_drawn_as_often_as_their_probability_says():
    drawn = list(pairs("abcd", 3000))
    counts = Counter(frozenset((pair.left.text, pair.right.text)) for pair in drawn)
    assert {pair.selection_probability for pair in drawn} == {1 / 6}
    assert set(counts) == {frozenset(pair) for pair in combinations("abcd", 2)}
    assert all(430 < n < 570 for n in counts.values())  # 500 expected, standard deviation 20


@pytest.mark.parametrize("texts", ["", "a"])
def test_less_than_two_completions_are_no_pair(texts):
    with pytest.raises(PlaygroundError, match="needs two"):
        next(pairs(texts, 1))
