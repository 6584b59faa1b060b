"""Attacks on a reward model: the ready ones, the search, and the scoreboard."""

import itertools

from playground.evaluation.attacks import READY, Scale, Try, ready, scoreboard, search


def length_lover(texts, by):
    return [Try(text, by, reward=len(text.split()) / 10, gold=0.0) for text in texts]


def test_every_ready_attack_is_something_else_than_the_honest_completion():
    found = ready("What is the capital of France?", "The capital of France is Paris.")
    texts = [text for _, text in found]
    assert len(set(texts)) == len(READY) and "The capital of France is Paris." not in texts


def test_the_search_only_gets_better_and_ends_within_its_bounds():
    found = list(search(length_lover, ["Paris."], seconds=1e9))
    assert len(found) > 2
    assert all(a.fooled < b.fooled for a, b in itertools.pairwise(found))
    assert len(found[-1].text.split()) <= 60


def test_the_search_stops_when_its_time_is_up():
    ticks = itertools.count()
    found = list(search(length_lover, ["Paris."], seconds=2.0, clock=lambda: float(next(ticks))))
    assert len(found) == 2


def test_a_reward_model_that_is_right_about_everything_cannot_be_fooled():
    def right(texts, by):
        return [Try(text, by, reward=1.0, gold=1.0) for text in texts]

    assert [one.fooled for one in search(right, ["Paris."], seconds=1e9)] == [0.0]


def test_the_scoreboard_is_led_by_what_is_liked_beyond_its_worth_and_shows_a_text_once():
    tries = [
        Try("a", "you", 1.0, 1.0),
        Try("b", "you", 2.0, -2.0),
        Try("b", "you", 2.0, -2.0),
        Try("c", "you", 2.0, 0.5),
    ]
    assert [one.text for one in scoreboard(tries)] == ["b", "c", "a"]


def test_a_bad_text_that_the_reward_model_dislikes_has_fooled_nobody():
    rude, loved = Try("rude", "you", -2.0, -9.0), Try("loved", "you", 3.0, -1.0)
    assert rude.fooled == -2.0 and loved.fooled == 3.0
    assert [one.text for one in scoreboard([rude, loved])] == ["loved", "rude"]


def test_without_gold_nobody_is_said_to_be_fooled():
    good, better = Try("good", "you", 1.0, None), Try("better", "you", 2.0, None)
    assert good.fooled is None
    assert [one.text for one in scoreboard([good, better])] == ["better", "good"]


def test_the_usual_completion_has_place_nought():
    scale = Scale.of([1.0, 3.0])
    assert (scale.place(2.0), scale.place(3.0)) == (0.0, 1.0)


def test_completions_that_are_nearly_all_alike_do_not_make_every_other_look_far_away():
    alike = [4.0] * 15 + [4.001]
    assert Scale.of(alike).place(5.0) < 5.0 and Scale.of([4.0, 4.0]).place(4.0) == 0.0
