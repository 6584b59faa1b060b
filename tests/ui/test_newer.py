"""A list that stays on a visitor's choice says that a newer checkpoint was made since, and is switched by one click."""

import pytest

from playground.types import Checkpoint
from playground.ui.newer import made_since, newer_words


def made(run_id, parent="pocket-sft", method="sft"):
    return Checkpoint(run_id, run_id.upper(), "policy", "pocket", "/x", parent=parent, method=method, run_id=run_id)


BASE = Checkpoint("pocket-base", "Pocket base", "policy", "pocket", "/b")
SFT = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/s", parent="pocket-base", method="sft")
OWN = [BASE, SFT, made("sft-1"), made("dpo-1", "sft-1", "dpo"), made("sft-2"), made("dpo-2", "sft-2", "dpo")]


@pytest.mark.parametrize(
    ("now", "proposal", "newer"),
    [
        ("sft-1", "sft-2", "sft-2"),
        (["sft-1", "dpo-1"], ["sft-2"], "sft-2"),
        (["sft-1", "dpo-1"], ["sft-2", "dpo-2"], "dpo-2"),
        ("pocket-sft", "sft-1", "sft-1"),
    ],
)
def test_what_was_made_since_is_named(now, proposal, newer):
    assert made_since(OWN, now, proposal).id == newer


@pytest.mark.parametrize(
    ("now", "proposal"),
    [
        ("sft-2", "sft-2"),
        (["sft-2", "dpo-2"], ["sft-2"]),  # what is shown is newer still
        (["dpo-2"], ["sft-2", "dpo-2"]),  # the newest is shown, beside nothing
        ("sft-1", "pocket-base"),  # nothing of one's own
        (None, "sft-2"),
        ([], ["sft-2"]),
        ("gone", "sft-2"),
        ("sft-1", None),
    ],
)
def test_nothing_is_said_where_nothing_newer_of_ones_own_would_be_shown(now, proposal):
    assert made_since(OWN, now, proposal) is None


def test_a_name_is_text():
    assert "<i>" not in newer_words(Checkpoint("x", "<i>", "policy", "pocket", "/x", run_id="x"))
