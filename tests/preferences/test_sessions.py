"""Sessions: who may judge what, what is given to whom, and what a replay does."""

import random
import uuid
from collections import Counter

import pytest

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.preferences import loads
from playground.preferences.assigning import choose
from playground.preferences.loads import Load
from playground.preferences.record import Rules
from playground.preferences.sessions import AHEAD, CODE_LETTERS, LONGEST_ALIAS
from playground.types import Completion, Prompt

RULES = Rules("Tuesday", "Which answer helps more?", "We store your choices.", overlap=3)


def pairs(n):
    asked = [Prompt.user(f"Question {i}") for i in range(n)]
    return [(Completion(p, "yes", "old"), Completion(p, "no", "new")) for p in asked]


@pytest.fixture
def session(store):
    made = store.sessions.create("local", RULES, pairs(12))
    return store.sessions.move("local", made.id, "open")


@pytest.fixture
def join(store, session):
    def joined(alias="", secret=None, scope="train"):
        return store.sessions.join(session.code, secret or uuid.uuid4().hex, alias, scope)

    return joined


def vote(store, person, shown, choice="left", id=None):
    return store.judge(person.session.id, shown.token, choice, id=id or uuid.uuid4().hex, by=person.annotator)


def test_a_code_is_found_however_it_is_typed(store, session):
    typed = f" {session.code[:3].lower()}-{session.code[3:]} "
    assert store.sessions.by_code(typed).id == session.id
    assert set(session.code) <= set(CODE_LETTERS)


def test_a_wrong_code_is_refused_in_words(store, session):
    with pytest.raises(NotFound, match="No session has the code"):
        store.sessions.by_code("AAAAAA" if session.code != "AAAAAA" else "BBBBBB")


def test_a_closed_session_lets_nobody_in_and_stays_closed(store, session):
    store.sessions.move("local", session.id, "closed")
    with pytest.raises(NotAllowed, match="ended"):
        store.sessions.join(session.code, "s" * 32, "Ann", "train")
    with pytest.raises(NotAllowed):
        store.sessions.move("local", session.id, "open")


def test_another_workspace_cannot_find_or_move_the_session(store, session):
    with pytest.raises(NotFound):
        store.sessions.find("other", session.id)
    with pytest.raises(NotFound):
        store.sessions.move("other", session.id, "closed")
    assert store.sessions.all("other") == []


def test_joining_again_with_the_same_secret_is_the_same_person(store, join, session):
    first, again = join("Ann", "s" * 32), join("Someone else", "s" * 32)
    assert first.annotator == again.annotator
    assert store.sessions.live("local", session.id).joined == 1


def test_whoever_joined_long_ago_and_never_judged_takes_nobodys_room(store, session, monkeypatch):
    def enter():
        return store.sessions.join(session.code, uuid.uuid4().hex, "", "train", most=2)

    judges, _ = enter(), enter()
    vote(store, judges, store.sessions.to_judge(judges)[0])
    with pytest.raises(NotAllowed, match="room for 2"):
        enter()
    monkeypatch.setattr("playground.preferences.sessions.NEW_S", 0.0)  # all have joined long ago
    vote(store, second := enter(), store.sessions.to_judge(second)[0])
    with pytest.raises(NotAllowed, match="room for 2"):
        enter()


def test_two_people_of_one_name_are_told_apart(join):
    assert [join("Ann").annotator.alias, join(" Ann ").annotator.alias] == ["Ann", "Ann 2"]


@pytest.mark.parametrize("alias", ["x" * 10_000, "🦊" * 60, "שלום " * 30, "<b>Ann</b>", "\0", ""])
def test_any_alias_is_taken_and_none_is_long_or_empty(join, alias):
    assert 1 <= len(join(alias).annotator.alias) <= LONGEST_ALIAS + 3


def test_an_alias_that_databases_refuse_still_lets_the_person_in(store, join):
    assert store.sessions.to_judge(join("half \ud83d emoji"))


def test_a_paused_session_gives_no_new_pair_and_keeps_those_on_the_screen(store, session, join):
    person, late = join(), join()
    held = store.sessions.to_judge(person)
    store.sessions.move("local", session.id, "paused")
    assert store.sessions.to_judge(person) == held
    assert store.sessions.to_judge(late) == []
    vote(store, person, held[0])


@pytest.mark.parametrize("state", ["paused", "frozen"])
def test_asking_while_nothing_is_given_out_writes_nothing(store, session, join, monkeypatch, state):
    held = store.sessions.to_judge(join(secret="s" * 32))
    store.sessions.move("local", session.id, state)
    person = store.sessions.participant("s" * 32)

    def refuse(work):
        raise AssertionError("a write")

    monkeypatch.setattr(store.sessions, "_write", refuse)
    assert store.sessions.to_judge(person) == held


def test_the_loads_are_not_counted_for_whoever_has_seen_every_pair(store, join, monkeypatch):
    person = join()
    judge_all(store, person)
    monkeypatch.setattr(loads, "read_loads", None)
    assert store.sessions.to_judge(person) == []


def test_asking_again_gives_the_same_pairs_and_a_vote_makes_room_for_one_more(store, join):
    person = join()
    held = store.sessions.to_judge(person)
    assert len(held) == AHEAD
    assert store.sessions.to_judge(person) == held
    vote(store, person, held[0])
    after = store.sessions.to_judge(person)
    assert after[: AHEAD - 1] == held[1:]
    assert len(after) == AHEAD


def judge_all(store, person, choose=lambda shown: "left"):
    """The pairs in the order in which they came."""
    came = []
    while waiting := store.sessions.to_judge(person):
        came.append(waiting[0])
        vote(store, person, waiting[0], choose(waiting[0]))
    return came


def test_everybody_is_shown_every_pair_and_a_pair_again_only_to_check(store, join):
    prompts = [shown.prompt.text for shown in judge_all(store, join())]
    assert set(prompts) == {f"Question {i}" for i in range(12)}
    assert len(prompts) == 13


def test_one_in_twelve_comes_again_six_or_more_later_with_its_sides_swapped_and_trains_nothing(store, join, session):
    came = judge_all(store, join())
    again = came[11]
    before = next(n for n, shown in enumerate(came) if shown.prompt == again.prompt)
    assert 11 - before > 6
    assert (again.left, again.right) == (came[before].right, came[before].left)
    assert store.counts(session.id).dropped == {"repeat": 1}
    assert len(store.snapshot(session.id).preferences) == 12
    assert store.sessions.live("local", session.id).labels == (1,) * 12


def known(n):
    asked = [Prompt.user(f"Known {i}") for i in range(n)]
    return [(Completion(p, "right"), Completion(p, "wrong")) for p in asked]


def test_a_pair_with_a_known_answer_comes_once_in_twelve_on_either_side_and_trains_nothing(store):
    session = store.sessions.create("local", RULES, pairs(24), known(3))
    store.sessions.move("local", session.id, "open")
    sides = set()
    for _ in range(8):
        person = store.sessions.join(session.code, uuid.uuid4().hex, "", "train")
        came = judge_all(store, person, lambda shown: "left" if shown.left == "right" else "right")
        places = [n for n, shown in enumerate(came) if shown.prompt.text.startswith("Known")]
        assert places == [5, 17]
        sides |= {came[5].left, came[17].left}
    assert sides == {"right", "wrong"}
    checks = store.sessions.live("local", session.id).checks
    assert (checks.gold.count, checks.gold.n) == (16, 16)
    assert not any(row.prompt.text.startswith("Known") for row in store.snapshot(session.id).preferences)


def test_whoever_taps_left_always_is_not_the_same_twice_and_whoever_reads_is(store, session, join):
    judge_all(store, join())
    assert (store.sessions.live("local", session.id).checks.same.count) == 0
    judge_all(store, join(), lambda shown: "left" if shown.left == "yes" else "right")
    same = store.sessions.live("local", session.id).checks.same
    assert (same.count, same.n) == (1, 2)


def test_a_pair_shown_to_one_person_cannot_be_judged_by_another(store, join):
    ann, bob = join("Ann"), join("Bob")
    (shown, *_) = store.sessions.to_judge(ann)
    with pytest.raises(NotAllowed, match="somebody else"):
        vote(store, bob, shown)
    vote(store, ann, shown)


def test_a_token_is_used_once_and_a_replay_changes_nothing(store, session, join):
    person = join()
    (shown, *_) = store.sessions.to_judge(person)
    vote(store, person, shown, id="device-1")
    vote(store, person, shown, id="device-1")
    with pytest.raises(NotAllowed, match="judged already"):
        vote(store, person, shown, "right", id="device-2")
    assert [row.choice for row in store.judgments(session.id)] == ["left"]


def test_undo_of_a_named_vote_can_be_sent_twice_and_takes_back_no_other(store, session, join):
    person = join()
    one, two, *_ = store.sessions.to_judge(person)
    vote(store, person, one, id="first")
    vote(store, person, two, id="second")
    assert store.undo(session.id, person.annotator, "second") == two.token
    assert store.undo(session.id, person.annotator, "second") is None
    assert [row.id for row in store.judgments(session.id)] == ["first"]
    assert two.token in [shown.token for shown in store.sessions.to_judge(person)]
    vote(store, person, two, "right", id="third")


def test_one_person_cannot_undo_anothers_vote(store, session, join):
    ann, bob = join("Ann"), join("Bob")
    vote(store, ann, store.sessions.to_judge(ann)[0], id="anns")
    assert store.undo(session.id, bob.annotator, "anns") is None
    assert store.counts(session.id).total == 1


def test_what_is_on_somebodys_screen_is_given_to_others_last(store, join):
    seen = [shown.prompt.text for person in (join(), join(), join()) for shown in store.sessions.to_judge(person)]
    assert len(set(seen)) == 12  # three people hold four each


def test_what_a_person_who_left_held_is_given_to_others_first(store, join):
    for person in (join(), join(), gone := join()):
        held = store.sessions.to_judge(person)
    store.sessions.leave(gone)
    assert {shown.prompt.text for shown in store.sessions.to_judge(join())} == {shown.prompt.text for shown in held}


def test_after_a_withdrawal_nothing_of_the_person_is_frozen_and_their_pairs_are_free(store, session, join):
    person = join()
    vote(store, person, store.sessions.to_judge(person)[0])
    store.withdraw(session.id, person.annotator)
    assert store.snapshot(session.id).preferences == ()
    assert set(store.sessions.live("local", session.id).labels) == {0}


def test_each_pair_waits_or_is_on_a_screen_or_has_its_labels(store, session, join):
    def states():
        found = store.sessions.live("local", session.id).pairs
        return found.waiting, found.given_out, found.enough

    assert states() == (12, 0, 0)
    people = [join() for _ in range(3)]
    held = store.sessions.to_judge(people[0])
    assert states() == (12 - AHEAD, AHEAD, 0)
    store.sessions.leave(people[0])
    assert states() == (12, 0, 0)
    for person in people:
        judge_all(store, person)
    assert states() == (0, 0, 12) and len(held) == AHEAD


def test_a_pair_is_decided_where_more_prefer_one_text_and_tied_where_as_many_do_or_nobody(store):
    session = store.sessions.create("local", RULES, pairs(2), known(1))
    store.sessions.move("local", session.id, "open")
    choices = {"Question 0": ("yes", "yes", "no"), "Question 1": ("yes", "no", "tie"), "Known 0": ("right",) * 3}
    for number in range(3):
        person = store.sessions.join(session.code, uuid.uuid4().hex, "", "train")

        def choose(shown, number=number):
            wanted = choices[shown.prompt.text][number]
            return "left" if shown.left == wanted else "right" if shown.right == wanted else "tie"

        judge_all(store, person, choose)
    found = store.sessions.live("local", session.id).pairs
    assert (found.decided, found.tied, found.enough) == (1, 1, 2)


def test_a_skip_is_kept_but_is_no_label(store, session, join):
    person = join()
    vote(store, person, store.sessions.to_judge(person)[0], "skip")
    assert sum(store.sessions.live("local", session.id).labels) == 0
    assert store.counts(session.id).by_choice == {"skip": 1}


def test_which_checkpoint_stands_left_is_even_to_one_for_every_person_and_every_pair(store):
    session = store.sessions.create("local", RULES, pairs(40))
    store.sessions.move("local", session.id, "open")
    people = [store.sessions.join(session.code, uuid.uuid4().hex, "", "train") for _ in range(12)]
    tilt = Counter()
    for _ in range(10):  # 120 labels: three for each pair
        for person in people:
            shown = store.sessions.to_judge(person)[0]
            vote(store, person, shown)
            for place in (person.annotator.alias, shown.prompt.text):
                tilt[place] += 1 if shown.left == "yes" else -1
    assert len(tilt) == 12 + 40
    assert max(abs(value) for value in tilt.values()) <= 1


def test_the_pair_with_the_lowest_load_comes_first_with_its_probability():
    carried = [Load("a", "x", "y", 2, 1), Load("b", "x", "y", 1, 1)]
    chosen = choose(carried, 0, random.Random(0))
    assert (chosen.load.pair, chosen.first_left, chosen.probability) == ("b", False, 1.0)


def test_a_session_without_a_pair_to_choose_from_is_refused(store):
    same = Completion(Prompt.user("Hi"), "yes", "old")
    with pytest.raises(PlaygroundError, match="no pair"):
        store.sessions.create("local", RULES, [(same, same)])


def test_texts_come_back_byte_for_byte(store, session, join):
    odd = "- a *bullet*\n=1+1 <img src=x onerror=alert(1)> \u202eright to left 🦊"
    prompt = Prompt.user("Hi")
    made = store.sessions.create("local", RULES, [(Completion(prompt, odd, "old"), Completion(prompt, "no", "new"))])
    store.sessions.move("local", made.id, "open")
    person = store.sessions.join(made.code, "t" * 32, "", "train")
    (shown,) = store.sessions.to_judge(person)
    assert odd in (shown.left, shown.right)
