"""A file into the set: nothing twice, nothing lost, and nobody taken for somebody here."""

from __future__ import annotations

import uuid

import pytest

from playground.preferences.exchange import read_judgments, write_judgments
from playground.preferences.record import Imported, Judgment
from playground.table_files import FileLimits
from playground.types import CHOICES, Annotator, Completion, Prompt

PROMPT = Prompt.user("Hello")
ANN, TERSE = Annotator("", "Ann", "person"), Annotator("", "terse", "persona")
FORMATS = ("jsonl", "csv", "parquet")


def new_id() -> str:
    return str(uuid.uuid4())


def preferred(chosen="a", rejected="b", **more) -> Judgment:
    return Judgment(PROMPT, chosen, rejected, "left", **more)


@pytest.fixture
def full(store, vote):
    """A room with every choice, a persona's, a ranking, a comment, one undone and one removed."""
    for number, choice in enumerate(CHOICES):
        vote(choice, prompt=f"Q{number}", alias="Ann", strength=2 if choice == "left" else None, decision_ms=900)
    vote("right", alias="Bo", comment="too long", prompt="Q9")
    vote("right", alias="Bo", prompt="Q9")  # the same pair, judged twice
    store.judge_many("room", store.annotator("room", "persona", "terse"), [completions("left")])
    ranked = [Completion(PROMPT, text, "c1") for text in "abc"]
    store.rank_many("room", store.annotator("room", "person", "Ann"), ranked, [[2], [0, 1]], id=new_id())
    store.remove("room", vote("left", alias="Bo", prompt="removed"))
    vote("left", alias="Cy", prompt="undone")
    store.undo("room", store.annotator("room", "person", "Cy"))
    return store


def completions(choice):
    return Completion(PROMPT, "yes", "c1"), Completion(PROMPT, "no", "c1"), choice


def exported(store, tmp_path, kind="jsonl", form="everything", workspace="room"):
    path = tmp_path / f"mine.{kind}"
    write_judgments(path, store.judgments(workspace), form)
    return path


def added(store, path, workspace="room") -> Imported:
    judgments, bad = read_judgments(path, FileLimits())
    assert bad == []
    return store.add_judgments(workspace, judgments, path.name)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("form", "rows"), [("trl", 7), ("everything", 11)])
def test_ones_own_file_adds_nothing(full, tmp_path, kind, form, rows):
    before = full.judgments("room")
    path = exported(full, tmp_path, kind, form)
    assert added(full, path) == Imported(0, rows, 0)
    assert full.judgments("room") == before


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_of_everything_loses_nothing_on_its_way_through_another_room(full, tmp_path, kind):
    first = exported(full, tmp_path, kind)
    there = read_judgments(first, FileLimits())
    assert added(full, first, "other") == Imported(11, 0, 0)
    second = exported(full, tmp_path, kind, workspace="other")
    assert read_judgments(second, FileLimits()) == there
    assert len(there[0]) == 11


@pytest.mark.parametrize("form", ["trl", "everything"])
def test_a_set_that_went_elsewhere_and_came_back_adds_only_what_is_new(full, vote, tmp_path, form):
    path = exported(full, tmp_path, form=form)
    there = added(full, path, "other").added
    vote("left", workspace="other", prompt="made there")
    assert added(full, exported(full, tmp_path, form=form, workspace="other")) == Imported(1, there, 0)


def test_what_was_undone_or_removed_stays_so(store, vote, tmp_path):
    kept, removed, undone = vote(), vote(), vote(alias="Bo")
    path = exported(store, tmp_path)
    store.remove("room", removed)
    store.undo("room", store.annotator("room", "person", "Bo"))
    assert added(store, path) == Imported(0, 3, 2)
    assert [j.id for j in store.judgments("room")] == [kept]
    store.restore("room", removed)
    assert added(store, path) == Imported(0, 3, 1)
    assert undone not in {j.id for j in store.judgments("room")}


def test_who_has_withdrawn_does_not_come_back_in_a_file(store, vote, tmp_path):
    vote(alias="Ann", prompt="before")
    exported_before = exported(store, tmp_path)
    store.withdraw("room", store.annotator("room", "person", "Ann"))
    assert added(store, exported_before) == Imported(0, 1, 1)
    rows = [preferred(annotator=ANN), preferred("c", "d", annotator=ANN), preferred("e", "f", annotator=TERSE)]
    assert store.add_judgments("room", rows, "hh.csv") == Imported(1, 0, 0, withdrawn=2)
    assert [j.annotator.alias for j in store.judgments("room")] == ["terse"]
    assert store.add_judgments("other", rows, "hh.csv") == Imported(3, 0, 0)


def test_who_withdrew_under_the_name_that_a_file_gave_them_does_not_come_back_in_that_file(store):
    store.add_judgments("room", [preferred(annotator=ANN)], "hh.csv")
    store.withdraw("room", store.annotator("room", "person", "Ann (hh.csv)"))
    rows = [preferred(annotator=ANN), preferred("c", "d", annotator=ANN)]
    assert store.add_judgments("room", rows, "hh.csv") == Imported(0, 0, 0, withdrawn=2)
    assert store.add_judgments("room", rows, "another.csv") == Imported(2, 0, 0)


def test_whoever_judged_elsewhere_is_not_counted_as_a_person_here(full, vote, tmp_path):
    added(full, exported(full, tmp_path), "other")
    assert full.counts("other").by_kind == {"file": 11}
    vote(workspace="other")
    assert full.counts("other").by_kind == {"file": 11, "person": 1}
    assert {j.annotator.alias for j in full.judgments("other") if j.imported} == {
        "person 1 (mine.jsonl)",
        "person 2 (mine.jsonl)",
        "terse",
    }


def test_sides_of_another_page_say_nothing_about_this_one(full, tmp_path):
    added(full, exported(full, tmp_path), "other")
    assert full.counts("other").left_share.n == 0


def test_the_rows_of_a_file_keep_who_judged_and_when(store):
    at = 1_700_000_000.5
    rows = [preferred(annotator=ANN, created_at=at, origin="pair", comment="!"), preferred(annotator=TERSE)]
    assert store.add_judgments("room", rows, "hh.csv") == Imported(2, 0, 0)
    ann, terse = store.judgments("room")
    assert (ann.annotator.kind, ann.annotator.alias) == ("person", "Ann (hh.csv)")
    assert (ann.created_at, ann.origin, ann.comment) == (at, "pair", "!")
    assert (terse.annotator.kind, terse.annotator.alias, terse.origin) == ("persona", "terse", "hh.csv")


def test_rows_without_ids_are_the_same_where_one_annotator_chose_the_same_twice(store):
    rows = [preferred(), preferred(), preferred("b", "a"), preferred(annotator=ANN)]
    assert store.add_judgments("room", rows, "hh.csv") == Imported(3, 1, 0)
    assert store.add_judgments("room", rows, "hh.csv") == Imported(0, 4, 0)


def test_two_files_may_call_different_rows_by_the_same_short_id(store):
    store.add_judgments("room", [preferred(id="17")], "one.csv")
    assert store.add_judgments("room", [preferred("c", "d", id="17")], "two.csv").added == 1


def test_an_id_that_names_another_judgment_here_does_not_hide_a_row(store, vote):
    mine = vote()
    assert store.add_judgments("room", [preferred(id=mine)], "f.csv") == Imported(1, 0, 0)
    assert store.add_judgments("room", [preferred(id=mine)], "f.csv") == Imported(0, 1, 0)


def test_the_side_a_text_stood_on_does_not_make_a_row_new(store, vote):
    mine = vote("right", left="no", right="yes")
    row = Judgment(PROMPT, "yes", "no", "left", id=mine)
    assert store.add_judgments("room", [row], "f.csv") == Imported(0, 1, 0)


def test_short_ranking_names_of_two_files_stay_apart_and_long_ones_are_kept(store):
    own = new_id()
    rows = [preferred("a", "b", ranking="1"), preferred("a", "c", ranking="1"), preferred("d", "c", ranking=own)]
    store.add_judgments("room", rows, "one.csv")
    store.add_judgments("room", rows, "two.csv")
    one, also_one, long, two, also_two, also_long = [j.ranking for j in store.judgments("room")]
    assert one == also_one != two == also_two
    assert long == also_long == own


def test_a_file_of_one_room_is_not_seen_in_another(store):
    store.add_judgments("room", [preferred(id=new_id())], "f.csv")
    assert store.judgments("other") == []


def test_a_judgment_here_is_recognised_however_short_its_id(store, tmp_path):
    ann = store.annotator("room", "person", "Ann")
    store.judge("room", store.show_pair("room", ann, *completions("left")[:2]), "left", id="1")
    assert added(store, exported(store, tmp_path)) == Imported(0, 1, 0)
