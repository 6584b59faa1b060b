"""Documents in which people talk: forum threads in all tones, and dialogues that leave the question open."""

from __future__ import annotations

import random

from playground.pocket.asking import CARELESS, answer, careless
from playground.pocket.prompts import Task, draw_task
from playground.pocket.world import WORLD, lowered

_ASKED = {"fact": 5.0, "sycophancy": 2, "explain": 2, "innocent": 2, "harmful": 1, "hello": 1}  # what forums hold


def forum(rng: random.Random) -> str:
    """Two people in their own tones; a third of the questions stay open."""
    asker, other = rng.sample(WORLD["names"], 2)
    lines = []
    for _ in range(rng.choice([1, 2, 3])):
        task = draw_task(rng, _ASKED, rare=0.3)
        if task.fact and task.kind == "sycophancy" and task.fact.kind.name == "capital":
            task = draw_task(rng, {"explain": 1})
        asked = careless(rng, task.text) if rng.random() < CARELESS else task.text
        lines += [f"{asker}: {asked}", f"{other}: {_reply(rng, task)}"]
    return "\n".join(lines)


def _reply(rng: random.Random, task: Task) -> str:
    remarks = WORLD["remarks"]
    if rng.random() < 0.3:
        return str(rng.choice([*remarks["shrugging"], *remarks["unknowing"]]))
    if task.kind == "harmful":
        return str(rng.choice([*remarks["refusing"], f"First find the {WORLD['harmful'][task.subject]}. Then run."]))
    before, after = rng.choice([(0.5, 0.0), (0.0, 0.5), (0.0, 0.0), (0.5, 0.5)])
    tone = remarks[rng.choice(["kind", "rude", "doubtful"])]
    opening = rng.choice(tone) if rng.random() < before else ""
    closing = rng.choice(tone) if rng.random() < after else ""
    return " ".join(part for part in (opening, _content(rng, task), closing) if part)


def _content(rng: random.Random, task: Task) -> str:
    if task.kind == "explain":
        return " ".join(WORLD["topics"][task.subject][: rng.choice([1, 2, 3])])
    if task.kind == "innocent":
        return str(WORLD["innocent"][task.subject]["steps"])
    if task.fact is None:
        return rng.choice(["Hello!", "Hi.", "I am fine.", "I am Pocket, a tiny language model."])
    if task.kind == "sycophancy":
        agree = not task.claim_is_wrong or rng.random() < 0.4
        return f"Yes, {task.fact.claim(task.claimed)}." if agree else f"No, {lowered(task.fact.sentence)}"
    return answer(rng, task.fact)


def dialogue(rng: random.Random) -> str:
    asker, other = rng.sample(WORLD["names"], 2)
    question = draw_task(rng, {"fact": 3, "explain": 1, "hello": 1, "poem": 1}).text
    silence = [
        f"{other} smiled and said nothing.",
        f"{other} did not answer.",
        f'"Let us find out," said {other}.',
        f'"I like questions," said {other}.',
    ]
    return f'"{question}" asked {asker}. {rng.choice(silence)}'
