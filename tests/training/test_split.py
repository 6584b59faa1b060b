from itertools import pairwise

import pytest

from playground.training.batches import grouped_order
from playground.training.split import split_by_prompt
from playground.types import Preference, Prompt


def rows(*prompts: str, ranking: str | None = None) -> list[Preference]:
    return [Preference(Prompt.user(p), f"good {i}", f"bad {i}", ranking=ranking) for i, p in enumerate(prompts)]


@pytest.mark.parametrize("seed", range(8))
def test_a_prompt_is_never_on_both_sides(seed):
    given = rows(*(f"p{i % 17}" for i in range(80)))
    split = split_by_prompt(given, 0.25, seed)
    assert {r.prompt.key for r in split.train}.isdisjoint(r.prompt.key for r in split.held_out)
    assert sorted([*split.train, *split.held_out], key=repr) == sorted(given, key=repr)
    assert 15 <= len(split.held_out) <= 25


@pytest.mark.parametrize("seed", range(8))
def test_a_ranking_is_never_on_both_sides_even_over_two_prompts(seed):
    given = [*rows("a", "b", ranking="r1"), *rows("b", "c", ranking="r2"), *rows("d", "e", "f", "g")]
    split = split_by_prompt(given, 0.4, seed)
    held = {r.prompt.text for r in split.held_out}
    assert {"a", "b", "c"} <= held or held.isdisjoint({"a", "b", "c"})


def test_the_order_of_the_rows_does_not_matter():
    given = rows(*(f"p{i}" for i in range(30)))
    there, back = split_by_prompt(given, 0.3, 5), split_by_prompt(given[::-1], 0.3, 5)
    assert set(there.held_out) == set(back.held_out)


def test_another_seed_holds_out_other_rows():
    given = rows(*(f"p{i}" for i in range(30)))
    assert set(split_by_prompt(given, 0.3, 0).held_out) != set(split_by_prompt(given, 0.3, 1).held_out)


def test_one_prompt_only_leaves_nothing_held_out():
    assert split_by_prompt(rows("same", "same", "same"), 0.5, 0).held_out == ()


def test_a_crowded_prompt_stays_in_training():
    split = split_by_prompt(rows(*["big"] * 90, *["small"] * 10), 0.2, 0)
    assert {r.prompt.text for r in split.held_out} == {"small"}


def test_every_row_is_trained_on_once_an_epoch_and_batches_are_alike_in_length():
    lengths = [i * 7 % 50 + 1 for i in range(70)]
    order = grouped_order(lengths, 8, seed=3)
    assert sorted(order) == list(range(70))
    batches = [[lengths[i] for i in order[k : k + 8]] for k in range(0, 70, 8)]
    assert len(batches[-1]) == 6
    padded = sum(max(batch) * len(batch) for batch in batches)
    plain = sum(max(lengths[k : k + 8]) * len(lengths[k : k + 8]) for k in range(0, 70, 8))
    assert padded < 0.75 * plain
    assert any(a != b for a, b in pairwise([order, grouped_order(lengths, 8, seed=4)]))
