"""The pairs of a session: as many as were asked for, none on a known prompt, none in which a model names itself."""

from collections import Counter
from dataclasses import replace

import pytest

from playground.errors import PlaygroundError
from playground.types import Checkpoint, Completion, Prompt
from playground.workbench.pairs import PairPool
from playground.workbench.session_pairs import sample_pairs
from playground.workbench.session_prompts import by_turns

POCKET = Checkpoint("dpo-1234", "DPO 1", "policy", "pocket", "/x")
LARGER = Checkpoint("HuggingFaceTB/SmolLM2-135M", "SmolLM2 135M", "policy", "smollm2-135m", "/y")


def pool(says):
    """A pool whose models say what `says` makes of a prompt and a number that is another one each time."""
    numbers = iter(range(10**6))

    def sample(workspace, id, prompts, sampling, n=1):
        return [[Completion(p, says(p, next(numbers)), id) for _ in range(n)] for p in prompts]

    return PairPool(sample, lambda workspace, id: POCKET)


def test_there_are_as_many_as_were_asked_for():
    assert len(sample_pairs(pool(lambda p, n: f"answer {n}"), "local", [POCKET], 45)) == 45


def test_known_prompts_are_not_asked_again():
    first = sample_pairs(pool(lambda p, n: f"answer {n}"), "local", [POCKET], 30)
    known = {pair[0].prompt.key for pair in first}
    later = sample_pairs(pool(lambda p, n: f"answer {n}"), "local", [POCKET], 30, known)
    assert known.isdisjoint(pair[0].prompt.key for pair in later)


@pytest.mark.parametrize("name", ["SmolLM", "smollm2-135m", "HuggingFaceTB/SmolLM2-135M"])
def test_a_pair_in_which_a_model_names_itself_is_left_out(name):
    pairs = sample_pairs(pool(lambda p, n: f"I am {name} {n}" if n % 3 == 0 else f"answer {n}"), "local", [LARGER], 20)
    assert len(pairs) > 5
    assert not any(name in completion.text for pair in pairs for completion in pair)


def test_of_a_list_each_prompt_is_asked_and_no_pair_comes_twice():
    listed = [Prompt.user(f"Question {i}") for i in range(7)]
    says = pool(lambda p, n: f"answer {n % 8}")
    pairs = sample_pairs(says, "local", [POCKET], 14, ask=by_turns(listed))
    assert len({(pair[0].prompt.key, frozenset(c.text for c in pair)) for pair in pairs}) == len(pairs) > 7
    assert {pair[0].prompt for pair in pairs} == set(listed)


@pytest.mark.parametrize(("k", "each"), [(3, 3), (4, 6)])
def test_of_more_completions_every_two_of_a_prompt_are_a_pair(k, each):
    pairs = sample_pairs(pool(lambda p, n: f"answer {n}"), "local", [POCKET], 5 * each, k=k)
    by_prompt = Counter(pair[0].prompt.key for pair in pairs)
    assert set(by_prompt.values()) == {each} and len(by_prompt) == 5
    assert len({completion.text for pair in pairs for completion in pair}) == 5 * k


def test_what_no_whole_prompt_makes_is_rounded_up():
    assert len(sample_pairs(pool(lambda p, n: f"answer {n}"), "local", [POCKET], 7, k=3)) == 9


def test_of_two_checkpoints_three_completions_are_written_by_turns():
    other = replace(POCKET, id="other")
    pairs = sample_pairs(pool(lambda p, n: f"answer {n}"), "local", [POCKET, other], 3, k=3)
    assert Counter(tuple(completion.checkpoint for completion in pair) for pair in pairs) == {
        ("dpo-1234", "other"): 1,
        ("dpo-1234", "dpo-1234"): 1,
        ("other", "dpo-1234"): 1,
    }


def test_a_model_that_has_two_answers_gives_one_pair_of_them_and_one_answer_is_refused():
    pairs = sample_pairs(pool(lambda p, n: f"answer {n % 2}"), "local", [POCKET], 6, k=4)
    assert set(Counter(pair[0].prompt.key for pair in pairs).values()) == {1}
    with pytest.raises(PlaygroundError, match="one way only"):
        sample_pairs(pool(lambda p, n: "answer"), "local", [POCKET], 6, k=4)


def test_where_none_is_left_that_is_said():
    with pytest.raises(PlaygroundError, match="named itself"):
        sample_pairs(pool(lambda p, n: f"I am dpo-1234, {n}"), "local", [POCKET], 5)
