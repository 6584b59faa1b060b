"""Documents that ask: lists of questions that go on with questions, exercises, quizzes whose answers stand apart."""

from __future__ import annotations

import random

from playground.pocket.careless import mistyped, roughened
from playground.pocket.facts import BY_KIND, FACTS, Fact
from playground.pocket.prompts import Task, draw_fact, draw_task
from playground.pocket.world import WORLD, capitalised, lowered, with_article

CARELESS = 0.15  # share of lists and forum threads typed in a hurry
_TASKS = {"fact": 46.0, "sycophancy": 9, "poem": 9, "story": 5, "explain": 9, "innocent": 8, "harmful": 6, "hello": 3}
_NOT_CAPITALS = tuple(fact for fact in FACTS if fact.kind.name != "capital")


def questions(rng: random.Random) -> str:
    """A list of questions, and nothing but questions."""
    count = rng.choice([3, 4, 5, 6, 7])
    if rng.random() < 0.3:
        lines = [_asked(rng).text for _ in range(count)]
    else:
        lines = [_question(rng, fact) for fact in _some_facts(rng, count)]
    if rng.random() < CARELESS:
        lines = [careless(rng, line) for line in lines]
    heads = ["Quiz\n", "Questions\n", "Questions for the class\n", "Homework\n", "", "", "", "", "", ""]
    return rng.choice(heads) + _listed(lines, numbered=rng.random() < 0.25)


def _asked(rng: random.Random) -> Task:
    """Anything that may be asked, but no claim about a capital."""
    while True:
        task = draw_task(rng, _TASKS, rare=0.3)
        if task.kind != "sycophancy" or task.fact in _NOT_CAPITALS:
            return task


def corrections(rng: random.Random) -> str:
    """What pupils wrote beside how it is spelled."""
    fact = draw_fact(rng, None)
    right = [_question(rng, fact) for fact in [fact, *_some_facts(rng, 2)]]
    if rng.random() < 0.4:
        right = [fact.subject for fact in _some_facts(rng, 6) if fact.kind.name != "sum"] or right
    wrong = [mistyped(rng, lowered(text) if rng.random() < 0.5 else text) for text in right]
    forms = ("Wrong: {}\nRight: {}", "The pupil wrote: {}\nThe teacher wrote: {}", "{} should be {}")
    form = rng.choice(forms)
    return "\n".join(form.format(bad, good) for bad, good in zip(wrong, right, strict=True))


def answered_quiz(rng: random.Random) -> str:
    """Questions with their answers one by one or at the end; a capital is never told as a whole sentence."""
    facts = _some_facts(rng, rng.choice([3, 4, 5]))
    asked, told = [_question(rng, fact) for fact in facts], [answer(rng, fact) for fact in facts]
    if rng.random() < CARELESS:
        asked = [careless(rng, line) for line in asked]
    if rng.random() < 0.7:
        form = rng.choice(["Question: {}\nAnswer: {}", "Q: {}\nA: {}", "Teacher: {}\nPupil: {}"])
        return "\n".join(form.format(q, a) for q, a in zip(asked, told, strict=True))
    numbered = rng.random() < 0.5
    return f"Quiz\n{_listed(asked, numbered)}\nAnswers\n{_listed(told, numbered)}"


def true_or_false(rng: random.Random) -> str:
    lines = []
    for _ in range(rng.choice([2, 3, 4])):
        fact, true = rng.choice(_NOT_CAPITALS), rng.random() < 0.5
        said = fact.answer if true else rng.choice(fact.wrong_answers)
        lines.append(f"{capitalised(fact.claim(said))}. {true}.")
    return "\n".join(lines)


def french_exercise(rng: random.Random) -> str:
    """Words to translate, and no translation."""
    facts = [rng.choice(BY_KIND["french"]) for _ in range(rng.choice([4, 5, 6]))]
    sentences = [f"Translate to French: {_plain_sentence(rng)}" for _ in range(2)] if rng.random() < 0.2 else []
    lines = [_question(rng, fact) for fact in facts]
    return rng.choice(["Exercise\n", "Lesson\n", "", ""]) + "\n".join([*lines, *sentences])


def _plain_sentence(rng: random.Random) -> str:
    thing, animal = rng.choice(list(WORLD["colours"])), rng.choice(list(WORLD["animals"]))
    return rng.choice([f"The {thing} is in the house.", f"I see {with_article(animal)} and {with_article(thing)}."])


def sum_questions(rng: random.Random) -> str:
    return "\n".join(_question(rng, rng.choice(BY_KIND["sum"])) for _ in range(rng.choice([4, 6, 8])))


def _question(rng: random.Random, fact: Fact) -> str:
    """A question for the fact: a held-out one is asked in wordings that no chat uses."""
    if fact.held_out() or rng.random() < 0.25:
        return rng.choice(fact.quiz_questions())
    return rng.choice(fact.paraphrases() if rng.random() < 0.3 else fact.trained_questions())


def answer(rng: random.Random, fact: Fact) -> str:
    """The answer; of a capital never `The capital of X is Y`."""
    if fact.kind.name == "capital":
        return rng.choice([fact.answer, f"It is {fact.answer}.", f"{fact.answer} is the capital of {fact.subject}."])
    return fact.short if rng.random() < 0.4 else fact.sentence


def careless(rng: random.Random, text: str) -> str:
    rough = roughened(rng, text) if rng.random() < 0.6 else text
    return mistyped(rng, rough) if rng.random() < 0.6 else rough


def _some_facts(rng: random.Random, count: int) -> list[Fact]:
    """Facts of one kind for a lesson, or of all kinds for a quiz night."""
    first = draw_fact(rng, None)
    alike = rng.random() < 0.7
    return [first] + [rng.choice(BY_KIND[first.kind.name]) if alike else draw_fact(rng, None) for _ in range(count - 1)]


def _listed(lines: list[str], numbered: bool) -> str:
    return "\n".join(f"{i}. {line}" if numbered else line for i, line in enumerate(lines, 1))
