from __future__ import annotations

from dataclasses import replace

import pytest

from playground.errors import NotFound
from playground.preferences.snapshots import hash_of
from playground.types import Completion, Preference, Prompt

PROMPT = Prompt.user("Hello")
ROWS = [Preference(PROMPT, "a", "b", id="1"), Preference(PROMPT, "c", "d", id="2", strength=2, ranking="r")]


def test_a_snapshot_holds_the_preferences_of_its_moment(store, vote):
    ids = [vote(), vote("right", strength=2)]
    vote("tie")
    store.remove("room", vote())
    snapshot = store.snapshot("room")
    assert list(snapshot.preferences) == store.preferences("room")
    assert [p.id for p in snapshot.preferences] == ids
    assert snapshot.dropped == {"tie": 1, "removed": 1}
    assert store.get_snapshot("room", snapshot.id) == snapshot


def test_nothing_that_comes_later_changes_a_snapshot(store, vote):
    first = vote()
    snapshot = store.snapshot("room")
    vote("right")
    store.remove("room", first)
    store.withdraw("room", store.annotator("room", "person", "Ann"))
    assert store.get_snapshot("room", snapshot.id) == snapshot
    later = store.snapshot("room")
    assert (later.preferences, later.id == snapshot.id) == ((), False)
    assert later.content_hash != snapshot.content_hash


def test_a_snapshot_of_an_unchanged_set_is_the_same_snapshot(store, vote):
    vote()
    first = store.snapshot("room")
    assert store.snapshot("room") == first
    vote("tie")  # no training row, but one more that was left out
    assert store.snapshot("room").id != first.id
    assert store.snapshot("room").content_hash == first.content_hash


def test_the_same_data_has_the_same_hash_whoever_judged_it_where(store, vote):
    for workspace, alias in (("room", "Ann"), ("other", "Bo")):
        vote(workspace=workspace, alias=alias, strength=1)
        person = store.annotator(workspace, "person", alias)
        completions = [Completion(PROMPT, text) for text in "abc"]
        store.rank_many(workspace, person, completions, [[0], [1], [2]], id=f"ranking in {workspace}")
    room, other = store.snapshot("room"), store.snapshot("other")
    assert room.content_hash == other.content_hash
    assert room.id != other.id


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": Prompt.user("Bye")},
        {"chosen": "c "},
        {"rejected": ""},
        {"strength": 3},
        {"strength": None},
        {"ranking": None},
    ],
)
def test_the_hash_changes_with_whatever_would_be_trained(change):
    assert hash_of([ROWS[0], replace(ROWS[1], **change)]) != hash_of(ROWS)


def test_the_hash_tells_order_and_number_apart():
    assert len({hash_of(rows) for rows in ([], ROWS, ROWS[::-1], ROWS[:1], ROWS + ROWS[:1])}) == 5


def test_an_unknown_snapshot_is_not_found(store):
    with pytest.raises(NotFound):
        store.get_snapshot("room", "made-up")
