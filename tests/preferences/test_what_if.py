"""Other sets made of a frozen one: who and what is in them."""

import pytest

from playground.errors import PlaygroundError
from playground.preferences.what_if import Facts, both_ways, derive
from playground.types import Annotator, Preference, Prompt

ANN, BOB, CLEO = (Annotator(name, name, "person") for name in ("ann", "bob", "cleo"))


def row(id, who=ANN, prompt="Hi", chosen="yes", rejected="no"):
    return Preference(Prompt.user(prompt), chosen, rejected, id, who)


def ids(rows):
    return [one.id for one in rows]


def test_without_one_person_the_others_stay_in_order():
    rows = [row("1"), row("2", BOB), row("3"), row("4", CLEO)]
    assert ids(derive(rows, "without one person", Facts(person="ann"))) == ["2", "4"]


def test_hasty_is_three_times_as_fast_as_the_room_and_an_unknown_time_is_not_hasty():
    rows = [row(str(n)) for n in range(7)]
    took = {"0": 3000, "1": 999, "2": 1000, "3": 3000, "4": 3000, "5": 9000}
    assert ids(derive(rows, "without hasty choices", Facts(decision_ms=took))) == ["0", "2", "3", "4", "5", "6"]


def test_a_tie_goes_in_once_each_way():
    made = derive([row("1")], "with ties", Facts(ties=(row("2", BOB, "Bye", "a", "b"),)))
    assert [(one.id, one.chosen, one.rejected) for one in made] == [
        ("1", "yes", "no"),
        ("2", "a", "b"),
        ("2", "b", "a"),
    ]


def test_ties_that_are_in_the_set_already_are_not_put_in_again():
    tie = row("2", BOB, "Bye", "a", "b")
    rows = [row("1"), *both_ways([tie])]
    with pytest.raises(PlaygroundError, match="same as the frozen one"):
        derive(rows, "with ties", Facts(ties=(tie,)))
    assert ids(derive(rows, "by majority", Facts())) == ["1"]


def test_the_majority_gives_one_row_a_pair_and_none_where_people_are_even():
    rows = [
        row("1"),
        row("2", BOB, chosen="no", rejected="yes"),
        row("3", CLEO, chosen="no", rejected="yes"),
        row("4", ANN, "Bye"),
        row("5", BOB, "Bye", chosen="no", rejected="yes"),
        row("6", CLEO, "Alone"),
    ]
    assert [(one.prompt.text, one.chosen) for one in derive(rows, "by majority", Facts())] == [
        ("Hi", "no"),
        ("Alone", "yes"),
    ]


@pytest.mark.parametrize("what_if", ["without one person", "without hasty choices", "with ties", "by majority"])
def test_a_set_that_would_be_the_same_is_refused_in_words(what_if):
    with pytest.raises(PlaygroundError, match="same as the frozen one"):
        derive([row("1")], what_if, Facts(person="nobody"))
