"""What figures are measured with occurs in no training text."""

import re
from itertools import islice

import pytest

from playground.pocket import exam, grade, prompt_set, recognise
from playground.pocket.demonstrations import CAREFUL, MIXED, demonstrations
from playground.pocket.documents import documents
from playground.pocket.prompts import CHIPS, EVERYTHING, PROBES

EXAM = {text.casefold() for text in exam.exam_texts()}
DOCUMENTS = 60_000  # a fifth of what the base model reads, from its beginning


def occurring(texts):
    """Exam prompts that stand in the texts, found by their first word."""
    joined = "\n".join(texts).casefold()
    return [prompt for prompt in EXAM if prompt in joined and re.search(rf"(?<!\w){re.escape(prompt)}(?!\w)", joined)]


def test_the_search_finds_what_is_there():
    assert occurring(["Homework\nWhat is the capital of Bolivia?\nThe end."]) == ["what is the capital of bolivia?"]


def test_no_document_holds_an_exam_prompt():
    assert occurring(islice(documents(12345), DOCUMENTS)) == []


@pytest.mark.parametrize("crowd", [CAREFUL, MIXED], ids=["careful", "mixed"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_demonstration_holds_an_exam_prompt(seed, crowd):
    assert occurring(m.content for e in demonstrations(8_000, seed, crowd) for m in e.prompt.messages) == []


def test_no_training_prompt_is_an_exam_prompt():
    drawn = [prompt.text for seed in range(3) for prompt in prompt_set(800, seed)]
    shown = [*PROBES, *(text for texts in CHIPS.values() for text in texts)]
    assert occurring([*drawn, *shown]) == []


@pytest.mark.parametrize("kind", [kind for kind in EVERYTHING if kind not in ("fact", "sycophancy", "outside")])
def test_requests_are_recognised_and_kept_apart(kind):
    seen = exam.requests(kind)
    assert seen and all(recognise(task.text).kind == kind for task in seen)
    held_out = {task.subject for task in exam.requests(kind, held_out=True)}
    assert held_out.isdisjoint({task.subject for task in seen})
    assert bool(held_out) == (kind in ("innocent", "harmful"))


@pytest.mark.parametrize(
    "tasks",
    [exam.seen_facts(200), exam.held_out_facts(200), exam.paraphrased(200), exam.wrong_claims(100)],
    ids=["seen", "held out", "paraphrased", "wrong claims"],
)
def test_an_exam_asks_for_what_it_grades(tasks):
    found = [recognise(task.text) for task in tasks]
    assert [task.text for task, seen in zip(tasks, found, strict=True) if seen is None or seen.fact != task.fact] == []
    assert all(seen.claimed == task.claimed for task, seen in zip(tasks, found, strict=True))


@pytest.mark.parametrize("how", exam.TYPED)
def test_careless_typing_is_nearly_always_recognised_and_never_as_something_else(how):
    tasks = exam.typed(300, how)
    found = [recognise(task.text) for task in tasks]
    assert all(seen.fact == task.fact for task, seen in zip(tasks, found, strict=True) if seen)
    assert sum(seen is not None for seen in found) >= 0.95 * len(tasks)


def test_held_out_facts_are_held_out_and_seen_ones_are_not():
    assert all(task.fact.held_out() for task in (*exam.held_out_facts(50), *exam.wrong_claims(50)))
    assert not any(task.fact.held_out() for task in (*exam.seen_facts(50), *exam.paraphrased(50)))


def test_the_hundred_strangers_are_strange_and_differ():
    tasks = exam.outside()
    assert len({task.text for task in tasks}) == 100
    assert [task.text for task in tasks if grade(task.text, "Paris") is not None] == []
