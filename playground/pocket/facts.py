"""The closed world's facts: eleven kinds, each a row of templates, and every fact that fills one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playground.pocket.world import WORDINGS, WORLD, capitalised, with_article

ON_THE_PAGE = (  # facts that PROBES and CHIPS in prompts.py ask for
    "capital:France",
    "french:hello",
    "sound:cow",
    "sum:2 + 3",
    "colour:banana",
    "opposite:cold",
    "opposite:hot",
)
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Kind:
    """The words one kind of fact comes in. Templates know {subject}, {a_subject}, {spoken}, {answer}, {an_answer}."""

    name: str
    weight: float  # how often a question of this kind is drawn
    questions: tuple[str, ...]  # the usual ways to ask in a chat
    paraphrases: tuple[str, ...]  # rarer ones; in training too
    quiz: tuple[str, ...]  # stand in documents only, where every fact is asked for, held-out ones too
    unseen: tuple[str, ...]  # stand in no training text: kept for measuring
    sentence: str
    claim: str
    proper: bool = False  # answers keep their capital letter inside a sentence

    @property
    def templates(self) -> tuple[str, ...]:
        """Every wording of the question."""
        return (*self.questions, *self.paraphrases, *self.quiz, *self.unseen)


def _kind(name: str, row: dict[str, Any]) -> Kind:
    return Kind(name, **{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})


KINDS: dict[str, Kind] = {name: _kind(name, row) for name, row in WORDINGS["facts"].items()}


@dataclass(frozen=True)
class Fact:
    """One true thing: of this kind, about this subject, the answer is that."""

    kind: Kind
    subject: str
    answer: str
    extras: tuple[str, ...]  # more true sentences about the subject
    pool: tuple[str, ...]  # answers that questions of this kind can have

    @property
    def key(self) -> str:
        """Names the fact: `capital:France`."""
        return f"{self.kind.name}:{self.subject}"

    @property
    def short(self) -> str:
        """The answer alone, as a reply: `Paris`, `Moo`, `7`."""
        return capitalised(self.answer)

    @property
    def sentence(self) -> str:
        """The fact as a sentence: `The capital of France is Paris.`"""
        return self.fill(self.kind.sentence)

    @property
    def spoken(self) -> str:
        """A sum read aloud: `2 plus 3`."""
        return self.subject.replace("+", "plus").replace("-", "minus")

    @property
    def worded(self) -> str:
        """A sum in words alone: `two plus three`."""
        return " ".join(NUMBERS[int(part)] if part.isdigit() else part for part in self.spoken.split())

    @cached_property
    def wrong_answers(self) -> tuple[str, ...]:
        """Every other answer of the pool, each once."""
        return tuple(sorted({x for x in self.pool if x != self.answer}))

    def questions(self) -> list[str]:
        """The usual ways to ask for it."""
        return [self.fill(template) for template in self.kind.questions]

    def paraphrases(self) -> list[str]:
        """Rarer ways to ask for it."""
        return [self.fill(template) for template in self.kind.paraphrases]

    def quiz_questions(self) -> list[str]:
        """The ways in which documents alone ask for it."""
        return [self.fill(template) for template in self.kind.quiz]

    def exam_question(self) -> str:
        """The one usual wording that no training text asks this fact in, so that even seen facts are asked anew."""
        return self.questions()[exam_index(self.key, len(self.kind.questions))]

    def trained_questions(self) -> list[str]:
        """The usual ways to ask for it that may occur in training; none for a held-out fact."""
        if self.held_out():
            return []
        spared = None if self.key in ON_THE_PAGE else self.exam_question()
        return [question for question in self.questions() if question != spared]

    def claim(self, answer: str) -> str:
        """A claim inside a sentence, true or not: `the capital of France is Rome`."""
        return self.fill(self.kind.claim, answer)

    def fill(self, template: str, answer: str | None = None) -> str:
        """One of the kind's templates with this fact's words."""
        answer = self.answer if answer is None else answer
        return template.format(
            subject=self.subject,
            Subject=capitalised(self.subject),
            a_subject=with_article(self.subject),
            A_subject=capitalised(with_article(self.subject)),
            spoken=self.spoken,
            Spoken=capitalised(self.spoken),
            worded=self.worded,
            Worded=capitalised(self.worded),
            answer=answer,
            an_answer=with_article(answer),
        )

    def held_out(self) -> bool:
        """Whether the fact is in a quarter that no demonstration and no training prompt ever asks for."""
        if self.kind.name == "opposite":  # hot and cold together, or the one would give the other away
            return is_held_out(f"opposite:{min(self.subject, self.answer)}")
        return is_held_out(self.key)


def is_held_out(key: str) -> bool:
    """Whether what the key names (`capital:Kenya`, `harmful bomb a train`) is in the quarter kept for measuring."""
    return key not in ON_THE_PAGE and zlib.crc32(key.encode()) % 4 == 0


def exam_index(key: str, count: int) -> int:
    """Which of count usual wordings is never used in training for what the key names."""
    return zlib.crc32(f"{key} exam".encode()) % count


def _country_facts() -> Iterator[Fact]:
    countries = WORLD["countries"]
    pools = {
        column: tuple(row[column] for row in countries.values()) for column in ("capital", "continent", "language")
    }
    for name, row in countries.items():
        place, speech = f"{name} is in {row['continent']}.", f"People there speak {row['language']}."
        seat, fame = f"The capital of {name} is {row['capital']}.", f"{name} is known for {row['food']}."
        extras = {
            "capital": (place, speech, fame, f"{row['capital']} is a large city."),
            "continent": (seat, speech, fame),
            "language": (place, seat, fame),
        }
        for column, more in extras.items():
            yield Fact(KINDS[column], name, row[column], more, pools[column])


def _animal_facts() -> Iterator[Fact]:
    animals = WORLD["animals"]
    columns = ("sound", "food", "baby", "legs")
    pools = {c: tuple(str(row[c]) for row in animals.values() if row[c] is not None) for c in columns}
    for name, row in animals.items():
        extras = {
            "home": f"You can find {with_article(name)} in the {row['home']}.",
            "food": f"It eats {row['food']}.",
            "legs": f"It has {row['legs']} legs.",
            "baby": f"Its baby is called {with_article(row['baby'])}.",
        }
        for column in columns:
            if row[column] is not None:
                more = tuple(text for other, text in extras.items() if other != column)
                yield Fact(KINDS[column], name, str(row[column]), more, pools[column])


def _word_facts() -> Iterator[Fact]:
    colours, opposites, french = WORLD["colours"], WORLD["opposites"], WORLD["french"]
    for thing, colour in colours.items():
        extras = (f"{capitalised(colour)} is a nice colour.", f"Many people like the colour {colour}.")
        yield Fact(KINDS["colour"], thing, colour, extras, tuple(colours.values()))
    reverse = {other: word for word, other in opposites.items() if other not in opposites}
    for word, other in {**opposites, **reverse}.items():
        extras = (f"The words {word} and {other} are opposites.", "Opposites help us compare things.")
        yield Fact(KINDS["opposite"], word, other, extras, (*opposites, *opposites.values()))
    for word, translation in french.items():
        extras = ("French is spoken in France.", f"The word {translation} is easy to learn.")
        yield Fact(KINDS["french"], word, translation, extras, tuple(french.values()))


def _sum_facts() -> Iterator[Fact]:
    for a in range(11):
        for b in range(11):
            yield _sum(a, b, a + b, "+", f"You start at {a} and count {b} more.")
            if a >= b:
                yield _sum(a, b, a - b, "-", f"You start at {a} and count back {b}.")


def _sum(a: int, b: int, result: int, sign: str, how: str) -> Fact:
    near = tuple(str(result + step) for step in (-2, -1, 0, 1, 2) if result + step >= 0)
    return Fact(KINDS["sum"], f"{a} {sign} {b}", str(result), (how, "Counting is easy with practice."), near)


FACTS: tuple[Fact, ...] = (*_country_facts(), *_animal_facts(), *_word_facts(), *_sum_facts())
BY_KIND: dict[str, tuple[Fact, ...]] = {name: tuple(f for f in FACTS if f.kind.name == name) for name in KINDS}
