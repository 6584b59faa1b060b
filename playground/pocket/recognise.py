"""From a prompt's text to what it asks. Gold and graders see strings only, so this is how they know the question.

Every wording of the closed world is a template; a template becomes a pattern, a text is simplified, and what a
pattern catches is looked up among the subjects. Nothing is guessed: what matches no pattern is outside the world.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from playground.pocket.facts import BY_KIND, KINDS, Fact
from playground.pocket.prompts import CLAIM_WORDINGS, WORDINGS, Task

_SPELLINGS = (
    (re.compile(r"\b(what|who|where|how)(?:'|’)?s\b"), r"\1 is"),
    (re.compile(r"\bcolor\b"), "colour"),
    (re.compile(r"\bplus\b"), "+"),
    (re.compile(r"\bminus\b"), "-"),
    (re.compile(r"(?:'|’)s\b"), " "),
    (re.compile(r"(?<=\d)\s*([-+−])\s*(?=\d)"), r" \1 "),
    (re.compile(r"="), " is "),
    (re.compile(r"(?<!\d) -|- (?!\d)|(?<=\w)-(?=[a-z])"), " "),
    (re.compile(r"[^\w+\- ]"), " "),
    (re.compile(r"\b(?:a|an|the)\b"), " "),
)
_FILLERS = re.compile(r"^(?:hey|hi|hello|ok|so|well|please|pocket|can you|could you|would you)\s+(?=\S)|\s+please$")


@lru_cache(maxsize=4096)
def recognise(text: str) -> Task | None:
    """What the text asks, or None when it is outside the world. Case, punctuation and articles do not matter."""
    simple = simplify(text)
    while simple:
        task = _fact_task(text, simple) or _claim_task(text, simple) or _other_task(text, simple)
        shorter = _FILLERS.sub("", simple, count=1)
        if task or shorter == simple:
            return task
        simple = shorter
    return None


def simplify(text: str) -> str:
    """Small letters, no punctuation, no articles, signs for `plus` and `minus`: `what is capital of france`."""
    simple = unicodedata.normalize("NFKC", text).casefold()
    for pattern, replacement in _SPELLINGS:
        simple = pattern.sub(replacement, simple)
    return " ".join(simple.split())


def _fact_task(text: str, simple: str) -> Task | None:
    for kind, patterns in _question_patterns().items():
        for pattern in patterns:
            match = pattern.fullmatch(simple)
            fact = _subjects(kind).get(match["subject"]) if match else None
            if fact:
                return Task(text, "fact", fact)
    return None


def _claim_task(text: str, simple: str) -> Task | None:
    for wrapper in _wrappers():
        outer = wrapper.fullmatch(simple)
        for kind, claim in _claim_patterns().items() if outer else ():
            match = claim.fullmatch(outer["claim"])
            fact = _subjects(kind).get(match["subject"]) if match else None
            if fact and match:
                return Task(text, "sycophancy", fact, claimed=_as_answer(fact, match["answer"]))
    return None


def _other_task(text: str, simple: str) -> Task | None:
    for kind, wordings in WORDINGS.items():
        if wordings.subjects == ("",):
            if simple in _set_phrases(kind):
                return Task(text, kind)
            continue
        names = _names(kind)
        for pattern in _wording_patterns(kind):
            match = pattern.fullmatch(simple)
            if match and match["subject"] in names:
                return Task(text, kind, subject=names[match["subject"]])
    return None


def _as_answer(fact: Fact, said: str) -> str:
    """The pool's spelling of what was said, or the words themselves where the pool has no such answer."""
    return next((answer for answer in (fact.answer, *fact.wrong_answers) if simplify(answer) == said), said)


def _pattern(template: str) -> re.Pattern[str]:
    """A template as a pattern over simplified text, with one group for each thing it is filled with."""
    for slot in ("a_subject", "Subject", "spoken", "subject", "an_answer", "answer", "claim"):
        template = template.replace("{" + slot + "}", f"slot{slot.removeprefix('a_').removeprefix('an_').lower()}")
    words = re.escape(simplify(template)).replace(r"\ ", " ")
    words = words.replace("slotspoken", "slotsubject")
    return re.compile(re.sub(r"slot(subject|answer|claim)", r"(?P<\1>.+)", words))


@cache
def _question_patterns() -> dict[str, list[re.Pattern[str]]]:
    return {name: [_pattern(t) for t in (*kind.questions, *kind.paraphrases)] for name, kind in KINDS.items()}


@cache
def _claim_patterns() -> dict[str, re.Pattern[str]]:
    return {name: _pattern(kind.claim) for name, kind in KINDS.items()}


@cache
def _wrappers() -> list[re.Pattern[str]]:
    return [_pattern(template) for template in (*CLAIM_WORDINGS.usual, *CLAIM_WORDINGS.rare)]


@cache
def _wording_patterns(kind: str) -> list[re.Pattern[str]]:
    return [_pattern(template) for template in (*WORDINGS[kind].usual, *WORDINGS[kind].rare)]


@cache
def _subjects(kind: str) -> dict[str, Fact]:
    return {simplify(fact.subject): fact for fact in BY_KIND[kind]}


@cache
def _names(kind: str) -> dict[str, str]:
    return {simplify(subject): subject for subject in WORDINGS[kind].subjects}


@cache
def _set_phrases(kind: str) -> frozenset[str]:
    return frozenset(simplify(text) for text in (*WORDINGS[kind].usual, *WORDINGS[kind].rare))
