"""The closed world's facts: eleven kinds, each a row of templates, and every fact that fills one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from playground.pocket.world import WORLD, capitalised, with_article

ALWAYS_SEEN = ("France", "hello", "cow", "2 + 3")  # subjects of the page's own examples


@dataclass(frozen=True, slots=True)
class Kind:
    """The words one kind of fact comes in. Templates know {subject}, {a_subject}, {spoken}, {answer}, {an_answer}."""

    name: str
    weight: float  # how often a question of this kind is drawn
    questions: tuple[str, ...]
    paraphrases: tuple[str, ...]  # shown in fine-tuning only, and recognised
    sentence: str
    claim: str
    proper: bool = False  # answers keep their capital letter inside a sentence


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "capital",
            16,
            (
                "What is the capital of {subject}?",
                "Which city is the capital of {subject}?",
                "Tell me the capital of {subject}.",
                "Name the capital city of {subject}.",
            ),
            (
                "capital of {subject}",
                "{subject} capital",
                "Do you know the capital of {subject}?",
                "{subject}'s capital?",
            ),
            "The capital of {subject} is {answer}.",
            "the capital of {subject} is {answer}",
            proper=True,
        ),
        Kind(
            "continent",
            5,
            ("Where is {subject}?", "Which continent is {subject} in?"),
            ("What continent is {subject} in?", "On which continent is {subject}?", "continent of {subject}"),
            "{subject} is in {answer}.",
            "{subject} is in {answer}",
            proper=True,
        ),
        Kind(
            "language",
            6,
            ("What language do people speak in {subject}?", "Which language is spoken in {subject}?"),
            ("What do they speak in {subject}?", "language of {subject}", "What is the language of {subject}?"),
            "People in {subject} speak {answer}.",
            "people in {subject} speak {answer}",
            proper=True,
        ),
        Kind(
            "sound",
            7,
            ("What sound does {a_subject} make?", "What does {a_subject} say?"),
            ("What noise does {a_subject} make?", "{subject} sound", "What sound do you hear from {a_subject}?"),
            "{A_subject} says {answer}.",
            "{a_subject} says {answer}",
        ),
        Kind(
            "food",
            5,
            ("What does {a_subject} eat?", "What food does {a_subject} like?"),
            ("What do you feed {a_subject}?", "food of {a_subject}", "What is the food of {a_subject}?"),
            "{A_subject} eats {answer}.",
            "{a_subject} eats {answer}",
        ),
        Kind(
            "baby",
            5,
            ("What is a baby {subject} called?", "What do you call a young {subject}?"),
            ("What is the name of a baby {subject}?", "baby {subject}", "What do you call a baby {subject}?"),
            "A baby {subject} is called {an_answer}.",
            "a baby {subject} is called {an_answer}",
        ),
        Kind(
            "legs",
            3,
            ("How many legs does {a_subject} have?",),
            ("How many legs has {a_subject}?", "legs of {a_subject}", "number of legs of {a_subject}"),
            "{A_subject} has {answer} legs.",
            "{a_subject} has {answer} legs",
        ),
        Kind(
            "colour",
            8,
            ("What colour is the {subject}?", "Which colour does the {subject} have?"),
            ("What colour is {a_subject}?", "What color is the {subject}?", "colour of {a_subject}"),
            "The {subject} is {answer}.",
            "the {subject} is {answer}",
        ),
        Kind(
            "opposite",
            12,
            ("What is the opposite of {subject}?", "Give me the opposite of {subject}."),
            ("opposite of {subject}", "What is the opposite word of {subject}?", "Tell me the opposite of {subject}."),
            "The opposite of {subject} is {answer}.",
            "the opposite of {subject} is {answer}",
        ),
        Kind(
            "french",
            16,
            (
                "Translate to French: {Subject}",
                "How do you say {subject} in French?",
                "What is the French word for {subject}?",
            ),
            ("Translate {subject} to French.", "{subject} in French", "What is {subject} in French?"),
            "The French for {subject} is {answer}.",
            "the French for {subject} is {answer}",
        ),
        Kind(
            "sum",
            16,
            ("What is {subject}?", "How much is {spoken}?", "Calculate {subject}."),
            ("{subject}", "{subject} = ?", "How much is {subject}?", "What does {spoken} make?"),
            "{subject} = {answer}.",
            "{subject} = {answer}",
        ),
    )
}


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
            spoken=self.subject.replace("+", "plus").replace("-", "minus"),
            answer=answer,
            an_answer=with_article(answer),
        )

    def held_out(self) -> bool:
        """Whether the fact is in a quarter that no demonstration and no training prompt ever asks for."""
        return self.subject not in ALWAYS_SEEN and zlib.crc32(self.key.encode()) % 4 == 0


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
    for word, other in opposites.items():
        extras = (f"The words {word} and {other} are opposites.", "Opposites help us compare things.")
        yield Fact(KINDS["opposite"], word, other, extras, tuple(opposites.values()))
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
