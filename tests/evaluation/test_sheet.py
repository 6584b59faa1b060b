"""The tax sheet: gains and costs of every checkpoint beside the one start, each asked once."""

from dataclasses import replace

import pytest

from playground.evaluation.plan import Plan
from playground.evaluation.report import Report
from playground.evaluation.running import Step, report_of
from playground.evaluation.sheet import MEASURES, Sheet, column_of, sheet_steps
from playground.registry import questions
from playground.types import Checkpoint
from playground.ui.tax_sheet import facts_words, sheet_picture, sheet_table
from tests.evaluation.stand_ins import DPO, PAIR, REWARD, SFT, examined
from tests.evaluation.test_questions import right, same

PPO = Checkpoint("ppo", "Hunted", "policy", "pocket", "", parent="sft", fingerprint="ffff", method="ppo")
FAMILY = [PAIR, Plan(PPO, SFT)]


def forgot(who, text):
    """The start knows everything; what came from it says one thing."""
    return right(who, text) if who == "sft" else same(who, text)


def reports(plan, names) -> list[Report]:
    examiner = examined(forgot)
    return [report_of(Step(questions()[name], plan), examiner) for name in names]


def sheet() -> Sheet:
    plan = replace(PAIR, persona="truthful")  # who minds it most when something was forgotten
    start = column_of(SFT, SFT, reports(plan.of_reference(), ["facts", "language"]), plan)
    return Sheet((start, column_of(DPO, SFT, reports(plan, ["win_rate", "facts", "language", "drift"]), plan)))


def test_every_measure_is_a_figure_of_its_question():
    keys = {name: {f.key for f in one.answer(examined(right), PAIR).figures} for name, one in questions().items()}
    assert all(measure.key in keys[measure.question] for measure in MEASURES)


def test_the_start_is_asked_once_however_many_came_from_it():
    todo = [(step.question.name, step.plan.checkpoint.id) for step in sheet_steps(questions().values(), SFT, FAMILY)]
    assert len(set(todo)) == len(todo)
    assert todo.count(("facts", "sft")) == 1
    assert {("facts", "dpo"), ("facts", "ppo"), ("win_rate", "dpo"), ("win_rate", "ppo"), ("drift", "ppo")} <= set(todo)


def test_reports_beside_another_checkpoint_do_not_count():
    elsewhere = reports(Plan(DPO, PPO), ["win_rate"])
    assert not any(column_of(DPO, SFT, elsewhere, PAIR).figures)


OTHER_REWARD = replace(REWARD, fingerprint="retrained")


@pytest.mark.parametrize(
    "other",
    [
        replace(PAIR, persona="concise"),
        replace(PAIR, reward=None),
        replace(PAIR, reward=OTHER_REWARD),
        replace(PAIR, taught=("Hello?",)),
        replace(PAIR, seed=1),
    ],
)
def test_a_line_of_the_sheet_holds_the_verdict_of_the_same_judges_on_the_same_draw(other):
    made = reports(other, ["win_rate", "drift"])
    own, asked = column_of(DPO, SFT, made, other), column_of(DPO, SFT, made, PAIR)
    shown = {m.question for m, figure in zip(MEASURES, asked.figures, strict=True) if figure}
    assert shown == ({"drift"} if other.seed == PAIR.seed else set())
    assert {m.question for m, figure in zip(MEASURES, own.figures, strict=True) if figure} == {"win_rate", "drift"}


def test_a_new_name_of_the_reward_model_takes_nothing_from_the_sheet():
    renamed = replace(PAIR, reward=replace(REWARD, name="My judge"))
    made = reports(PAIR, ["win_rate"])
    assert column_of(DPO, SFT, made, renamed) == column_of(DPO, SFT, made, PAIR)
    assert any(column_of(DPO, SFT, made, renamed).figures)


def test_what_was_forgotten_is_called_worse_than_the_start():
    table = sheet_table(sheet())["sheet"]
    rows = {row["title"]: row for row in table["rows"]}
    assert table["names"] == ["Pocket SFT", "Pushed"]
    sums = rows["Sums"]["cells"]
    assert (sums[0]["value"], sums[0]["change"], sums[1]["change"]) == ("100 %", "", "worse")
    assert rows["Win rate by gold"]["part"] == "What was gained" and rows["Win rate by gold"]["cells"][0] is None
    assert rows["Win rate by gold"]["cells"][1]["change"] == "worse"
    assert rows["KL from the start"]["cells"][1]["value"] == "0 nats"


def test_the_picture_holds_the_shares_of_every_checkpoint_with_their_intervals():
    picture = sheet_picture(sheet())
    assert [trace["name"] for trace in picture["data"]] == ["Pocket SFT", "Pushed"]
    for trace in picture["data"]:
        assert all(0 <= x <= 100 for x in trace["x"])
        assert len(trace["x"]) == len(trace["y"]) == len(trace["error_x"]["array"])
    lines = picture["layout"]["yaxis"]
    assert len(lines["tickvals"]) == len(lines["ticktext"]) > 5
    assert not any("KL" in title for title in lines["ticktext"])
    assert not set(picture["data"][0]["y"]) & set(picture["data"][1]["y"])


def test_a_model_without_kin_is_told_what_is_missing():
    assert "train one from it" in facts_words(["Pocket SFT"], "3 s")
    assert "Pocket SFT, Pushed" in facts_words(["Pocket SFT", "Pushed"], "3 s")
