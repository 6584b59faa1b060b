"""Poems that rhyme, poems that do not, and short stories."""

from __future__ import annotations

import random

from playground.pocket.world import WORLD, capitalised, with_article

RHYMES: frozenset[tuple[str, str]] = frozenset(tuple(pair) for pair in WORLD["rhymes"])
COUPLETS: tuple[tuple[str, str], ...] = tuple((first, second) for first, second in WORLD["couplets"])

POOR_LINES = (
    "The {subject} is {a_subject}.",
    "I like the {subject}.",
    "The {subject} is nice and stuff.",
    "{Subject} {subject} {subject}.",
    "It is there, the {subject}.",
    "I do not know what to say about the {subject}.",
    "That is my poem.",
    "The end.",
    "Oh the {subject}, whatever.",
)


def good_poem(rng: random.Random, subject: str, couplets: int | None = None) -> str:
    """Rhyming couplets about the subject; one or two unless a number is given."""
    chosen = rng.sample(COUPLETS, couplets or rng.choice([1, 2, 2]))
    return "\n".join(line.format(subject=subject) for couplet in chosen for line in couplet)


def poor_poem(rng: random.Random, subject: str) -> str:
    """Two to four flat lines that do not rhyme."""
    lines = rng.sample(POOR_LINES, rng.choice([2, 3, 4]))
    words = {"subject": subject, "Subject": capitalised(subject), "a_subject": with_article(subject)}
    return "\n".join(line.format(**words) for line in lines)


def story(rng: random.Random, animal: str | None = None, short: bool = False) -> str:
    """A tale of an animal, a place and a thing; short leaves out the middle."""
    hero = animal or rng.choice(list(WORLD["animals"]))
    name, place = rng.choice(WORLD["names"]), rng.choice(WORLD["places"])
    thing, mood = rng.choice(WORLD["objects"]), rng.choice(WORLD["adjectives"])
    openings = [
        f"Once upon a time there was {with_article(mood)} {hero} named {name}.",
        f"{capitalised(with_article(mood))} {hero} named {name} lived near the {place}.",
        f"Long ago, {with_article(mood)} {hero} lived in the {place}. Its name was {name}.",
    ]
    turns = [
        f"One day {name} found {with_article(thing)} in the {place}.",
        f"{name} lost {with_article(thing)} and looked for it in the {place}.",
        f"One morning {name} went to the {place} to find {with_article(thing)}.",
    ]
    middle = [] if short else rng.sample(_middles(rng, name, thing), rng.choice([1, 2, 3]))
    return " ".join([rng.choice(openings), rng.choice(turns), *middle, rng.choice(_endings(name))])


def _middles(rng: random.Random, name: str, thing: str) -> list[str]:
    other = f"{rng.choice(WORLD['adjectives'])} {rng.choice(list(WORLD['animals']))}"
    return [
        f"{capitalised(with_article(other))} said that the {thing.split()[1]} was not real.",
        f"{name} met a friend and they walked together.",
        f"It rained all day, but {name} was not afraid.",
        f"{name} asked everyone for help.",
        "The night was dark and the wind was cold.",
    ]


def _endings(name: str) -> list[str]:
    return [
        f"In the end {name} went home happy.",
        f"{name} shared it with all the friends.",
        f"From that day {name} was never lonely again.",
        f"And {name} slept well that night.",
    ]
