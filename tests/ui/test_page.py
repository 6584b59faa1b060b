"""The page as a whole: it builds, its tabs stand in order, and what it puts into the browser is safe."""

import re

import pytest

from playground.registry import algorithms
from playground.settings import Settings
from playground.ui.page import build_page, launch_options
from playground.ui.run_view import run_shown, showing
from playground.ui.tab import tabs
from playground.ui.theme import STATIC, head
from playground.vocabulary import METRICS
from playground.workbench import Workbench

SCRIPTS = sorted(STATIC.glob("*.js"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    bench = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))
    yield build_page(bench)
    bench.close()


def test_the_tabs_stand_in_pipeline_order():
    wanted = [
        "start",
        "compare",
        "fine-tune",
        "rank",
        "reward-model",
        "policy",
        "evaluate",
        "attack",
        "runs",
        "workshop",
    ]
    assert [tab.id for tab in tabs()] == wanted


@pytest.mark.parametrize("tab", tabs(), ids=lambda tab: tab.id)
def test_every_tab_is_introduced_by_two_sentences(tab):
    assert len(re.findall(r"[.!?](\s|$)", tab.intro)) == 2


@pytest.mark.parametrize("tab", tabs(), ids=lambda tab: tab.id)
def test_every_tab_is_on_the_page(page, tab):
    assert f"tab-{tab.id}" in {block.elem_id for block in page.blocks.values()}


def test_every_step_has_its_formula_a_click_away(page):
    def within(block):
        while block is not None:
            yield block.elem_id
            block = block.parent

    folds = [block for block in page.blocks.values() if getattr(block, "label", "") == "The formula"]
    steps = {f"tab-{tab.id}" for tab in tabs()} - {
        "tab-start",
        "tab-runs",
        "tab-workshop",
    }  # the whole way, what was made on it, a room of people
    assert steps == {id for fold in folds for id in within(fold) if id in steps}
    assert len(folds) == len(steps) and not any(fold.open for fold in folds)


def test_browser_tests_find_what_they_press(page):
    ids = {block.elem_id for block in page.blocks.values()}
    for prefix in ("sft", "reward", "policy"):
        assert {f"{prefix}-{name}" for name in ("train", "stop", "resume", "run", "start", "facts")} <= ids
    assert {"policy-method", "policy-reward", "policy-compare", "policy-rank", "runs-table", "bench-score"} <= ids


def test_no_two_components_share_an_id(page):
    ids = [block.elem_id for block in page.blocks.values() if block.elem_id]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("prefix", ["sft", "reward", "policy", "runs", "bench", "workshop"])
def test_a_training_listener_that_scripts_may_call_names_its_parameters(page, prefix):
    endpoints = page.get_api_info()["named_endpoints"]
    own = {path: endpoint for path, endpoint in endpoints.items() if path.startswith(f"/{prefix}_")}
    assert own
    for path, endpoint in own.items():
        for parameter in endpoint["parameters"]:
            assert not parameter["parameter_name"].startswith("param_"), path


def test_every_algorithms_curves_are_in_the_vocabulary():
    for entry in algorithms().values():
        for panel in entry.charts:
            assert set(panel) <= set(METRICS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_writes_html(script):
    code = script.read_text(encoding="utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert way not in code


def test_the_head_cannot_be_closed_by_its_own_words():
    assert head().count("</script>") == 1


def test_run_history_stays_off_because_it_keeps_blind_rankings():
    assert launch_options(Settings())["run_history"] is False


def test_a_resumed_run_is_a_new_value_so_that_it_is_followed_again():
    first, second = showing("ppo-1"), showing("ppo-1")
    assert first != second and run_shown(first) == run_shown(second) == "ppo-1"


@pytest.mark.parametrize("value", [None, "", "ppo-1", {}, []])
def test_a_view_without_a_run_shows_none(value):
    assert run_shown(value) is None
