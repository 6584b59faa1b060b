from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.preferences.store import PreferenceStore
from playground.types import CHOICES, Completion, Message, Prompt, Sampling

PROMPT = Prompt.user("Hello")
YES, NO = Completion(PROMPT, "yes", "c1"), Completion(PROMPT, "no", "c1")


def new_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def ann(store):
    return store.annotator("room", "person", "Ann")


# Judging


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("left", ("yes", "no")), ("right", ("no", "yes")), ("tie", None), ("both_bad", None), ("skip", None)],
)
def test_a_choice_of_a_side_becomes_a_preference_and_no_other_does(store, vote, choice, expected):
    id = vote(choice, strength=3)
    found = [(p.chosen, p.rejected, p.id, p.strength) for p in store.preferences("room")]
    assert found == ([] if expected is None else [(*expected, id, 3)])
    assert [(row.choice, row.chosen, row.rejected) for row in store.rows("room")] == [
        (choice, *(expected or (None, None)))
    ]


def test_the_side_a_completion_stood_on_does_not_change_what_was_chosen(store, ann):
    for left, right, choice in ((YES, NO, "left"), (NO, YES, "right")):
        store.judge("room", store.show_pair("room", ann, left, right), choice, id=new_id())
    assert [(p.chosen, p.rejected) for p in store.preferences("room")] == [("yes", "no")] * 2


def test_a_pair_is_one_row_with_one_outcome_whichever_side_it_was_shown_on(store, ann, url):
    for left, right, choice in ((YES, NO, "left"), (NO, YES, "right")):
        store.judge("room", store.show_pair("room", ann, left, right), choice, id=new_id())
    with create_engine(url).connect() as connection:
        assert connection.scalar(text("select count(*) from pair where x < y")) == 1
        assert connection.scalar(text("select count(*) from completion")) == 2
        assert len(set(connection.scalars(text("select outcome from judgment")))) == 1


def test_the_same_judgment_sent_again_changes_nothing(store, ann):
    token, id = store.show_pair("room", ann, YES, NO), new_id()
    answers = [store.judge("room", token, choice, id=id) for choice in ("left", "left", "right")]
    assert answers == [id] * 3
    assert [row.choice for row in store.rows("room")] == ["left"]


def test_one_judgment_sent_by_many_threads_at_once_is_stored_once(store, ann):
    token, id = store.show_pair("room", ann, YES, NO), new_id()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: store.judge("room", token, "left", id=id), range(48)))
    assert answers == [id] * 48
    assert len(store.rows("room")) == 1


def test_two_judgments_racing_for_one_token_leave_one_winner(store, ann):
    token = store.show_pair("room", ann, YES, NO)
    start = threading.Barrier(8)

    def attempt(choice):
        start.wait()
        try:
            return store.judge("room", token, choice, id=new_id())
        except NotAllowed:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [answer for answer in pool.map(attempt, ["left", "right"] * 4) if answer]
    assert len(won) == 1
    assert [row.id for row in store.rows("room")] == won


def test_a_judged_token_refuses_another_judgment(store, ann):
    token = store.show_pair("room", ann, YES, NO)
    store.judge("room", token, "left", id=new_id())
    with pytest.raises(NotAllowed, match="judged already"):
        store.judge("room", token, "right", id=new_id())


def test_a_judgments_id_cannot_be_used_for_a_second_pair(store, ann):
    first, second, id = store.show_pair("room", ann, YES, NO), store.show_pair("room", ann, YES, NO), new_id()
    store.judge("room", first, "left", id=id)
    with pytest.raises(NotAllowed, match="another pair"):
        store.judge("room", second, "left", id=id)


def test_a_token_nobody_was_given_is_refused(store):
    with pytest.raises(NotFound):
        store.judge("room", "made-up", "left", id=new_id())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"choice": "middle"}, "middle"),
        ({"strength": 4}, "4"),
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "65"),
        ({"comment": "x" * 2001}, "2001"),
    ],
)
def test_what_no_judgment_can_hold_is_refused_and_nothing_is_stored(store, ann, wrong, named):
    token = store.show_pair("room", ann, YES, NO)
    arguments = {"choice": "left", "id": new_id()} | wrong
    with pytest.raises(NotAllowed, match=named):
        store.judge("room", token, arguments.pop("choice"), **arguments)
    assert store.rows("room") == []


@pytest.mark.parametrize("decision_ms", [-5, 2**40])
def test_a_clock_that_jumped_does_not_cost_the_vote(store, ann, decision_ms):
    store.judge("room", store.show_pair("room", ann, YES, NO), "left", id=new_id(), decision_ms=decision_ms)
    assert len(store.rows("room")) == 1


def test_half_an_emoji_in_a_comment_or_alias_does_not_cost_the_vote(store):
    person = store.annotator("room", "person", "Ann \ud83d")
    assert person == store.annotator("room", "person", "Ann \ud83d")
    token = store.show_pair("room", person, YES, NO)
    store.judge("room", token, "left", id=new_id(), comment="good \ud83d\0!")
    assert [(row.annotator.alias, row.comment) for row in store.rows("room")] == [("Ann ?", "good ?!")]


REFUSE = {
    "sqlite": ("create trigger full before insert on judgment begin select raise(abort, 'no room left'); end",),
    "postgresql": (
        "create function refuse() returns trigger as 'begin raise ''no room left''; end' language plpgsql",
        "create trigger no_room before insert on judgment execute function refuse()",
    ),
}


def test_what_the_database_refuses_is_told_in_words(store, ann, url):
    token = store.show_pair("room", ann, YES, NO)
    with create_engine(url).begin() as connection:
        for statement in REFUSE[connection.dialect.name]:
            connection.execute(text(statement))
    with pytest.raises(PlaygroundError, match="did not take it: no room left"):
        store.judge("room", token, "left", id=new_id())
    assert store.rows("room") == []


def test_completions_of_different_prompts_are_no_pair(store, ann):
    with pytest.raises(PlaygroundError, match="different prompts"):
        store.show_pair("room", ann, YES, Completion(Prompt.user("Bye"), "no"))


def test_text_that_is_no_unicode_is_refused_in_words(store, ann):
    with pytest.raises(PlaygroundError, match="half a character"):
        store.show_pair("room", ann, YES, replace(NO, text="\ud83d"))


ODD = "b\0c \ue000 \ue0001 \ue0000"  # the character 0, and what stands for it in PostgreSQL


def test_a_shown_pair_is_read_back_as_it_stood(store, ann):
    prompt = Prompt((Message("system", "Be kind."), Message("user", "-1\r\n=2\u2028 🦜")), source="pocket")
    left, right = Completion(prompt, "  \n"), Completion(prompt, ODD, "c1", "length", Sampling(seed=4))
    token = store.show_pair("room", ann, left, right)
    shown = store.shown("room", token)
    assert (shown.prompt, shown.left, shown.right) == (prompt, "  \n", ODD)
    store.judge("room", token, "left", id=new_id())
    assert [row.right for row in store.rows("room", search="B")] == [ODD]


def test_an_annotator_keeps_their_id(store, ann, url):
    assert store.annotator("room", "person", "Ann") == ann
    others = {ann.id, store.annotator("room", "persona", "Ann").id, store.annotator("room", "person", "Bo").id}
    assert len(others) == 3


def test_many_threads_that_ask_for_one_annotator_get_the_same(store):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: store.annotator("room", "person", "new"), range(24)))) == 1


# Several at once


def test_threads_that_vote_at_once_lose_nothing(store):
    def sit(number):
        person = store.annotator("room", "person", f"p{number}")
        tokens = [store.show_pair("room", person, YES, NO) for _ in range(8)]
        return [store.judge("room", token, CHOICES[number % 5], id=new_id()) for token in tokens]

    with ThreadPoolExecutor(16) as pool:
        acknowledged = [id for ids in pool.map(sit, range(16)) for id in ids]
    assert sorted(row.id for row in store.rows("room")) == sorted(acknowledged)
    assert len(acknowledged) == 128


def test_two_stores_on_one_file_wait_for_one_another(store, url):
    second = PreferenceStore(url)
    person = store.annotator("room", "person", "Ann")

    def sit(own):
        return [own.judge("room", own.show_pair("room", person, YES, NO), "left", id=new_id()) for _ in range(20)]

    with ThreadPoolExecutor(2) as pool:
        ids = [id for ids in pool.map(sit, (store, second)) for id in ids]
    second.close()
    assert sorted(row.id for row in store.rows("room")) == sorted(ids)


# Personas, rankings, imports


def test_a_personas_judgments_are_stored_in_order(store):
    bot = store.annotator("room", "persona", "terse")
    ids = store.judge_many("room", bot, [(YES, NO, "left"), (YES, NO, "tie"), (YES, NO, "right")])
    assert [(p.id, p.chosen, p.annotator) for p in store.preferences("room")] == [
        (ids[0], "yes", bot),
        (ids[2], "no", bot),
    ]


def test_judgments_that_come_together_are_stored_together_or_not_at_all(store):
    bot = store.annotator("room", "persona", "terse")
    stranger = replace(bot, id="somebody")
    with pytest.raises(NotFound):
        store.judge_many("room", stranger, [(YES, NO, "left")])
    with pytest.raises(PlaygroundError):
        store.judge_many("room", bot, [(YES, NO, "left"), (YES, Completion(Prompt.user("Bye"), "no"), "left")])
    assert store.rows("room") == []


def test_nothing_to_judge_is_no_error(store):
    assert store.judge_many("room", store.annotator("room", "persona", "terse"), []) == []


@pytest.mark.parametrize("k", [2, 3, 5, 9])
def test_a_ranking_of_k_is_k_times_k_minus_1_halves_judgments(store, ann, k):
    completions = [Completion(PROMPT, f"text {i}") for i in range(k)]
    order = [[i] for i in reversed(range(k))]  # the last is best
    ids = store.rank_many("room", ann, completions, order, id="r")
    found = store.preferences("room")
    assert sorted(p.id for p in found) == sorted(ids)
    assert len(set(ids)) == k * (k - 1) // 2
    assert {p.ranking for p in found} == {"r"}
    assert all(int(p.chosen[5:]) > int(p.rejected[5:]) for p in found)


def test_a_tier_of_a_ranking_is_a_tie(store, ann):
    completions = [Completion(PROMPT, text) for text in "abcd"]
    store.rank_many("room", ann, completions, [[3], [0, 2], [1]], id="r")
    assert {(p.chosen, p.rejected) for p in store.preferences("room")} == {*zip("dddac", "acbbb", strict=True)}
    assert [(row.left, row.right) for row in store.rows("room") if row.choice == "tie"] == [("a", "c")]


@pytest.mark.parametrize(
    ("texts", "order", "usable"),
    [("abcd", [[3], [0, 2], [1]], 5), ("abc", [[0, 1, 2]], 0), ("aab", [[0], [1], [2]], 2), ("abc", [[0], [1, 2]], 2)],
)
def test_a_ranking_gives_as_many_preferences_as_training_gets_at_every_sending(store, ann, texts, order, usable):
    completions = [Completion(PROMPT, text, sampling=Sampling(seed=i)) for i, text in enumerate(texts)]
    first = store.rank_many("room", ann, completions, order, id="r")
    assert len(first) == usable
    assert sorted(first) == sorted(p.id for p in store.preferences("room"))
    assert store.rank_many("room", ann, completions, [[i] for i in range(len(texts))], id="r") == first
    assert store.ranking("room", ann, "r") == first


def test_a_ranking_is_found_until_it_is_undone_and_by_its_annotator_only(store, ann):
    completions = [Completion(PROMPT, text) for text in "ab"]
    store.rank_many("room", ann, completions, [[0, 1]], id="r")
    assert store.ranking("room", ann, "r") == []
    assert store.ranking("room", ann, "never given") is None
    assert store.ranking("room", store.annotator("room", "person", "Bo"), "r") is None
    store.undo("room", ann)
    assert store.ranking("room", ann, "r") is None


def test_a_ranking_sent_again_changes_nothing(store, ann):
    completions = [Completion(PROMPT, text) for text in "abc"]
    first = store.rank_many("room", ann, completions, [[0], [1], [2]], id="r")
    assert store.rank_many("room", ann, completions, [[2], [1], [0]], id="r") == first
    assert [p.chosen for p in store.preferences("room")] == ["a", "a", "b"]


@pytest.mark.parametrize("order", [[[0], [1]], [[0], [1], [2], [3]], [[0], [1], [1]], [[0, 1, 2, 2]], []])
def test_a_ranking_that_misses_or_repeats_a_completion_is_refused(store, ann, order):
    with pytest.raises(NotAllowed, match="3 completions"):
        store.rank_many("room", ann, [Completion(PROMPT, text) for text in "abc"], order, id="r")


# Taking back


def test_undo_gives_the_pair_back_to_be_judged_again(store, ann):
    tokens = [store.show_pair("room", ann, YES, NO) for _ in range(2)]
    first, second, third = new_id(), new_id(), new_id()
    store.judge("room", tokens[0], "left", id=first)
    store.judge("room", tokens[1], "left", id=second)
    assert store.undo("room", ann) == tokens[1]
    assert [row.id for row in store.rows("room")] == [first]
    assert store.judge("room", tokens[1], "left", id=second) == second  # a late replay does not bring it back
    assert [row.id for row in store.rows("room")] == [first]
    store.judge("room", tokens[1], "right", id=third)
    assert [(row.id, row.choice) for row in store.rows("room")] == [(third, "right"), (first, "left")]
    assert [store.undo("room", ann) for _ in range(3)] == [tokens[1], tokens[0], None]
    assert store.preferences("room") == []


def test_undo_touches_the_annotators_own_judgments_only(store, vote):
    anns, bos = vote(alias="Ann"), vote(alias="Bo")
    store.undo("room", store.annotator("room", "person", "Ann"))
    assert [row.id for row in store.rows("room")] == [bos]
    assert anns != bos


def test_undo_takes_a_whole_ranking_back_and_it_may_be_given_anew(store, ann, vote):
    vote()
    completions = [Completion(PROMPT, text) for text in "abc"]
    store.rank_many("room", ann, completions, [[0], [1], [2]], id="r")
    bo = store.annotator("room", "person", "Bo")
    store.rank_many("room", bo, completions, [[0], [1], [2]], id="r")  # his, though the id is the same
    assert store.undo("room", ann) is not None
    assert [row.annotator.alias for row in store.rows("room") if row.ranking] == ["Bo"] * 3
    assert store.undo("room", bo) is not None
    assert [row.ranking for row in store.rows("room")] == [None]
    store.rank_many("room", ann, completions, [[2], [1], [0]], id="r2")
    assert [p.chosen for p in store.preferences("room")] == ["yes", "b", "c", "c"]


def test_what_was_undone_stays_in_the_table_with_its_reason(store, vote, url):
    id = vote()
    store.undo("room", store.annotator("room", "person", "Ann"))
    with create_engine(url).connect() as connection:
        assert connection.execute(text("select id, valid, reason from judgment")).all() == [(id, 0, "undone")]
        assert list(connection.scalars(text("select kind from event order by id"))) == ["judged", "undone"]


def test_a_removed_judgment_counts_again_once_restored(store, vote):
    kept, gone = vote(), vote("right")
    store.remove("room", gone)
    store.remove("room", gone)
    assert [p.id for p in store.preferences("room")] == [kept]
    assert [row.id for row in store.rows("room", removed=True)] == [gone]
    assert store.counts("room").dropped == {"removed": 1}
    store.restore("room", gone)
    assert [p.id for p in store.preferences("room")] == [kept, gone]
    assert store.counts("room").dropped == {}


def test_several_are_removed_and_restored_together_or_not_at_all(store, vote):
    ids = [vote() for _ in range(3)]
    with pytest.raises(NotFound):
        store.remove("room", *ids, "made-up")
    assert len(store.rows("room")) == 3
    store.remove("room", *ids[:2])
    assert [row.id for row in store.rows("room")] == ids[2:]
    store.restore("room", *ids[:2])
    assert len(store.rows("room")) == 3


def test_a_removed_judgments_pair_is_not_judged_anew(store, ann):
    token, id = store.show_pair("room", ann, YES, NO), new_id()
    store.judge("room", token, "left", id=id)
    store.remove("room", id)
    with pytest.raises(NotAllowed):
        store.judge("room", token, "right", id=new_id())
    store.restore("room", id)
    assert [row.id for row in store.rows("room")] == [id]


def test_the_host_cannot_restore_what_its_annotator_undid(store, ann, vote):
    id = vote()
    store.undo("room", ann)
    with pytest.raises(NotAllowed, match="undone"):
        store.restore("room", id)


def test_who_withdraws_is_left_out_and_can_judge_no_more(store, vote):
    vote(alias="Ann")
    others = vote(alias="Bo")
    ann = store.annotator("room", "person", "Ann")
    store.withdraw("room", ann)
    assert [p.id for p in store.preferences("room")] == [row.id for row in store.rows("room")] == [others]
    counts = store.counts("room")
    assert (counts.total, counts.dropped) == (1, {"withdrawn": 1})
    with pytest.raises(NotAllowed, match="withdrawn"):
        store.show_pair("room", ann, YES, NO)


# Reading


def test_rows_come_newest_first_in_pages(store, vote):
    ids = [vote() for _ in range(5)]
    assert [row.id for row in store.rows("room")] == ids[::-1]
    assert [row.id for row in store.rows("room", limit=2, offset=1)] == [ids[3], ids[2]]


@pytest.mark.parametrize(
    ("search", "found"),
    [("ärger", 1), ("PAPA", 1), ("bo", 1), ("100%", 1), ("10_", 0), ("%", 1), ("mild", 1), ("nowhere", 0), ("", 3)],
)
def test_search_looks_into_every_text_and_takes_it_literally(store, vote, search, found):
    vote(prompt="Ärger?", alias="Ann")
    vote(left="papageien", alias="Bo")
    vote(right="100%", alias="Cy", comment="too mild")
    assert len(store.rows("room", search=search)) == found


def test_counts_say_what_a_set_holds_and_how_lopsided_it_is(store, vote):
    for choice in ("left", "left", "left", "right", "tie", "skip"):
        vote(choice, left="long text", right="short")
    bot = store.annotator("room", "persona", "terse")
    store.judge_many("room", bot, [(YES, NO, "right"), (YES, replace(YES, checkpoint="c2"), "left")])
    counts = store.counts("room")
    assert counts.by_choice == {"left": 4, "right": 2, "tie": 1, "skip": 1}
    assert (counts.by_kind, counts.total) == ({"person": 6, "persona": 2}, 8)
    assert counts.usable == len(store.preferences("room")) == 5
    assert counts.dropped == {"tie": 1, "skip": 1, "same text": 1}
    assert (counts.left_share.count, counts.left_share.n) == (4, 6)
    assert (counts.longer_share.count, counts.longer_share.n) == (3, 5)


def test_writers_are_those_of_the_pairs_that_train(store, vote):
    for choice in ("left", "right", "tie"):
        vote(choice)
    bot = store.annotator("room", "persona", "terse")
    other, unknown = replace(YES, checkpoint="c2"), replace(YES, checkpoint=None)
    store.judge_many("room", bot, [(NO, other, "left"), (other, NO, "left"), (NO, unknown, "left")])
    assert store.writers("room") == {frozenset({"c1"}): 2, frozenset({"c1", "c2"}): 2, frozenset({"c1", None}): 1}


def test_an_empty_workspace_has_no_share(store):
    counts = store.counts("room")
    assert (counts.total, counts.usable, counts.left_share.value) == (0, 0, None)


# Workspaces


def test_nothing_of_one_workspace_is_seen_or_touched_from_another(store, vote, ann):
    id = vote(prompt="secret")
    token = store.show_pair("room", ann, YES, NO)
    snapshot = store.snapshot("room")
    assert (store.rows("other"), store.rows("other", search="secret"), store.preferences("other")) == ([], [], [])
    assert store.counts("other").total == 0
    assert store.snapshot("other").preferences == ()
    assert store.annotator("other", "person", "Ann").id != ann.id
    assert (store.undo("other", ann), store.shown_count("other", ann)) == (None, 0)
    for trespass in (
        lambda: store.shown("other", token),
        lambda: store.judge("other", token, "left", id=new_id()),
        lambda: store.remove("other", id),
        lambda: store.restore("other", id),
        lambda: store.get_snapshot("other", snapshot.id),
        lambda: store.show_pair("other", ann, YES, NO),
        lambda: store.judge_many("other", ann, [(YES, NO, "left")]),
        lambda: store.rank_many("other", ann, [YES, NO], [[0], [1]], id="r"),
        lambda: store.withdraw("other", ann),
    ):
        with pytest.raises(NotFound):
            trespass()
    assert [row.id for row in store.rows("room")] == [id]


def test_two_workspaces_may_use_the_same_judgment_id(store):
    id = new_id()
    for workspace in ("room", "other"):
        ann = store.annotator(workspace, "person", "Ann")
        store.judge(workspace, store.show_pair(workspace, ann, YES, NO), "left", id=id)
    assert [store.rows(workspace)[0].id for workspace in ("room", "other")] == [id, id]


def test_erasing_a_workspace_leaves_nothing_of_it_and_all_of_the_others(store, vote, url):
    vote()
    store.snapshot("room")
    kept = vote(workspace="other")
    store.erase("room")
    assert [row.id for row in store.rows("other")] == [kept]
    with create_engine(url).connect() as connection:
        for table in ("annotator", "prompt", "completion", "pair", "assignment", "judgment", "event", "snapshot"):
            assert connection.scalar(text(f"select count(*) from {table} where workspace = 'room'")) == 0, table
            assert table == "snapshot" or connection.scalar(text(f"select count(*) from {table}")) > 0, table
