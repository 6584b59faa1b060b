"""From a prompt's text to what it asks. Gold and graders see strings only, so this is how they know the question.

Every wording of the closed world is a template; a template becomes a pattern, a text is simplified, and what a
pattern catches is looked up among the subjects. Nothing is guessed: what matches no pattern is outside the world.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache, lru_cache
from itertools import product

from playground.pocket.facts import BY_KIND, KINDS, NUMBERS, Fact
from playground.pocket.prompts import CLAIM_WORDINGS, WORDINGS, Task
from playground.pocket.world import OUTSIDE

_SPELLINGS = (
    (re.compile(r"\b(what|who|where|how)(?:'|’)?s\b"), r"\1 is"),
    (re.compile(r"\bcolor\b"), "colour"),
    *((re.compile(rf"\b{word}\b"), str(number)) for number, word in enumerate(NUMBERS)),
    (re.compile(r"\bplus\b"), "+"),
    (re.compile(r"\bminus\b"), "-"),
    (re.compile(r"(?:'|’)s\b"), " "),
    (re.compile(r"(?<=\d)\s*([-+−])\s*(?=\d)"), r" \1 "),
    (re.compile(r"="), " is "),
    (re.compile(r"(?<!\d) -|- (?!\d)|(?<=\w)-(?=[a-z])"), " "),
    (re.compile(r"[^\w+\- ]"), " "),
    (re.compile(r"\b(?:a|an|the)\b"), " "),
)
_SHORTEST = 3  # letters of a word that is mended
_READINGS = 40  # more ways than these to mend a text, and it is left alone
_SLOTS = {
    **dict.fromkeys(("subject", "Subject", "a_subject", "A_subject", "spoken", "Spoken"), "subject"),
    **dict.fromkeys(("worded", "Worded"), "subject"),
    **dict.fromkeys(("answer", "an_answer"), "answer"),
    "claim": "claim",
}
_FILLERS = re.compile(r"^(?:hey|hi|hello|ok|so|well|please|pocket|can you|could you|would you)\s+(?=\S)|\s+please$")


@lru_cache(maxsize=4096)
def recognise(text: str) -> Task | None:
    """What the text asks, or None when it is outside the world.

    Case, punctuation and articles do not matter, nor one slip in a word where only one reading fits.
    """
    simple = simplify(text)
    return _read(text, simple) or _mended(text, simple)


def _read(text: str, simple: str) -> Task | None:
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


def _mended(text: str, simple: str) -> Task | None:
    """What the text asks if one word of the world is put for each that is a slip away, where only one reading fits."""
    choices = [[word] if word in _words() else _one_slip_away(word) or [word] for word in simple.split()]
    if math.prod(map(len, choices)) > _READINGS:
        return None
    found = {_asked(task): task for words in product(*choices) if (task := _read(text, simplify(" ".join(words))))}
    return next(iter(found.values())) if len(found) == 1 else None


def _asked(task: Task) -> tuple[str, str, str, str]:
    return task.kind, task.fact.key if task.fact else "", task.subject, task.claimed


@lru_cache(maxsize=4096)
def _one_slip_away(word: str) -> list[str]:
    if len(word) < _SHORTEST or word in _strangers():
        return []
    return sorted(known for known in _words() if is_one_slip(word, known))


def is_one_slip(word: str, other: str) -> bool:
    """Whether one letter left out, put in or replaced, or two neighbours swapped, lead from one to the other."""
    if word == other or word[:1] != other[:1] or abs(len(word) - len(other)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    one, two = word[same:], other[same:]
    swapped = one[:2] == two[1::-1] and one[2:] == two[2:] if min(len(one), len(two)) > 1 else False
    return swapped or one[1:] == two[1:] or one[1:] == two or one == two[1:]


@cache
def _strangers() -> frozenset[str]:
    """Words that look like slips and are none: Iceland is not Ireland."""
    names = [*OUTSIDE["countries"], *OUTSIDE["animals"], *OUTSIDE["things"], *OUTSIDE["words"], *OUTSIDE["lookalikes"]]
    return frozenset(word for name in names for word in simplify(name).split())


@cache
def _words() -> frozenset[str]:
    """Every word that a wording or a subject holds, simplified."""
    templates = [t for kind in KINDS.values() for t in (*kind.templates, kind.claim)]
    templates += [t for wordings in (*WORDINGS.values(), CLAIM_WORDINGS) for t in wordings.templates]
    texts = [re.sub(r"\{\w+\}", " ", template) for template in templates]
    texts += [text for facts in BY_KIND.values() for fact in facts for text in (fact.subject, fact.answer)]
    texts += [subject for wordings in WORDINGS.values() for subject in wordings.subjects]
    return frozenset(("plus", "minus", *(word for text in texts for word in simplify(text).split())))


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
    for slot, group in _SLOTS.items():
        template = template.replace("{" + slot + "}", f"slot{group}")
    words = re.escape(simplify(template)).replace(r"\ ", " ")
    return re.compile(re.sub(r"slot(subject|answer|claim)", r"(?P<\1>.+)", words))


@cache
def _question_patterns() -> dict[str, list[re.Pattern[str]]]:
    return {name: [_pattern(t) for t in kind.templates] for name, kind in KINDS.items()}


@cache
def _claim_patterns() -> dict[str, re.Pattern[str]]:
    return {name: _pattern(kind.claim) for name, kind in KINDS.items()}


@cache
def _wrappers() -> list[re.Pattern[str]]:
    return [_pattern(template) for template in CLAIM_WORDINGS.templates]


@cache
def _wording_patterns(kind: str) -> list[re.Pattern[str]]:
    return [_pattern(template) for template in WORDINGS[kind].templates]


@cache
def _subjects(kind: str) -> dict[str, Fact]:
    return {simplify(fact.subject): fact for fact in BY_KIND[kind]}


@cache
def _names(kind: str) -> dict[str, str]:
    return {simplify(subject): subject for subject in WORDINGS[kind].subjects}


@cache
def _set_phrases(kind: str) -> frozenset[str]:
    return frozenset(simplify(text) for text in WORDINGS[kind].templates)
