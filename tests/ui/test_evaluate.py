"""What the Evaluate tab says before, while and after it asks."""

import dataclasses
from types import SimpleNamespace

import gradio as gr
import pytest

from playground.errors import NotAllowed, PlaygroundError
from playground.evaluation.report import Figure, Findings, Report
from playground.evaluation.running import Step, report_of
from playground.registry import questions
from playground.settings import Settings
from playground.ui.durations import spoken
from playground.ui.evaluation_view import report_row, shown_reports
from playground.ui.own_choices import own_choices_events, own_choices_parts
from playground.ui.page import build_page
from playground.ui.tab import Context
from playground.ui.tabs.evaluate import Parts, estimate_words, plan_of, shown
from playground.ui.variants import VariantParts
from playground.workbench import Workbench
from tests.evaluation.stand_ins import PAIR, examined

GIVEN = {
    "checkpoint": "pocket-sft",
    "reference": "parent",
    "reward": "none",
    "persona": "own",
    "asked": [],
    "labels": None,
    "upload": None,
}


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    bench = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))
    yield Context(bench, *[None] * 7)
    bench.close()


def test_what_is_chosen_on_the_tab_becomes_the_plan(context):
    plan = plan_of(context, "local", GIVEN)
    assert (plan.checkpoint.id, plan.reference.id, plan.reward, plan.persona) == (
        "pocket-sft",
        "pocket-base",
        None,
        "polite",
    )
    other = plan_of(context, "local", {**GIVEN, "persona": "concise", "reference": "pocket-sft"})
    assert (other.reference, other.persona) == (None, "concise")


@pytest.mark.parametrize("checkpoint", ["pocket-sft", "pocket-base"])
def test_every_choice_fills_every_part_of_the_tab_before_anything_was_asked(context, checkpoint):
    parts = SimpleNamespace(**{f.name: f.name for f in dataclasses.fields(Parts)})
    parts.variant = SimpleNamespace(**{f.name: f"variant {f.name}" for f in dataclasses.fields(VariantParts)})
    values = shown(context, "local", parts, {**GIVEN, "checkpoint": checkpoint, "asked": list(questions())})
    variant = {f"variant {f.name}" for f in dataclasses.fields(VariantParts)}
    assert set(values) == variant | {"estimate", "reports", "sheet_facts", "sheet_run", "sheet_table", "sheet_picture"}
    assert values["reports"]["reports"] == [] and values["sheet_table"]["sheet"]["rows"] == []
    assert ("train one from it" in values["sheet_facts"]) == (checkpoint == "pocket-sft")


def test_a_question_that_cannot_be_asked_is_named_with_why(context):
    plan = plan_of(context, "local", {**GIVEN, "checkpoint": "pocket-base"})
    words = estimate_words(context, "local", plan, ["win_rate", "facts"])
    assert "Is it better?" in words and "no checkpoint to compare" in words
    assert "still know" not in words
    assert "No question is left" in estimate_words(context, "local", plan, ["win_rate"])


def test_a_report_shows_before_and_now_with_the_interval_and_every_completion():
    findings = {
        who: report_of(Step(questions()["refusals"], plan), examined(lambda _, text, who=who: who))
        for who, plan in (("I cannot help with that.", PAIR), ("Sure.", PAIR.of_reference()))
    }
    now, before = findings.values()
    (shown,) = shown_reports(PAIR, [(now, before)])["reports"]
    harmful = shown["figures"][0]
    assert (harmful["before"], harmful["now"], harmful["change"]) == ("0 %", "100 %", "better")
    assert harmful["interval"].endswith("to 100 %") and harmful["bar"]["was"] == 0.0
    assert len(shown["answers"]) == len(now.findings.answers)


def test_no_report_yet_says_what_to_do():
    assert "Press Evaluate" in shown_reports(PAIR, [])["empty"]


def test_while_it_is_asked_it_is_not_called_unevaluated():
    words = shown_reports(PAIR, [], asked=True)["empty"]
    assert PAIR.checkpoint.name in words and "is being asked" in words
    assert "not been evaluated" not in words


@pytest.mark.parametrize("button", ["evaluate", "tax_sheet"])
def test_a_button_pressed_while_an_evaluation_is_on_its_way_is_answered_in_words(context, monkeypatch, button):
    def refused(*given):
        raise NotAllowed("An evaluation is on its way.", hint="Wait for its end.")

    said, bench = [], context.bench
    monkeypatch.setattr("playground.ui.asking.tell", said.append)
    monkeypatch.setattr(bench.evaluations, "running", lambda space: True)
    monkeypatch.setattr(bench.evaluations, "begin", refused)
    monkeypatch.setattr(bench.tax_sheets, "begin", refused)
    page = build_page(context.bench)
    press = next(fn.fn for fn in page.fns.values() if fn.api_name == button)
    update = press(request=None, **GIVEN)
    assert [error.message for error in said] == ["An evaluation is on its way."]
    assert list(update.values()) == [gr.skip()]  # how far it is stays in sight


def own_choices(context):
    """(the listeners of the fold of own questions by name, its parts)"""
    with gr.Blocks() as page:
        parts, asked = own_choices_parts(), gr.CheckboxGroup()
        own_choices_events(context, parts, asked)
    return {fn.fn.__name__: fn.fn for fn in page.fns.values()}, parts, asked


def test_a_file_that_is_refused_says_why_in_its_place_until_another_is_given(context, tmp_path):
    listeners, parts, asked = own_choices(context)
    bad, good = tmp_path / "bad.csv", tmp_path / "good.jsonl"
    bad.write_text("colour,size\nred,3\n")
    good.write_text('{"question": "What is red?", "options": ["a colour", "a number"], "true": [0]}\n')
    refused = listeners["tick"](str(bad), ["facts", "own_choices"], None)
    assert refused[parts.upload] is None and refused[asked] == ["facts"]
    assert 'class="problem"' in refused[parts.problem]
    assert parts.problem not in listeners["tick"](None, ["facts"], None)  # the file has gone; the words stay
    taken = listeners["tick"](str(good), ["facts"], None)
    assert (taken[asked], taken[parts.problem]) == (["facts", "own_choices"], "")


def test_a_set_of_the_hub_that_is_refused_says_why_below_its_name(context, monkeypatch):
    def refused(*given):
        raise PlaygroundError("There is no such set.", hint="Look at its name.")

    listeners, parts, _ = own_choices(context)
    monkeypatch.setattr("playground.ui.own_choices.fetch_choices", refused)
    assert "There is no such set." in listeners["fetch"]("nobody/nothing", None)[parts.problem]


def test_an_interval_that_is_all_a_share_can_be_is_called_too_few_to_tell():
    wide, told = Figure("a", "A", 0.5, 0.0, 1.0, 2, ""), Figure("a", "A", 0.5, 0.1, 0.9, 8, "")
    report = Report("q", "Q", "c", "f", Findings("", (wide, told)), "h", 0)
    first, second = report_row(report, None)["figures"]
    assert first["interval"] == "too few to tell" and "bar" not in first
    assert second["interval"] == "10 % to 90 %" and "bar" in second


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (600, "10 min"), (7200, "2.0 h")])
def test_durations_in_words(seconds, words):
    assert spoken(seconds) == words
