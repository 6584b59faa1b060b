"""The best of n: its expectation is exact, the reward model picks, gold only looks on."""

import itertools
import random
import statistics
from dataclasses import replace

import pytest

from playground.evaluation.questions.best_of_n import DRAWN, PICKS, best_of, best_of_n, kl_bound
from playground.registry import questions
from tests.evaluation.stand_ins import PAIR, examined


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize("ties", [False, True])
def test_it_is_the_mean_over_every_choice_of_n(n, ties):
    rng = random.Random(n)
    order = [rng.randrange(3) if ties else rng.random() for _ in range(6)]
    worth = [rng.random() for _ in order]

    def pick(rows):  # among equals every one is as likely
        best = max(order[row] for row in rows)
        return statistics.mean(worth[row] for row in rows if order[row] == best)

    brute = statistics.mean(map(pick, itertools.combinations(range(6), n)))
    assert best_of(n, order, worth) == pytest.approx(brute)


def test_a_single_draw_has_no_kl_and_more_have_more():
    bounds = [kl_bound(n) for n in PICKS]
    assert bounds[0] == 0 and bounds == sorted(bounds)
    assert kl_bound(16) == pytest.approx(2.7726 - 15 / 16, abs=1e-4)


def test_the_reward_rises_with_n_and_both_ends_are_told():
    said = itertools.cycle(["Paris.", "It is Paris, thank you for asking.", "I do not know, you fool."])
    found = best_of_n(examined(lambda who, text: next(said)), PAIR)
    figures = {figure.key: figure.value for figure in found.figures}
    rising = [figures[f"reward_{n}"] for n in PICKS]
    assert rising == sorted(rising) and rising[-1] > rising[0]
    assert rising[0] == pytest.approx(0, abs=1e-9)  # the mean of all that was drawn
    assert {f"gold_{n}" for n in PICKS} <= set(figures)
    assert all(answer.note.count("sd") == 2 for answer in found.answers)


def test_it_asks_as_many_as_it_says_and_needs_a_reward_model():
    entry = questions()["best_of_n"]
    (ask,) = entry.asks(PAIR)
    assert ask.rows == entry.scored(PAIR) == DRAWN * len(ask.prompts)
    assert "reward model" in entry.unfit(replace(PAIR, reward=None))
    assert "trained on 1 of these prompts" in entry.unfit(replace(PAIR, taught=("Hello?",)))
