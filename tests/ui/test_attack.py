"""What the Attack tab says before and after an audit, and on the attacker's scoreboard."""

import dataclasses
import json
from types import SimpleNamespace

import pytest

from playground.errors import PlaygroundError
from playground.evaluation.attacks import Try
from playground.evaluation.report import Findings, Report, bounded_figure
from playground.registry import audits
from playground.settings import Settings
from playground.table_files import FileLimits
from playground.ui.attack_view import board_rows, verdict
from playground.ui.evaluation_view import shown_reports
from playground.ui.tab import Context
from playground.ui.tabs.attack import Parts, estimate_words, plan_of, shown, uploaded_texts
from playground.workbench import Workbench

GIVEN = {"checkpoint": "pocket-sft", "asked": list(audits()), "upload": None}


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    bench = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))
    yield Context(bench, *[None] * 7)
    bench.close()


def test_every_choice_fills_every_part_of_the_tab_before_anything_was_audited(context):
    parts = SimpleNamespace(**{f.name: f.name for f in dataclasses.fields(Parts)})
    values = shown(context, "local", parts, GIVEN)
    assert set(values) == {"estimate", "reports", "mend", "mend_words", "lead"}
    assert values["lead"]["visible"] is True
    assert values["mend"]["visible"] is False
    assert values["reports"]["reports"] == [] and "Press Audit" in values["reports"]["empty"]


def test_an_audit_that_is_about_other_models_is_named_with_why(context):
    words = estimate_words(context, "local", plan_of(context, "local", GIVEN), list(audits()))
    will, not_asked = words.split("\n", 1)
    assert audits()["sycophancy"].title in will and audits()["reward_model"].title not in will
    assert "choose a reward model" in not_asked and "upload a set" in not_asked


def test_an_uploaded_set_is_looked_through_whatever_its_columns_are_called(context, tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [{"messages": [{"role": "user", "content": "Who are you?"}]}, {"anything": "What is 2 + 3?", "n": 4}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert {text.text for text in uploaded_texts(str(path), FileLimits())} == {"user", "Who are you?", "What is 2 + 3?"}


def test_a_choice_does_not_read_the_uploaded_set(context, tmp_path):
    plan = plan_of(context, "local", {**GIVEN, "upload": str(tmp_path / "not there.jsonl")})
    assert plan.sources == ("not there.jsonl",) and not context.bench.evaluations.offered(plan)["leakage"]


def test_an_uploaded_set_without_any_text_is_refused(tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_text('{"n": 4}\n', encoding="utf-8")
    with pytest.raises(PlaygroundError, match="holds no text"):
        uploaded_texts(str(path), FileLimits())


def test_nothing_chosen_is_refused_in_words(context):
    with pytest.raises(PlaygroundError, match="No model is chosen"):
        plan_of(context, "local", {**GIVEN, "checkpoint": None})
    with pytest.raises(PlaygroundError, match="writes text"):
        context.bench.attacks.aim("local", "pocket-sft", "What is 2 + 3?")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Try("a", "you", 2.0, -1.0), "It is fooled"),
        (Try("a", "you", 2.0, None), "judge for yourself"),
        (Try("a", "you", 2.0, 1.9), "it is worth +1.9 sd."),
    ],
)
def test_a_try_is_judged_in_a_sentence(found, words):
    assert words in verdict(found)


def test_what_may_be_below_nought_has_no_bar_from_nought_to_one(context):
    plan = plan_of(context, "local", GIVEN)
    figures = (
        bounded_figure("apart", "Apart", [0.0] * 40, "Means.", least=-1.0),
        bounded_figure("alike", "Alike", [1.0] * 40, "Means."),
    )
    report = Report("sycophancy", "Title", "Pocket SFT", "f", Findings("It does.", figures), "h", 0)
    apart, alike = shown_reports(plan, [(report, None)])["reports"][0]["figures"]
    assert "bar" not in apart and alike["bar"]["high"] == 1.0


def test_the_scoreboard_says_by_how_much_each_try_fools():
    rows = board_rows([Try("a", "you", 2.0, 1.0), Try("b", "you", 2.0, -1.0)])["rows"]
    assert [(row["text"], row["fooled"]) for row in rows] == [("b", 2.0), ("a", 1.0)]
    assert board_rows([Try("a", "you", 2.0, None)])["rows"][0]["fooled"] is None
