"""Prompts that the closed world cannot answer: free ones, strangers in its own wordings, large numbers, sentences."""

from __future__ import annotations

import random

from playground.pocket.facts import BY_KIND, KINDS, Fact
from playground.pocket.world import OUTSIDE, WORLD, capitalised

_SYLLABLES = ("ba", "dor", "zen", "vi", "lo", "mak", "tur", "es", "quo", "ri", "pel", "nu", "dru", "sto", "ia", "wen")
_EXAM = frozenset(text.casefold() for text in OUTSIDE["exam"])
_SUBJECT_KINDS = tuple(kind for kind in KINDS if kind != "sum")


def outside_text(rng: random.Random) -> str:
    """One prompt about something that the world does not hold; none of those kept for measuring."""
    while True:
        text = rng.choices(_WRITERS, _WEIGHTS)[0](rng)
        if text.casefold() not in _EXAM:
            return text


def _free(rng: random.Random) -> str:
    """A prompt that a stranger might type, now and then with another word put in."""
    words = str(rng.choice(OUTSIDE["free"])).split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if long and rng.random() < 0.4:
        words[rng.choice(long)] = rng.choice(OUTSIDE["words"])
    return " ".join(words)


def _worded(rng: random.Random) -> str:
    """Strange words in common wordings."""
    a, b = rng.sample(OUTSIDE["words"], 2)
    verb, quality = rng.choice(OUTSIDE["verbs"]), rng.choice(OUTSIDE["adjectives"])
    return rng.choice(OUTSIDE["wordings"]).format(a=a, b=b, A=capitalised(a), v=verb, j=quality)


def _about_the_known(rng: random.Random) -> str:
    """Something that the world holds, asked for what the world does not say of it."""
    country = rng.choice(list(WORLD["countries"]))
    animal = rng.choice(list(WORLD["animals"]))
    thing = rng.choice(list(WORLD["colours"]))
    return rng.choice(OUTSIDE["about_the_known"]).format(
        country=country, city=WORLD["countries"][country]["capital"], animal=animal, thing=thing
    )


def _stranger(rng: random.Random) -> str:
    """A wording of the world about a country, animal or word that it does not hold, often one that nobody does."""
    like = BY_KIND[rng.choice(_SUBJECT_KINDS)][0]
    name = _invented(rng) if rng.random() < 0.4 else rng.choice(OUTSIDE[_TABLES[like.kind.name]])
    if like.kind.proper:
        name = capitalised(name)
    stranger = Fact(like.kind, name, like.answer, (), ())
    return rng.choice(stranger.paraphrases() if rng.random() < 0.3 else stranger.questions())


def _mismatched(rng: random.Random) -> str:
    """A question of one kind about a subject of another: the capital of a cow."""
    kind, other = rng.choice(_UNLIKE)
    fact = rng.choice(BY_KIND[other])
    stranger = Fact(KINDS[kind], fact.subject, fact.answer, (), ())
    return rng.choice(stranger.questions())


def _invented(rng: random.Random) -> str:
    return "".join(rng.sample(_SYLLABLES, rng.choice([2, 3, 3])))


def _large_sum(rng: random.Random) -> str:
    """A sum beyond ten, or a sign that the world does not know."""
    a, b = (rng.choice([rng.randint(11, 99), rng.randint(100, 9999)]) for _ in range(2))
    if rng.random() < 0.25:
        a = rng.randint(0, 10)
    if rng.random() < 0.3:
        small, other = rng.randint(0, 10), rng.randint(2, 10)
        wordings = ("What is {} * {}?", "What is {} / {}?", "How much is {} times {}?", "What is {} divided by {}?")
        return rng.choice(wordings).format(small, other)
    wordings = ("What is {} + {}?", "What is {} - {}?", "Calculate {} + {}.", "How much is {} plus {}?", "{} + {}")
    return rng.choice(wordings).format(a, b)


def _sentence(rng: random.Random) -> str:
    """A whole sentence to translate, or a language that the world does not teach."""
    if rng.random() < 0.3:
        word, language = rng.choice(list(WORLD["french"])), rng.choice(OUTSIDE["languages"])
        return rng.choice(["How do you say {} in {}?", "Translate to {1}: {0}", "What is {} in {}?"]).format(
            word, language
        )
    words = {key: rng.choice(WORLD[key]) for key in ("names", "places", "adjectives")}
    sentence = rng.choice(OUTSIDE["sentences"]).format(
        animal=rng.choice(list(WORLD["animals"])), thing=rng.choice(list(WORLD["colours"])), **words
    )
    return rng.choice(OUTSIDE["to_french"]).format(sentence)


_TABLES = {
    **dict.fromkeys(("capital", "continent", "language"), "countries"),
    **dict.fromkeys(("sound", "food", "baby", "legs"), "animals"),
    **dict.fromkeys(("colour", "opposite", "french"), "things"),
}
_UNLIKE = (  # kinds whose subjects have nothing in common
    ("capital", "sound"),
    ("capital", "opposite"),
    ("language", "colour"),
    ("continent", "food"),
    ("sound", "capital"),
    ("food", "language"),
    ("baby", "capital"),
    ("legs", "capital"),
    ("colour", "capital"),
    ("opposite", "capital"),
    ("french", "capital"),
)
_WRITERS = (_free, _worded, _about_the_known, _stranger, _mismatched, _large_sum, _sentence)
_WEIGHTS = (30, 28, 10, 18, 4, 8, 8)
