"""What a run learned from, in words a visitor understands."""

import pytest

from playground import pocket
from playground.runs.origin import data_words, origins
from playground.types import Annotator, Checkpoint, Example, Preference, Prompt, RunSpec

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")
PROMPT = Prompt.user("Why?", "pocket")


def judged(kind, alias, n):
    return [Preference(PROMPT, "a", "b", annotator=Annotator(f"{kind}-{i}", alias, kind)) for i in range(n)]


@pytest.mark.parametrize(
    ("algorithm", "rows", "words"),
    [
        ("dpo", judged("persona", "polite", 3), "3 preferences by the persona polite (simulated)"),
        ("dpo", judged("person", "Anna", 2), "2 preferences by people"),
        (
            "reward_model",
            judged("person", "Anna", 1) + judged("persona", "brief", 2) + judged("person", "Ben", 2),
            "5 preferences: 3 by people, 2 by the persona brief (simulated)",
        ),
        ("dpo", judged("file", "mine.jsonl", 4), "4 preferences by the file mine.jsonl"),
        ("sft", [Example(PROMPT, "x")] * 2, "2 examples from the pocket world"),
        ("sft", [Example(Prompt.user("q", "own.csv"), "x")] * 2, "2 examples from the file own.csv"),
        ("ppo", [PROMPT] * 4, "4 prompts from the pocket world"),
        ("ppo", [], "0 prompts"),
    ],
)
def test_the_data_is_named_by_who_judged_or_where_it_was_taken_from(algorithm, rows, words):
    spec = RunSpec("r", "local", algorithm, {}, START, data_count=len(rows), data_from=origins(rows))
    assert data_words(spec) == words


def test_a_run_of_before_this_was_recorded_still_tells_its_count():
    assert data_words(RunSpec("r", "local", "dpo", {}, START, data_count=60)) == "60 preferences"


def test_the_pocket_worlds_own_rows_are_named_so():
    assert set(origins(pocket.demonstrations(5, 0))) == set(origins(pocket.prompt_set(5, 0))) == {"pocket"}
