"""The fold that puts a run or a set on the Hub: there only where it can be used, and it says where the thing lies."""

from types import SimpleNamespace

import gradio as gr
import pytest

from playground.errors import PlaygroundError
from playground.types import Checkpoint
from playground.ui.hub_push import hub_fold
from playground.ui.tabs.runs import _pushed


def drawn(can_push, push=lambda space, name, chosen: "", chosen=None):
    """The page that holds nothing but the fold."""
    takeaway = SimpleNamespace(can_push=can_push)
    bench = SimpleNamespace(takeaway=takeaway, workspace_of=lambda cookies: cookies["who"])
    with gr.Blocks() as page:
        hub_fold(SimpleNamespace(bench=bench), "the set", push, chosen)
    return page


def test_without_a_token_there_is_nothing_to_press():
    assert not any(isinstance(b, gr.Button) for b in drawn(False).blocks.values())


def test_the_address_is_told_and_only_the_visitors_own_workspace_is_pushed():
    asked = []

    def push(space, name, chosen):
        asked.append((space, name, chosen))
        return "https://huggingface.co/someone/mine"

    (listener,) = [f.fn for f in drawn(True, push).fns.values() if f.fn]
    said = listener("someone/mine", None, SimpleNamespace(cookies={"who": "anna"}))
    assert said == "It is there: https://huggingface.co/someone/mine"
    assert asked == [("anna", "someone/mine", None)]


@pytest.mark.parametrize("ticked", [None, {}, {"chosen": []}, {"chosen": ["a", "b"]}])
def test_of_the_runs_exactly_one_must_be_ticked(ticked):
    with pytest.raises(PlaygroundError, match="ticked") as refused:
        _pushed(None, "anna", "someone/mine", ticked)
    assert "Tick the one" in refused.value.hint


@pytest.mark.parametrize(
    ("kind", "form", "weights"),
    [("policy", "adapter", "merged"), ("policy", "full", "trained"), ("reward", "adapter", "trained")],
)
def test_an_adapter_of_a_policy_goes_there_merged_into_its_model(kind, form, weights):
    found = SimpleNamespace(checkpoint=Checkpoint("a", "A", kind, "pocket", "", form=form))
    bench = SimpleNamespace(
        runs=SimpleNamespace(find=lambda space, run_id: found),
        takeaway=SimpleNamespace(push_run=lambda *given: given),
    )
    assert _pushed(bench, "anna", "someone/mine", {"chosen": ["a"]}) == ("anna", "a", "someone/mine", weights)
