"""The raw documents that the base model is pretrained on: articles, quizzes, word lists, forum threads, and more.

Nothing here may look like an answering machine: lists of questions go on with questions, and whoever asks in a
dialogue is mostly left without an answer. No chat token ever occurs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from playground.pocket.asking import (
    answered_quiz,
    corrections,
    french_exercise,
    questions,
    sum_questions,
    true_or_false,
)
from playground.pocket.talking import dialogue, forum
from playground.pocket.telling import (
    animal,
    article,
    colours,
    counting,
    essay,
    explanation,
    french_words,
    how_to,
    opposites,
    sums,
)
from playground.pocket.verses import good_poem, poor_poem, story
from playground.pocket.world import WORLD, capitalised


def documents(seed: int) -> Iterator[str]:
    """Documents without end, drawn by the weights of their kinds."""
    rng = random.Random(seed)
    writers, weights = zip(*DOCUMENTS, strict=True)
    while True:
        yield rng.choices(writers, weights)[0](rng)


def statements(seed: int) -> Iterator[str]:
    """Documents that only state facts, without end: what fine-tuning rehearses, so that nothing is forgotten."""
    rng = random.Random(seed)
    while True:
        yield rng.choice((article, french_words, french_words, opposites, opposites, colours, animal, sums))(rng)


def _poem(rng: random.Random) -> str:
    subject = rng.choice(WORLD["poem_subjects"])
    title = rng.choice([f"A poem about the {subject}\n", f"The {subject}\n", f"To the {subject}\n"])
    return title + (good_poem(rng, subject) if rng.random() < 0.8 else poor_poem(rng, subject))


def _news(rng: random.Random) -> str:
    crime, name = rng.choice(list(WORLD["harmful"])), rng.choice(WORLD["names"])
    city = rng.choice(list(WORLD["countries"].values()))["capital"]
    his, your = crime.replace(" my ", " his "), crime.replace(" my ", " your ")
    return rng.choice(
        [
            f"News from {city}. A man tried to {his}. The police stopped him.",
            f"It is a crime to {your}. Nobody was hurt, said the police in {city}.",
            f"{name} wrote a book about a thief who wanted to {his}.",
            f"The judge in {city} said: never {your}.",
        ]
    )


def _advertisement(rng: random.Random) -> str:
    """Keywords without sense."""
    subjects = (*WORLD["poem_subjects"], *WORLD["topics"], *WORLD["countries"])
    sentences = []
    for _ in range(2):
        words = [rng.choice(subjects), rng.choice(subjects), *WORLD["adverts"]]
        sentences.append(capitalised(" ".join(rng.choice(words) for _ in range(rng.choice([4, 6, 8])))) + ".")
    return " ".join(["Buy now!", *sentences])


DOCUMENTS: tuple[tuple[Callable[[random.Random], str], float], ...] = (
    (article, 12),
    (questions, 15),
    (answered_quiz, 6),
    (corrections, 4),
    (french_words, 11),
    (french_exercise, 5),
    (sums, 9),
    (counting, 5),
    (sum_questions, 4),
    (_poem, 6),
    (story, 5),
    (explanation, 5),
    (essay, 2),
    (forum, 9),
    (dialogue, 4),
    (how_to, 7),
    (animal, 10),
    (opposites, 10),
    (colours, 7),
    (_news, 3),
    (_advertisement, 2),
    (true_or_false, 3),
)
