"""The badge: shown where a pocket model is asked something from outside, measured for the prompt that stands there."""

from types import SimpleNamespace

import gradio as gr

from playground.types import Checkpoint
from playground.ui.world_edge import edge_value, measured

STRANGER = "Who won the war?"


class Bench:
    """A pocket model and a real one; a surprise that can be counted."""

    def __init__(self):
        self.checkpoints = SimpleNamespace(all=lambda here: [made("sft", "pocket"), made("smol", "smollm2-135m")])
        self.completions = SimpleNamespace(surprise=self.surprise)
        self.asked = []

    def surprise(self, text):
        self.asked.append(text)
        return 4.0


def made(id, card):
    return Checkpoint(id, id, "policy", card, "/x")


def test_a_stranger_to_a_pocket_model_gets_a_badge_with_what_is_near():
    value = edge_value(Bench(), "anna", STRANGER, ["smol", "sft"])
    assert value["asked"] == STRANGER and len(value["near"]) == 3 and value["strange"] is None


def test_what_the_world_holds_gets_none():
    assert edge_value(Bench(), "anna", "capital of france", ["sft"]) is None
    assert edge_value(Bench(), "anna", None, ["sft"]) is None


def test_a_real_model_is_not_held_to_the_pocket_world():
    assert edge_value(Bench(), "anna", STRANGER, ["smol"]) is None
    assert edge_value(Bench(), "anna", STRANGER, []) is None


def test_the_strangeness_joins_the_badge_it_was_measured_for():
    bench = Bench()
    value = edge_value(bench, "anna", STRANGER, ["sft"])
    assert measured(bench, STRANGER, value)["strange"]["surprise"] == 4.0
    assert bench.asked == [STRANGER]


def test_a_prompt_that_changed_meanwhile_is_not_measured():
    bench = Bench()
    value = edge_value(bench, "anna", STRANGER, ["sft"])
    assert measured(bench, "What is 2 + 3?", value) == gr.skip()
    assert measured(bench, "", None) == gr.skip()
    assert bench.asked == []
