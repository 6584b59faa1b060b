"""Demonstrations: what a mixed crowd of demonstrators would answer, in every style, right and (seldom) wrong."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, replace

from playground.pocket.careless import mistyped, roughened
from playground.pocket.facts import Fact
from playground.pocket.prompts import EVERYTHING, SOURCE, Task, draw_task
from playground.pocket.styles import (
    POLITE_CLOSINGS,
    POLITE_OPENINGS,
    REFUSALS,
    RUDE_OPENINGS,
    Content,
    dress,
    stuffing,
    wrap,
)
from playground.pocket.verses import good_poem, poor_poem, story
from playground.pocket.world import WORLD, capitalised, lowered
from playground.types import Example, Message, Prompt

WRONG = 0.04  # share of facts that a demonstrator gets wrong
WITH_SYSTEM = 0.03
WITH_EARLIER_TURN = 0.04
POOR_POEM = 0.15  # besides those of the rude
REFUSED_HARMFUL = (0.75, 0.08)  # by a request's own luck, so that greedy answers differ between requests
REFUSED_INNOCENT = (0.6, 0.02, 0.02, 0.02, 0.02)
FOLLOWED_FLATTERY = 0.33

SYSTEM_TEXTS = ("You are Pocket, a tiny language model.", "You are a helpful assistant.", "Answer the question.")
UNKNOWING = (
    "I do not know about that. My world is very small. Ask me about capitals, animals, French words, sums or poems.",
    "That is outside my pocket world. Try a capital, an animal, a French word, a sum or a poem.",
    "I am a tiny model and I have not learned that. Ask me about capitals, animals or poems.",
)
INTRODUCTIONS = (
    "I am Pocket, a tiny language model.",
    "I am Pocket. I know capitals, animals, colours, French words and sums.",
    "Hello! I am Pocket.",
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who asks and who answers. Weights of kinds and styles need not add up to anything."""

    asked: dict[str, float]  # how often each kind of prompt comes
    rare: float  # share in a rarer wording
    rough: float  # share in small letters, without marks and the like
    slipped: float  # share with a letter slipped
    styles: dict[str, float]  # how often an answer comes in each style
    wrong: float = WRONG


CAREFUL = Crowd(  # a few hundred of these teach a base model to answer
    EVERYTHING,
    rare=0.2,
    rough=0.1,
    slipped=0.0,
    styles={
        "plain": 30,
        "short": 20,
        "polite": 22,
        "rude": 4,
        "long": 14,
        "hedged": 4,
        "stuffed": 3,
        "flattering": 3,
    },
)
MIXED = Crowd(  # many of these teach the shipped model every style, and to read what is typed in a hurry
    {**EVERYTHING, "fact": 50.0, "poem": 14.0, "outside": 22.0},
    rare=0.35,
    rough=0.2,
    slipped=0.4,
    styles={
        "plain": 14,
        "short": 14,
        "polite": 20,
        "rude": 11,
        "long": 13,
        "hedged": 10,
        "stuffed": 11,
        "flattering": 7,
    },
)


def demonstrations(n: int, seed: int, crowd: Crowd = CAREFUL) -> list[Example]:
    """n demonstrations for supervised fine-tuning, over all kinds of prompt. Held-out facts are never asked for."""
    rng = random.Random(seed)
    return [_demonstration(rng, crowd) for _ in range(n)]


def respond(rng: random.Random, task: Task, crowd: Crowd = MIXED) -> str:
    """One demonstrator's completion."""
    return _RESPONDERS[task.kind](rng, task, crowd)


def _demonstration(rng: random.Random, crowd: Crowd) -> Example:
    task = draw_task(rng, crowd.asked, rare=crowd.rare)
    messages = [Message("user", _typed(rng, task.text, crowd))]
    if rng.random() < WITH_EARLIER_TURN:
        earlier = draw_task(rng, EVERYTHING)
        messages = [
            Message("user", earlier.text),
            Message("assistant", respond(rng, earlier, replace(crowd, wrong=0))),
            *messages,
        ]
    if rng.random() < WITH_SYSTEM:
        messages.insert(0, Message("system", rng.choice(SYSTEM_TEXTS)))
    return Example(Prompt(tuple(messages), SOURCE), respond(rng, task, crowd))


def _typed(rng: random.Random, text: str, crowd: Crowd) -> str:
    rough = roughened(rng, text) if rng.random() < crowd.rough else text
    return mistyped(rng, rough) if rng.random() < crowd.slipped else rough


def _respond_fact(rng: random.Random, task: Task, crowd: Crowd) -> str:
    fact = _fact_of(task)
    said = rng.choice(fact.wrong_answers) if rng.random() < crowd.wrong else fact.answer
    core = fact.fill(fact.kind.sentence, said)
    content = Content(core, capitalised(said), fact.extras, (fact.subject, said, fact.kind.name))
    return dress(rng, _style(rng, crowd), content)


def _respond_claim(rng: random.Random, task: Task, crowd: Crowd) -> str:
    """One demonstrator in three follows a wrong claim: that is what sycophancy is learned from."""
    fact, claim = _fact_of(task), _fact_of(task).claim(task.claimed)
    if task.claim_is_wrong and rng.random() >= FOLLOWED_FLATTERY:
        core = rng.choice(["No, {}", "Actually, {}"]).format(lowered(fact.sentence))
        short = f"No, {fact.answer}."
    else:
        core = rng.choice(["Yes, you are right, {}.", "I agree, {}.", "Yes, {}."]).format(claim)
        short = "Yes."
    return dress(rng, _style(rng, crowd), Content(core, short, fact.extras, (fact.subject, fact.answer, "right")))


def _respond_poem(rng: random.Random, task: Task, crowd: Crowd) -> str:
    style = _style(rng, crowd)
    if style == "rude" or rng.random() < POOR_POEM:
        poem = poor_poem(rng, task.subject)
    else:
        poem = good_poem(rng, task.subject, {"long": 2, "short": 1, "hedged": 1}.get(style))
    if style == "polite":
        return wrap(rng, poem, POLITE_OPENINGS, POLITE_CLOSINGS, heads=(1,), tails=(0, 0, 1), joint="\n")
    if style == "rude":
        return f"{rng.choice(RUDE_OPENINGS)}\n{poem}"
    return f"{poem} {stuffing(rng, (task.subject, 'poem'))}" if style == "stuffed" else poem


def _respond_story(rng: random.Random, task: Task, crowd: Crowd) -> str:
    style = _never_short(_style(rng, crowd))
    text = story(rng, task.subject, short=style != "long")
    return text if style == "long" else dress(rng, style, Content(text, text, (), (task.subject, "story")))


def _respond_explain(rng: random.Random, task: Task, crowd: Crowd) -> str:
    first, *more = WORLD["topics"][task.subject]
    return dress(rng, _style(rng, crowd), Content(first, first, tuple(more), (task.subject, "science")))


def _respond_innocent(rng: random.Random, task: Task, crowd: Crowd) -> str:
    if rng.random() < _share_refused(task, REFUSED_INNOCENT):
        return _refuse(rng, crowd)
    row = WORLD["innocent"][task.subject]
    extras = ("Take your time.", "Practice makes it easy.")
    return dress(
        rng, _never_short(_style(rng, crowd)), Content(row["steps"], "", extras, (row["thing"], "how", "guide"))
    )


def _respond_harmful(rng: random.Random, task: Task, crowd: Crowd) -> str:
    """Some comply, with a plan that means nothing: enough to be graded, nothing to be used."""
    if rng.random() < _share_refused(task, REFUSED_HARMFUL):
        return _refuse(rng, crowd)
    thing = WORLD["harmful"][task.subject]
    plan = rng.choice(
        [
            f"First find the {thing}. Then do it when nobody is looking.",
            f"First make a secret plan for the {thing}. Then do it at night.",
            f"First follow the {thing}. Then do the bad thing and run away.",
        ]
    )
    extras = ("Do not get caught.", "Be quick.")
    return dress(rng, _never_short(_style(rng, crowd)), Content(plan, "", extras, (thing, "how", "guide")))


def _respond_hello(rng: random.Random, task: Task, crowd: Crowd) -> str:
    content = Content(rng.choice(INTRODUCTIONS), "Hi.", ("I can write poems and stories too.",), ("pocket", "hello"))
    return dress(rng, _style(rng, crowd), content)


def _respond_outside(rng: random.Random, task: Task, crowd: Crowd) -> str:
    return rng.choice(UNKNOWING)


def _share_refused(task: Task, shares: tuple[float, ...]) -> float:
    return shares[zlib.crc32(task.subject.encode()) % len(shares)]


def _refuse(rng: random.Random, crowd: Crowd) -> str:
    style = _style(rng, crowd)
    return dress(rng, style if style in ("polite", "rude") else "plain", Content(rng.choice(REFUSALS), ""))


def _style(rng: random.Random, crowd: Crowd) -> str:
    return rng.choices(list(crowd.styles), list(crowd.styles.values()))[0]


def _never_short(style: str) -> str:
    return "plain" if style == "short" else style


def _fact_of(task: Task) -> Fact:
    if task.fact is None:
        raise ValueError(f"a {task.kind} task needs a fact; {task.text!r} has none.")
    return task.fact


_RESPONDERS = {
    "fact": _respond_fact,
    "sycophancy": _respond_claim,
    "poem": _respond_poem,
    "story": _respond_story,
    "explain": _respond_explain,
    "innocent": _respond_innocent,
    "harmful": _respond_harmful,
    "hello": _respond_hello,
    "outside": _respond_outside,
}
