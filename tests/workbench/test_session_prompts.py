"""What a session's models are asked: the set that the host chose, some of a list kept for the vote after training."""

import pytest

from playground.errors import PlaygroundError
from playground.preferences.completion_files import LONGEST
from playground.types import Prompt
from playground.workbench import session_prompts
from playground.workbench.session_prompts import FEWEST, asked, by_turns, shipped
from playground.workbench.typed_prompt import prompt_lines


def own(n):
    return [Prompt.user(f"Question {i}") for i in range(n)]


def keys(prompts):
    return {prompt.key for prompt in prompts}


def test_of_the_pocket_world_any_number_is_asked_and_none_need_be_kept():
    found = asked("pocket")
    assert (found.distinct, found.later) == (None, ())
    assert len(keys(found.ask(30, 1))) == 30
    assert found.ask(30, 1) == found.ask(30, 1) != found.ask(30, 2)


@pytest.mark.parametrize(("name", "mine"), [("everyday", []), ("requests", []), ("own", own(25))])
def test_a_fifth_of_a_list_is_kept_for_the_second_vote_and_not_asked_before(name, mine):
    every = keys(shipped(name) or mine)
    found = asked(name, mine)
    now, later = keys(found.ask(500, 1)), keys(found.later)
    assert now | later == every and now.isdisjoint(later)
    assert len(later) == len(every) // 5 and found.distinct == len(now)


def test_another_session_keeps_others():
    assert keys(asked("everyday", seed=1).later) != keys(asked("everyday", seed=2).later)


def test_a_list_that_is_too_short_to_keep_some_is_asked_again():
    found = asked("own", own(FEWEST - 1))
    assert keys(found.later) == keys(found.ask(50, 1)) == keys(own(FEWEST - 1))


def test_a_list_is_asked_by_turns_each_prompt_as_often_as_any_other():
    ask = by_turns(own(3))
    assert [p.text[-1] for p in (*ask(2, 1), *ask(4, 9))] == ["0", "1", "2", "0", "1", "2"]


def test_half_of_the_shipped_requests_are_harmful_as_the_page_says():
    assert len(shipped("requests")) == 2 * len(session_prompts.shipped_requests("harmful"))


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        ([], "no prompt of your own"),
        (own(1001), "1001 prompts"),
        ([*own(2), Prompt.user("x" * (LONGEST + 1))], "Prompt 3 has 4001"),
        ([Prompt.user("\ud83d")], "Prompt 1 holds half"),
    ],
)
def test_prompts_that_cannot_be_shown_are_refused_in_words(mine, said):
    with pytest.raises(PlaygroundError, match=said) as error:
        asked("own", mine)
    assert error.value.hint


def test_lines_are_prompts_each_once():
    assert prompt_lines(" One?\n\n Two? \nOne?\n") == [Prompt.user("One?"), Prompt.user("Two?")]
