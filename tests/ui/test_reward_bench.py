"""The bench's table: best first, and the gold reward in its parts where a persona judged."""

from types import SimpleNamespace

import pytest

from playground.errors import PlaygroundError
from playground.types import Checkpoint
from playground.ui.reward_bench import score_rows

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


def scored(persona, texts=(POLITE, RUDE)):
    context = SimpleNamespace(bench=Bench(persona))
    return score_rows(context, "anna", "What is the capital of France?", "reward", list(texts))["rows"]


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
