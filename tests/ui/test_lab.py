"""What the lab and the hacks say before anything was trained."""

import dataclasses
from types import SimpleNamespace

import pytest

from playground.errors import PlaygroundError
from playground.evaluation.hacks import RECIPES
from playground.settings import Settings
from playground.ui import hacks, overoptimisation
from playground.ui.overoptimisation import OWN, USUAL, wanted_of
from playground.ui.tab import Context
from playground.workbench import Workbench
from playground.workbench.sweep import Leg, Sweep, Wanted

GIVEN = {"kind": "kl", "reward": OWN, "values": USUAL["kl"], "iterations": 30}


@pytest.fixture
def context(tmp_path):
    bench = Workbench(Settings(data_dir=tmp_path))
    yield Context(bench, *[None] * 7)
    bench.close()


def named(parts):
    return SimpleNamespace(**{field.name: field.name for field in dataclasses.fields(parts)})


@pytest.mark.parametrize("kind", USUAL)
def test_what_is_proposed_can_be_swept(kind):
    wanted = wanted_of({**GIVEN, "kind": kind, "values": USUAL[kind]})
    assert len(wanted.values) == 3 and wanted.kind == kind


def test_a_reward_model_of_ones_own_belongs_to_the_kl_sweep_only():
    assert wanted_of({**GIVEN, "reward": "rm-1"}).reward_id == "rm-1"
    assert wanted_of({**GIVEN, "reward": "rm-1", "kind": "labels", "values": USUAL["labels"]}).reward_id == ""


def test_what_is_no_list_of_numbers_is_refused_with_one_that_is():
    with pytest.raises(PlaygroundError, match="no list of numbers") as refused:
        wanted_of({**GIVEN, "values": "0, a lot"})
    assert USUAL["kl"] in refused.value.hint


@pytest.mark.parametrize("kind", USUAL)
@pytest.mark.parametrize("values", ["", " , ", "-1", "nan", "inf", "0.1, 0.1", "30, nan", "a lot"])
def test_values_that_cannot_be_swept_are_refused_where_the_estimate_stands_and_the_buttons_are_right(
    context, monkeypatch, kind, values
):
    given = {**GIVEN, "kind": kind, "values": values}
    with pytest.raises(PlaygroundError) as refused:
        wanted_of(given)
    context.bench.sweeps._files("local").save(Sweep("s1", Wanted("kl", (0.0,)), (Leg(0.0),), 1.0))
    for going in ("", "s1"):
        monkeypatch.setattr(context.bench.sweeps, "running", lambda space, going=going: going)
        shown = overoptimisation.shown(context, "local", named(overoptimisation.Lab), given, None)
        assert shown["estimate"] == f"{refused.value.message} {refused.value.hint}"
        assert shown["begin"]["interactive"] is not bool(going) and shown["stop"]["interactive"] is bool(going)


def test_a_sweep_that_was_broken_off_can_be_gone_on_with_and_another_be_looked_at(context):
    lab = named(overoptimisation.Lab)
    empty = overoptimisation.shown(context, "local", lab, GIVEN, None)
    assert empty["view"] is None and empty["resume"]["visible"] is False and empty["picked"]["visible"] is False
    for number in (1, 2):
        sweep = Sweep(f"s{number}", Wanted("kl", (0.0, 0.1)), (Leg(0.0), Leg(0.1)), float(number))
        context.bench.sweeps._files("local").save(sweep)
    newest = overoptimisation.shown(context, "local", lab, GIVEN, None)
    assert newest["view"]["sweep"] == "s2" and newest["resume"]["visible"] is True
    assert newest["begin"]["interactive"] is True and newest["stop"]["interactive"] is False
    assert overoptimisation.shown(context, "local", lab, GIVEN, "s1")["view"]["sweep"] == "s1"


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda one: one.name)
def test_every_hack_says_what_is_biased_and_what_cures_it(context, recipe):
    parts = named(hacks.Parts)
    values = hacks.shown(context, "local", parts, {"recipe": recipe.name})
    assert "on purpose" in values["words"] and all(one.named in values["words"] for one in recipe.cures)
    assert values["cure"]["interactive"] is False
    assert values["reports"]["reports"] == [] and "Press Bring it about" in values["reports"]["empty"]
