"""What a text states, in the world's own sentences: of which subject it says which answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from playground.pocket.facts import BY_KIND, KINDS, NUMBERS, Fact

_SUM = r"\d+ ?(?:[+-]|plus|minus) ?\d+"
_ARTICLE = "(?:an? |the )?"
_COUNTS = {"no": "0", **{word: str(number) for number, word in enumerate(NUMBERS)}}  # of legs


def about_it(fact: Fact, text: str) -> str:
    """The text in small letters, without what it states of others than the fact's subject."""
    return _statement(fact.kind.name).sub(lambda said: said[0] if _is_of(fact, said) else " ", text.casefold())


def stated(fact: Fact, text: str) -> list[str]:
    """The answers that the text states of the fact's subject, in small letters and in order."""
    found = _statement(fact.kind.name).finditer(text.casefold())
    counts = _COUNTS if fact.kind.name == "legs" else {}
    return [counts.get(said["answer"], said["answer"]) for said in found if _is_of(fact, said)]


def _is_of(fact: Fact, said: re.Match[str]) -> bool:
    return _plain(said["subject"]) == _plain(fact.subject.casefold())


def _plain(subject: str) -> str:
    """`2+3` for `2 plus 3`."""
    return subject.replace("plus", "+").replace("minus", "-").replace(" ", "")


@cache
def _statement(kind: str) -> re.Pattern[str]:
    """The kind's claim about any subject with any answer, as it stands in a text in small letters."""
    facts = BY_KIND[kind]
    subject, answer = _SUM, r"-?\d+"
    if kind != "sum":
        subject = _any_of(fact.subject for fact in facts)
        answer = _any_of(answer for fact in facts for answer in (*fact.pool, *(_COUNTS if kind == "legs" else ())))
    subject, answer = f"{_ARTICLE}(?P<subject>{subject})", f"{_ARTICLE}(?P<answer>{answer})"
    claim = KINDS[kind].claim.casefold().replace(" = ", " ?(?:=|is) ?")
    words = claim.format(subject=subject, a_subject=subject, answer=answer, an_answer=answer)
    return re.compile(rf"(?<!\w){words}(?!\w)")


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted({re.escape(word.casefold()) for word in words}, key=len, reverse=True))
