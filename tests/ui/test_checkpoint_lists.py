"""Later tabs start from the visitor's newest checkpoint of the right kind, and never undo what the visitor chose."""

import pytest

from playground.types import Checkpoint
from playground.ui.checkpoint_lists import FIRST_COMPARED, follow, newest, newest_beside_its_start, newest_tuned


def made(run_id, method, parent="pocket-base", kind="policy"):
    return Checkpoint(run_id, run_id, kind, "pocket", "/x", parent=parent, method=method, run_id=run_id)


BASE = Checkpoint("pocket-base", "Pocket base", "policy", "pocket", "/b")
SFT = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/s", parent="pocket-base", method="sft")
SHIPPED = [BASE, SFT]
OWN = [*SHIPPED, made("sft-1", "sft"), made("sft-2", "sft"), made("dpo-1", "dpo", parent="sft-1")]


def test_without_own_ones_the_shipped_ones_are_proposed():
    assert newest_tuned(SHIPPED) == "pocket-sft"
    assert newest_beside_its_start(SHIPPED) == FIRST_COMPARED == ["pocket-base", "pocket-sft"]
    assert newest([]) is None


def test_training_starts_from_the_newest_fine_tuned_one_and_compare_from_the_newest_of_any_kind():
    assert newest_tuned(OWN) == "sft-2"
    assert newest_beside_its_start(OWN) == ["sft-1", "dpo-1"]


def test_the_newest_reward_model_is_proposed():
    assert newest([made("rm-1", "reward_model", kind="reward"), made("rm-2", "reward_model", kind="reward")]) == "rm-2"


@pytest.mark.parametrize(("now", "before"), [("pocket-sft", "pocket-sft"), (None, None), ("gone", "pocket-sft")])
def test_what_nobody_chose_gives_way_to_the_newest(now, before):
    update = follow(OWN, now, before, "sft-2")
    assert update["value"] == "sft-2"
    assert {"sft-1", "sft-2"} <= {i for _, i in update["choices"]}


@pytest.mark.parametrize(
    ("now", "before", "proposal"),
    [
        ("sft-1", "pocket-sft", "sft-2"),
        ("pocket-sft", "sft-2", "sft-2"),
        (["pocket-base", "sft-1"], FIRST_COMPARED, ["sft-1", "dpo-1"]),
        (["sft-1"], FIRST_COMPARED, ["sft-1", "dpo-1"]),
    ],
)
def test_what_the_visitor_chose_stays(now, before, proposal):
    assert "value" not in follow(OWN, now, before, proposal)


def test_a_list_of_several_of_which_one_is_gone_starts_anew():
    assert follow(OWN, ["sft-1", "gone"], FIRST_COMPARED, ["sft-1", "dpo-1"])["value"] == ["sft-1", "dpo-1"]


def test_the_newest_stands_first_in_the_list():
    assert next(i for _, i in follow(OWN, None, None, "sft-2")["choices"]) == "dpo-1"


def test_what_another_tab_sent_wins_over_both():
    assert follow(OWN, ["sft-1"], FIRST_COMPARED, FIRST_COMPARED, ["sft-2", "dpo-1"])["value"] == ["sft-2", "dpo-1"]
