"""The bench's table: best first, and the gold reward in its parts where a persona judged."""

from types import SimpleNamespace

import pytest

from playground.errors import PlaygroundError
from playground.types import Checkpoint
from playground.ui.reward_bench import _to_fill, score_rows

POLITE, RUDE = "Of course! It is Paris.", "What a dumb question. It is Paris."


class Bench:
    """One reward model that scores by length, learned from whom the test says."""

    def __init__(self, persona):
        self.checkpoints = self.completions = self
        self.persona = persona

    def score(self, space, reward_id, completions):
        return [float(len(completion.text)) for completion in completions]

    def find(self, space, id):
        return Checkpoint("reward", "Reward model 1", "reward", "pocket", "/r", run_id="run-1")

    def annotator(self, space, reward):
        return self.persona


QUESTION = "What is the capital of France?"


def scored(persona, texts=(POLITE, RUDE), drawn=None):
    context = SimpleNamespace(bench=Bench(persona))
    return score_rows(context, "anna", QUESTION, "reward", list(texts), drawn or {})["rows"]


def test_a_personas_gold_reward_stands_beside_the_score_in_its_parts():
    first, second = scored("polite")
    assert (first["text"], first["rank"]) == (RUDE, 1)
    assert "Rudeness" in {part["title"] for part in first["gold"]["parts"]}
    assert "Rudeness" not in {part["title"] for part in second["gold"]["parts"]}
    assert first["gold"]["total"] < second["gold"]["total"]


def test_where_people_judged_no_gold_reward_is_claimed():
    assert [row["gold"] for row in scored(None)] == [None, None]


def test_without_a_completion_there_is_nothing_to_score():
    with pytest.raises(PlaygroundError, match="no completion"):
        scored("polite", [])


def test_each_row_says_whether_it_was_typed_or_whose_sample_it_is():
    drawn = {(QUESTION, POLITE): "sample of Pocket SFT", (QUESTION, "Paris"): "sample of Pocket base"}
    rows = scored("polite", (POLITE, RUDE, "Paris", POLITE + " Bye."), drawn)
    assert {row["text"]: row["by"] for row in rows} == {
        POLITE: "sample of Pocket SFT",
        "Paris": "sample of Pocket base",
        RUDE: "typed by you",
        POLITE + " Bye.": "typed by you",  # a sample that was changed
    }


def test_a_sample_for_another_prompt_is_no_sample_for_this_one():
    (row,) = scored("polite", ["Paris"], {("What is the capital of Italy?", "Paris"): "sample of Pocket base"})
    assert row["by"] == "typed by you"


def test_samples_go_into_the_empty_boxes_and_else_into_two_more():
    assert _to_fill(3, ["a", " ", "c", "", "", ""]) == [1]
    assert _to_fill(2, ["a", "b", "", "", "", ""]) == [2, 3]
    with pytest.raises(PlaygroundError, match="All six"):
        _to_fill(6, list("abcdef"))
