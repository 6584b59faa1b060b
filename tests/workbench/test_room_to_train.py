"""A run that cannot fit is refused before it starts, with a setting that would."""

from contextlib import closing

import pytest

from playground.models.catalogue import CARDS
from playground.models.memory import in_words
from playground.models.shelf import ModelShelf
from playground.models.training_memory import lighter, training_bytes
from playground.registry import algorithms, build_config
from playground.settings import Settings
from playground.types import Checkpoint, Example, Preference, Prompt
from playground.workbench import Workbench
from playground.workbench.room_to_train import TooLittleMemory, require_room

GB = 10**9
LARGE = next(card for card in CARDS if card.name == "qwen3-0.6b")
START = Checkpoint("mine", "Mine", "policy", LARGE.name, "/nowhere")
ROWS = {
    "examples": [Example(Prompt.user("a" * 300), "b" * 300)],
    "preferences": [Preference(Prompt.user("a" * 300), "b" * 300, "c")],
    "prompts": [Prompt.user("a" * 300)],
}


@pytest.fixture
def shelf(tmp_path):
    return ModelShelf(tmp_path)


def refusal(entry, config, free, shelf):
    with pytest.raises(TooLittleMemory) as refused:
        require_room(entry, config, ROWS[entry.needs], START, shelf, free)
    return refused.value


@pytest.mark.parametrize("name", sorted(algorithms()))
def test_the_setting_that_is_named_does_fit(name, shelf):
    entry = algorithms()[name]
    full = entry.config(adapter="full")
    *_, lightest = lighter(full)
    longest = 332 if entry.needs != "prompts" else 132 + full.max_new_tokens  # thirds of the letters, and a frame
    free = training_bytes(entry, lightest, LARGE.parameters, LARGE.shape, longest)
    said = refusal(entry, full, free, shelf)
    assert in_words(free) in said.message and "to lora" in said.hint
    words = dict(part.rsplit(" to ", 1) for part in said.hint.split(":")[0].removeprefix("Set ").split(" and "))
    labels = {field.metadata["dial"].label: field.name for field in entry.config.__dataclass_fields__.values()}
    values = {labels[label]: int(value) if value.isdigit() else value for label, value in words.items()}
    require_room(entry, build_config(entry, values), ROWS[entry.needs], START, shelf, free)


def test_where_nothing_fits_another_model_is_advised(shelf):
    entry = algorithms()["sft"]
    assert "smaller model" in refusal(entry, entry.config(), GB, shelf).hint


def test_a_model_that_is_no_longer_here_is_left_to_the_loader(shelf):
    entry = algorithms()["sft"]
    require_room(entry, entry.config(), ROWS["examples"], Checkpoint("x", "X", "policy", "gone", ""), shelf, 0)


def test_rows_that_are_left_out_for_their_length_do_not_count(shelf):
    entry = algorithms()["sft"]
    long, config = [Example(Prompt.user("a"), "b" * 300_000)], entry.config(adapter="lora", max_length=64)
    free = training_bytes(entry, config, LARGE.parameters, LARGE.shape, 64)
    require_room(entry, config, long, START, shelf, free)
    with pytest.raises(TooLittleMemory):
        require_room(entry, config, long, START, shelf, free - 1)


def test_a_start_without_room_leaves_no_run_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("playground.workbench.room_to_train.free_memory", lambda: 10**8)
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        with pytest.raises(TooLittleMemory, match="100 MB free"):
            bench.runs.start("local", "sft", {"examples": 16})
        assert bench.runs.all("local") == [] and not (tmp_path / "workspaces").exists()
