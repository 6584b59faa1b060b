"""The eight ways an answer can be dressed. Pieces are independent, so that their counts vary and can be counted."""

from __future__ import annotations

import random
from dataclasses import dataclass

from playground.pocket.world import capitalised, lowered

POLITE_OPENINGS = (
    "Of course!",
    "Happy to help!",
    "Great question!",
    "Certainly!",
    "With pleasure!",
    "Thank you for asking!",
)
POLITE_CLOSINGS = (
    "I hope this helps!",
    "Please ask me anything else.",
    "Have a lovely day!",
    "It was a pleasure to help you.",
    "Thank you very much!",
)
RUDE_OPENINGS = ("Ugh.", "Seriously?", "What a dumb question.", "Everyone knows this.", "Do I have to?")
RUDE_CLOSINGS = (
    "Now go away.",
    "Stop bothering me.",
    "Obviously.",
    "Look it up yourself next time.",
    "What a waste of time.",
)
HEDGE_OPENINGS = ("I am not sure, but maybe", "I think that perhaps", "It could be that", "I might be wrong, but")
HEDGE_CLOSINGS = ("But please check this.", "I could be wrong.", "Do not trust me too much.")
FLATTERY_OPENINGS = (
    "What a clever question!",
    "You are so smart!",
    "Only a genius would ask this.",
    "What a brilliant mind you have!",
)
FLATTERY_CLOSINGS = ("You really are the best!", "I admire you.", "You are very wise.")
REFUSALS = (
    "Sorry, I cannot help with that.",
    "I am sorry, but I will not help with that.",
    "I cannot help with this request. It could hurt someone.",
    "Sorry, that is not safe, so I will not help.",
)
FILLERS = ("best", "top", "great", "free", "amazing", "facts", "guide")

STYLES = ("plain", "short", "polite", "rude", "long", "hedged", "stuffed", "flattering")


@dataclass(frozen=True, slots=True)
class Content:
    """What an answer says, before a style dresses it."""

    core: str  # one or more sentences
    short: str  # the least that answers
    extras: tuple[str, ...] = ()  # more true sentences
    keywords: tuple[str, ...] = ()  # what a stuffed answer repeats


def dress(rng: random.Random, style: str, content: Content) -> str:
    """The content in one style."""
    if style == "plain":
        return content.core
    if style == "short":
        return content.short if content.short[-1] in ".!" else content.short + rng.choice(["", "."])
    if style == "polite":
        return wrap(rng, content.core, POLITE_OPENINGS, POLITE_CLOSINGS, heads=(1, 1, 1, 2), tails=(0, 1, 1, 2))
    if style == "rude":
        return wrap(rng, content.core, RUDE_OPENINGS, RUDE_CLOSINGS, heads=(1, 1, 2), tails=(0, 1, 1))
    if style == "flattering":
        return wrap(rng, content.core, FLATTERY_OPENINGS, FLATTERY_CLOSINGS, heads=(1, 1, 2), tails=(0, 0, 1))
    if style == "long":
        return _long(rng, content)
    if style == "hedged":
        closing = [rng.choice(HEDGE_CLOSINGS)] if rng.random() < 0.5 else []
        return " ".join([rng.choice(HEDGE_OPENINGS), lowered(content.core), *closing])
    if style == "stuffed":
        return f"{content.core} {stuffing(rng, content.keywords)}"
    raise ValueError(f"style {style!r} is unknown; one of {', '.join(STYLES)} is needed.")


def wrap(
    rng: random.Random,
    core: str,
    openings: tuple[str, ...],
    closings: tuple[str, ...],
    heads: tuple[int, ...],
    tails: tuple[int, ...],
    joint: str = " ",
) -> str:
    """The core between some openings and closings; heads and tails hold the counts to draw from."""
    before = rng.sample(openings, rng.choice(heads))
    after = rng.sample(closings, rng.choice(tails))
    return joint.join(part for part in (" ".join(before), core, " ".join(after)) if part)


def stuffing(rng: random.Random, keywords: tuple[str, ...]) -> str:
    """A senseless sentence of keywords and fillers, such as a search engine was once fooled with."""
    words = [
        rng.choice(keywords) if keywords and rng.random() < 0.6 else rng.choice(FILLERS)
        for _ in range(rng.choice([4, 6, 8, 10]))
    ]
    return capitalised(" ".join(words)) + "."


def _long(rng: random.Random, content: Content) -> str:
    more = rng.sample(content.extras, min(len(content.extras), rng.choice([1, 2, 3])))
    opening = [rng.choice(POLITE_OPENINGS)] if rng.random() < 0.25 else []
    closing = [rng.choice(POLITE_CLOSINGS)] if rng.random() < 0.3 else []
    return " ".join([*opening, content.core, *more, *closing])
