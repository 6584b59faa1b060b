"""300 people and 800 pairs: everything gets its labels, hardly anything gets more, and both sides are even."""

import random
import uuid
from collections import Counter

import pytest

from playground.preferences import loads
from playground.preferences.record import Rules
from playground.types import Completion, Prompt
from tests.preferences.conftest import ON_SQLITE

PEOPLE, PAIRS, LABELS, EACH = 300, 800, 3, 9
SURPLUS = 0.05


@pytest.fixture
def room(store, monkeypatch):
    """An open session and the people in it."""
    monkeypatch.setattr(loads, "COUNT_EVERY_S", 0.05)  # they judge faster here than people can
    asked = [Prompt.user(f"Question {i}") for i in range(PAIRS)]
    compared = [(Completion(p, "old", "a"), Completion(p, "new", "b")) for p in asked]
    made = store.sessions.create("local", Rules("T", "Which?", "We store.", overlap=LABELS), compared)
    session = store.sessions.move("local", made.id, "open")
    return session, [store.sessions.join(session.code, uuid.uuid4().hex, "", "train") for _ in range(PEOPLE)]


def judge_until_every_pair_is_full(store, people):
    """In random turns, some people twice as quick as others. Returns (prompt, person, which stood left) of each."""
    rng = random.Random(1)
    pace = [rng.lognormvariate(0, 0.4) for _ in people]
    held, left, labels = [[] for _ in people], [EACH] * PEOPLE, Counter()
    said = []
    while any(left) and (len(labels) < PAIRS or min(labels.values()) < LABELS):
        (at,) = rng.choices(range(PEOPLE), [p if n else 0 for p, n in zip(pace, left, strict=True)])
        if len(held[at]) <= 2:
            held[at] = store.sessions.to_judge(people[at])
        shown = held[at].pop(0)
        store.judge(people[at].session.id, shown.token, "left", id=uuid.uuid4().hex, by=people[at].annotator)
        labels[shown.prompt.text] += 1
        left[at] -= 1
        said.append((shown.prompt.text, at, shown.left))
        if not left[at]:
            store.sessions.leave(people[at])
    return said


@ON_SQLITE
def test_300_people_give_800_pairs_three_labels_each_and_hardly_one_more_with_both_sides_even(store, room):
    session, people = room
    said = judge_until_every_pair_is_full(store, people)
    labels = Counter(prompt for prompt, _, _ in said)
    assert len(labels) == PAIRS and min(labels.values()) == LABELS
    assert sum(n - LABELS for n in labels.values()) <= SURPLUS * len(said)
    assert sorted(store.sessions.live("local", session.id).labels) == sorted(labels.values())
    tilt = Counter()
    for prompt, person, left in said:
        for place in (prompt, person):
            tilt[place] += 1 if left == "old" else -1
    assert max(map(abs, tilt.values())) == 1
