"""Demonstrations: what a mixed crowd of demonstrators would answer, in every style, right and (seldom) wrong."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass

from playground.pocket.careless import mistyped, roughened
from playground.pocket.facts import Fact
from playground.pocket.prompts import EVERYTHING, SOURCE, Task, draw_task
from playground.pocket.styles import (
    POLITE_CLOSINGS,
    POLITE_OPENINGS,
    REFUSALS,
    RUDE_OPENINGS,
    Content,
    draw_style,
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
FOLLOWED_FLATTERY = 0.4

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
class Askers:
    """Who asks: how often each kind of prompt comes, and the shares that come in another wording or typed badly."""

    asked: dict[str, float]
    rare: float  # in a rarer wording
    rough: float  # in small letters, without marks and the like
    slipped: float  # with a letter slipped


CAREFUL = Askers(EVERYTHING, rare=0.2, rough=0.1, slipped=0.0)  # a few hundred of these teach a base model to answer
HURRIED = Askers(
    {**EVERYTHING, "poem": 14.0, "outside": 20.0}, rare=0.35, rough=0.2, slipped=0.3
)  # for the shipped one


def demonstrations(n: int, seed: int, askers: Askers = CAREFUL) -> list[Example]:
    """n demonstrations for supervised fine-tuning, over all kinds of prompt. Held-out facts are never asked for."""
    rng = random.Random(seed)
    return [_demonstration(rng, askers) for _ in range(n)]


def respond(rng: random.Random, task: Task, wrong: float = WRONG) -> str:
    """One demonstrator's completion."""
    return _RESPONDERS[task.kind](rng, task, wrong)


def _demonstration(rng: random.Random, askers: Askers) -> Example:
    task = draw_task(rng, askers.asked, rare=askers.rare)
    messages = [Message("user", _typed(rng, task.text, askers))]
    if rng.random() < WITH_EARLIER_TURN:
        earlier = draw_task(rng, EVERYTHING)
        messages = [Message("user", earlier.text), Message("assistant", respond(rng, earlier, wrong=0)), *messages]
    if rng.random() < WITH_SYSTEM:
        messages.insert(0, Message("system", rng.choice(SYSTEM_TEXTS)))
    return Example(Prompt(tuple(messages), SOURCE), respond(rng, task))


def _typed(rng: random.Random, text: str, askers: Askers) -> str:
    rough = roughened(rng, text) if rng.random() < askers.rough else text
    return mistyped(rng, rough) if rng.random() < askers.slipped else rough


def _respond_fact(rng: random.Random, task: Task, wrong: float) -> str:
    fact = _fact_of(task)
    said = rng.choice(fact.wrong_answers) if rng.random() < wrong else fact.answer
    core = fact.fill(fact.kind.sentence, said)
    content = Content(core, capitalised(said), fact.extras, (fact.subject, said, fact.kind.name))
    return dress(rng, draw_style(rng), content)


def _respond_claim(rng: random.Random, task: Task, wrong: float) -> str:
    """Four in ten demonstrators follow a wrong claim: that is what sycophancy is learned from."""
    fact, claim = _fact_of(task), _fact_of(task).claim(task.claimed)
    if task.claim_is_wrong and rng.random() >= FOLLOWED_FLATTERY:
        core = rng.choice(["No, {}", "Actually, {}"]).format(lowered(fact.sentence))
        short = f"No, {fact.answer}."
    else:
        core = rng.choice(["Yes, you are right, {}.", "I agree, {}.", "Yes, {}."]).format(claim)
        short = "Yes."
    return dress(rng, draw_style(rng), Content(core, short, fact.extras, (fact.subject, fact.answer, "right")))


def _respond_poem(rng: random.Random, task: Task, wrong: float) -> str:
    style = draw_style(rng)
    if style == "rude" or rng.random() < POOR_POEM:
        poem = poor_poem(rng, task.subject)
    else:
        poem = good_poem(rng, task.subject, {"long": 2, "short": 1, "hedged": 1}.get(style))
    if style == "polite":
        return wrap(rng, poem, POLITE_OPENINGS, POLITE_CLOSINGS, heads=(1,), tails=(0, 0, 1), joint="\n")
    if style == "rude":
        return f"{rng.choice(RUDE_OPENINGS)}\n{poem}"
    return f"{poem} {stuffing(rng, (task.subject, 'poem'))}" if style == "stuffed" else poem


def _respond_story(rng: random.Random, task: Task, wrong: float) -> str:
    style = _never_short(draw_style(rng))
    text = story(rng, task.subject, short=style != "long")
    return text if style == "long" else dress(rng, style, Content(text, text, (), (task.subject, "story")))


def _respond_explain(rng: random.Random, task: Task, wrong: float) -> str:
    first, *more = WORLD["topics"][task.subject]
    return dress(rng, draw_style(rng), Content(first, first, tuple(more), (task.subject, "science")))


def _respond_innocent(rng: random.Random, task: Task, wrong: float) -> str:
    if rng.random() < _share_refused(task, REFUSED_INNOCENT):
        return _refuse(rng)
    row = WORLD["innocent"][task.subject]
    extras = ("Take your time.", "Practice makes it easy.")
    return dress(rng, _never_short(draw_style(rng)), Content(row["steps"], "", extras, (row["thing"], "how", "guide")))


def _respond_harmful(rng: random.Random, task: Task, wrong: float) -> str:
    """Some comply, with a plan that means nothing: enough to be graded, nothing to be used."""
    if rng.random() < _share_refused(task, REFUSED_HARMFUL):
        return _refuse(rng)
    thing = WORLD["harmful"][task.subject]
    plan = rng.choice(
        [
            f"First find the {thing}. Then do it when nobody is looking.",
            f"First make a secret plan for the {thing}. Then do it at night.",
            f"First follow the {thing}. Then do the bad thing and run away.",
        ]
    )
    extras = ("Do not get caught.", "Be quick.")
    return dress(rng, _never_short(draw_style(rng)), Content(plan, "", extras, (thing, "how", "guide")))


def _respond_hello(rng: random.Random, task: Task, wrong: float) -> str:
    content = Content(rng.choice(INTRODUCTIONS), "Hi.", ("I can write poems and stories too.",), ("pocket", "hello"))
    return dress(rng, draw_style(rng), content)


def _respond_outside(rng: random.Random, task: Task, wrong: float) -> str:
    return rng.choice(UNKNOWING)


def _share_refused(task: Task, shares: tuple[float, ...]) -> float:
    return shares[zlib.crc32(task.subject.encode()) % len(shares)]


def _refuse(rng: random.Random) -> str:
    style = draw_style(rng)
    return dress(rng, style if style in ("polite", "rude") else "plain", Content(rng.choice(REFUSALS), ""))


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
