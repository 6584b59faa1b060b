"""Ways of training side by side: seeds make a spread, anything else another column, what is unknown stays away."""

from dataclasses import replace

import pytest

from playground.evaluation.methods import methods
from playground.evaluation.report import Figure
from playground.evaluation.sheet import MEASURES, Column, Sheet, Took
from playground.ui.methods_table import methods_table
from tests.evaluation.stand_ins import DPO, SFT

BY_DPO = Took("DPO", 100, cpu_seconds=4.0, peak_bytes=900_000_000, alike="dpo")
BY_PPO = Took("PPO", 100, 40.0, 1_400_000_000, "ppo", reward="Scorer", reward_cpu_seconds=3.0, rollouts=1280)


def column(name, took, gold=None, kl=None, fingerprint=""):
    known = {("win_rate", "gold_gain"): gold, ("drift", "kl"): kl}
    values = [known.get((measure.question, measure.key)) for measure in MEASURES]
    figures = [None if value is None else Figure("x", "X", value, None, None, 9, "") for value in values]
    return Column(replace(DPO, id=name, name=name, fingerprint=fingerprint or name), tuple(figures), took)


def sheet(*columns):
    return Sheet((Column(SFT, (None,) * len(MEASURES)), *columns))


def cells(table, title):
    (row,) = (row for row in table["rows"] if row["title"] == title)
    return [cell and (cell["value"], cell["interval"]) for cell in row["cells"]]


def test_models_that_differ_in_the_seed_alone_are_one_method_with_a_spread():
    found = methods(sheet(column("a", BY_DPO, 1.0, 2.0), column("b", replace(BY_DPO, cpu_seconds=6.0), 2.0, 2.0)))
    (one,) = found
    assert one.models == ("a", "b")
    assert one.gold.mean == 1.5 and one.gold.deviation == pytest.approx(0.7071, abs=1e-4) and one.kl.deviation == 0
    table = methods_table(found)
    assert cells(table, "Gold reward gained") == [("+1.50", "spread over 2 runs: 0.71")]
    assert cells(table, "Processor time") == [("5 s", "")]


def test_a_run_made_twice_with_one_seed_narrows_no_spread():
    twice = (column(name, BY_DPO, 1.0, fingerprint="same") for name in ("a", "b"))
    (one,) = methods(sheet(*twice, column("c", BY_DPO, 2.0)))
    assert (one.gold.count, one.gold.mean) == (2, 1.5)


def test_ppo_stands_beside_dpo_with_what_each_took():
    table = methods_table(methods(sheet(column("a", BY_DPO, 1.0), column("b", BY_PPO))))
    assert table["names"] == ["DPO", "PPO"]
    assert cells(table, "Reward model") == [("none", ""), ("Scorer", "")]
    assert cells(table, "Completions sampled") == [("0", ""), ("1,280", "")]
    assert cells(table, "Processor time") == [("4 s", ""), ("40 s", "and 3 s for the reward model")]
    assert cells(table, "Gold reward gained") == [("+1.00", "one run"), None]


def test_what_is_not_known_is_not_shown_as_nothing():
    old = replace(BY_PPO, cpu_seconds=0.0, peak_bytes=0)  # a run made before they were written down
    table = methods_table(methods(sheet(column("a", BY_DPO), column("b", old))))
    assert cells(table, "Processor time")[1] is None and cells(table, "Most memory")[1] is None


@pytest.mark.parametrize("columns", [[], [column("a", BY_DPO)], [column("a", None), column("b", None)]])
def test_one_way_of_training_is_no_comparison(columns):
    assert methods_table(methods(sheet(*columns))) is None
