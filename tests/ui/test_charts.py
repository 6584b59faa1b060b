"""Figures over several runs: the right numbers, in the vocabulary's words."""

import math

import pytest

from playground.ui.charts import BestOf, frontier, overlay, shared_metrics

ROWS = [{"step": i, "kl": i * i / 100, "proxy_reward": float(i), "gold_reward": -float(i)} for i in range(1, 101)]


def test_an_overlay_has_a_line_for_every_run_that_logged_the_metric():
    figure = overlay({"a": ROWS, "b": [{"step": 1, "loss": 2.0}]}, "kl")
    assert [line["name"] for line in figure["data"]] == ["a"]
    assert figure["data"][0]["x"] == [row["step"] for row in ROWS]
    assert "nats" in figure["layout"]["yaxis"]["title"]["text"]


def test_an_overlay_says_which_runs_lack_the_metric_and_how_many_are_too_many():
    figure = overlay({"a": ROWS, "b": [{"step": 1, "loss": 2.0}], "c": []}, "kl", left_out=2)
    assert "b and c" in figure["note"] and "KL" in figure["note"]
    assert "first 3" in figure["note"]
    assert overlay({"a": ROWS}, "kl")["note"] == ""


def test_a_run_keeps_its_colour_when_another_has_nothing_to_draw():
    figure = overlay({"a": [], "b": ROWS}, "kl")
    assert figure["data"][0]["colour"] == 1


def test_a_number_that_was_not_finite_is_left_out():
    assert overlay({"a": [{"step": 1, "loss": None}, {"step": 2, "loss": 1.0}]}, "loss")["data"][0]["x"] == [2]


@pytest.mark.parametrize(("last", "every_one"), [(1, True), (4, True), (12, True), (100, False)])
def test_an_axis_of_few_steps_names_each_of_them_once(last, every_one):
    figure = overlay({"a": ROWS[:1], "b": ROWS[:last]}, "kl")
    assert figure["layout"]["xaxis"].get("dtick") == (1 if every_one else None)


def test_long_runs_are_thinned():
    rows = [{"step": i, "loss": 1.0} for i in range(100_000)]
    assert len(overlay({"a": rows}, "loss")["data"][0]["x"]) <= 1500


def test_the_frontier_hides_gold_until_it_is_asked_for():
    assert [line["name"] for line in frontier({"a": ROWS}, gold=False)["data"]] == ["a, proxy"]
    assert [line["name"] for line in frontier({"a": ROWS}, gold=True)["data"]] == ["a, proxy", "a, gold"]


def test_best_of_n_stands_beside_the_runs_with_its_bound_named():
    best = BestOf("Scorer", proxy=((0.0, 0.1), (4.0, 1.5)), gold=((0.0, 0.3), (4.0, 0.9)))
    *_, line = frontier({"a": ROWS}, gold=False, best=[best])["data"]
    assert (line["name"], line["x"], line["y"]) == ("best of n by Scorer, proxy (KL: a bound)", [0.0, 2.0], [0.1, 1.5])
    names = [line["name"] for line in frontier({"a": ROWS}, gold=True, best=[best])["data"]]
    assert names[-1] == "best of n by Scorer, gold (KL: a bound)"


def test_the_frontiers_axis_is_the_root_of_kl():
    line = frontier({"a": ROWS}, gold=False)["data"][0]
    middle = 50  # far from both ends the mean over neighbours of a straight line is the line itself
    assert line["x"][middle] == pytest.approx(math.sqrt(ROWS[middle]["kl"]))
    assert line["y"][middle] == pytest.approx(ROWS[middle]["proxy_reward"])


def test_a_negative_kl_does_not_break_the_frontier():
    assert frontier({"a": [{"step": 1, "kl": -0.5, "proxy_reward": 1.0}]}, gold=False)["data"][0]["x"] == [0.0]


def test_shared_metrics_come_in_the_vocabularys_order():
    assert shared_metrics({"a": [{"step": 1, "kl": 0.0}], "b": [{"step": 1, "loss": 0.0}]}) == ["loss", "kl"]


PAIRS_RUN = [{"step": i, "kl": float(k), "gold_reward": float(i)} for i, k in ((1, 0), (6, 1), (12, 4))]


def test_a_dpo_run_lies_on_the_frontier_with_its_gold_reward_point_by_point():
    line = frontier({"ppo": ROWS, "dpo": PAIRS_RUN}, gold=True)["data"][-1]
    assert (line["name"], line["x"], line["y"]) == ("dpo, gold", [0.0, 1.0, 2.0], [1.0, 6.0, 12.0])


def test_the_frontier_says_who_is_not_on_it_and_why():
    no_persona = [{"step": 1, "kl": 1.0, "loss": 2.0}]
    hidden = frontier({"ppo": ROWS, "dpo": PAIRS_RUN, "mine": no_persona, "rm": [{"step": 1, "loss": 1.0}]}, gold=False)
    assert "dpo has no reward model: its gold reward stands here once you show it." in hidden["note"]
    assert "mine is left off: a run without a reward model has only a gold reward, and no persona" in hidden["note"]
    assert "rm" not in hidden["note"]  # it writes nothing, so nobody looks for it here
    assert "dpo" not in frontier({"ppo": ROWS, "dpo": PAIRS_RUN}, gold=True)["note"]
    assert "left off" not in frontier({"ppo": ROWS}, gold=False)["note"]


def test_the_frontier_says_where_a_point_is_a_mean_and_that_the_last_one_is_too():
    assert "The last point too" in frontier({"ppo": ROWS}, gold=False)["note"]
    assert frontier({"dpo": PAIRS_RUN}, gold=True)["note"] == ""
    assert frontier({"short": ROWS[:9]}, gold=True)["note"] == ""


def test_where_no_policy_can_be_drawn_its_reason_stands_in_the_chart_s_place():
    assert "once you show it" in frontier({"dpo": PAIRS_RUN}, gold=False)["empty"]
    assert "train one with PPO" in frontier({"rm": [{"step": 1, "loss": 1.0}]}, gold=False)["empty"]


def test_a_curve_of_few_points_shows_them():
    assert overlay({"a": ROWS[:1]}, "kl")["data"][0]["mode"] == "lines+markers"
    assert overlay({"a": ROWS}, "kl")["data"][0]["mode"] == "lines"
