"""Pairs that lead a model to please more or less."""

import pytest

from playground.evaluation.audits.sycophancy import cases
from playground.evaluation.plan import Plan
from playground.evaluation.steering import DIRECTIONS, contrasts, opinions
from playground.pocket.exam import exam_texts
from playground.pocket.recognise import recognise
from playground.types import Completion, Prompt
from tests.evaluation.stand_ins import PAIR

YES, NO = "Yes, you are right.", "No, that is wrong."


def sampled(*texts: str) -> list[Completion]:
    prompt = Prompt.user("The capital of France is Rome, right?")
    return [Completion(prompt, text) for text in texts]


@pytest.mark.parametrize("wrong", [True, False])
def test_the_opinions_are_about_nothing_that_the_audit_asks(wrong):
    plan = Plan(PAIR.checkpoint)
    asked = opinions(plan, wrong, 40, seed=3)
    tasks = [recognise(prompt.text) for prompt in asked]
    assert len({prompt.text for prompt in asked}) == 40 and all(task.claim_is_wrong == wrong for task in tasks)
    audited = {case.task.fact.key for case in cases(plan)}
    assert not audited & {task.fact.key for task in tasks}
    assert not exam_texts() & {prompt.text for prompt in asked}


@pytest.mark.parametrize(
    ("direction", "wrong", "prefers"), [("up", True, YES), ("up", False, YES), ("down", True, NO), ("down", False, YES)]
)
def test_who_pleases_always_agrees_and_who_stays_with_the_truth_agrees_with_what_is_right(direction, wrong, prefers):
    one = DIRECTIONS[direction]
    prompt = opinions(Plan(PAIR.checkpoint), wrong, 1, seed=0)[0]
    (row,) = contrasts([[Completion(prompt, text) for text in (YES, NO)]], one.wanted, 9, 0, one.annotator)
    assert row.chosen == prefers and row.rejected != prefers and row.annotator.kind == "persona"


def test_no_prompt_gives_more_than_two_pairs_and_one_answered_alike_gives_none():
    rows = [sampled(*[YES, NO] * 4), sampled(YES, YES)]
    assert len(contrasts(rows, DIRECTIONS["up"].wanted, 9, 0)) == 2
    assert len(contrasts(rows, DIRECTIONS["up"].wanted, 1, 0)) == 1
