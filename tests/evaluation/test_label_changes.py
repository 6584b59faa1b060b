"""Which other sets of labels are offered for a model that learned from some."""

from playground.evaluation.label_changes import label_changes
from playground.types import Annotator, Preference, Prompt

ANNA, BEN = Annotator("a", "Anna", "person"), Annotator("p", "polite", "persona")


def labels(count, who=ANNA, first=0):
    return [Preference(Prompt.user(f"{i}?"), "a", "b", f"id{i}", who) for i in range(first, first + count)]


def keys(*given):
    return [one.key for one in label_changes(*given)]


def test_each_of_several_annotators_can_be_left_out_and_personas_are_called_simulated():
    rows = [*labels(20), *labels(9, BEN, 20)]
    found = {one.key: one for one in label_changes(rows)}
    assert [row.annotator for row in found["annotator-a"].rows] == [BEN] * 9
    assert found["annotator-p"].rows == tuple(rows[:20])
    assert "persona polite (simulated), who gave 9 of the 29 labels" in found["annotator-p"].title


def test_who_gave_all_of_them_cannot_be_left_out():
    assert keys(labels(30)) == ["newest", "half"]


def test_the_newest_and_the_second_half_are_those_that_came_last():
    rows = labels(30)
    found = {one.key: one for one in label_changes(rows)}
    assert found["newest"].rows == tuple(rows[:20]) and found["half"].rows == tuple(rows[:15])


def test_what_was_given_since_can_be_added_unless_something_was_taken_away_too():
    rows = labels(20)
    grown = [*rows, *labels(5, first=20)]
    assert {one.key: one for one in label_changes(rows, grown)}["added"].rows == tuple(grown)
    assert "added" not in keys(rows, grown[1:]) and "added" not in keys(rows, rows)


def test_sets_that_are_too_small_to_train_on_are_not_offered():
    assert keys(labels(12)) == []
    assert keys([*labels(4), *labels(30, BEN, 4)]) == ["annotator-a", "newest", "half"]
