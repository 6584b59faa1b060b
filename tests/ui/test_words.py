"""Every word of the glossary that a tab uses is explained under that tab's introduction."""

import html
import re

import pytest

from playground.settings import Settings
from playground.ui.page import build_page
from playground.ui.tab import tabs
from playground.ui.theme import STATIC
from playground.ui.words import words_html
from playground.vocabulary import GLOSSARY, METRICS, Word, words_in
from playground.workbench import Workbench

SHOWN = {"label", "info", "value", "placeholder", "choices", "empty", "html_template"}


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    """Tab -> (the names of the words explained there, all that the browser is told to show there)."""
    bench = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))
    page = build_page(bench)
    bench.close()
    config = page.get_config_file()
    by_id = {component["id"]: component["props"] for component in config["components"]}
    found = {}

    def below(node):
        yield node["id"]
        for child in node.get("children") or []:
            yield from below(child)

    def walk(node):
        name = str(by_id[node["id"]].get("elem_id") or "")
        if name.startswith("tab-"):
            found[name[4:]] = [by_id[i] for i in below(node)]
        for child in node.get("children") or []:
            walk(child)

    for child in config["layout"]["children"]:
        walk(child)
    return found


def explained(layout, tab):
    fold = next(props["value"] for props in layout[tab] if props.get("elem_id") == f"words-{tab}")
    return {html.unescape(name) for name in re.findall(r"<dt>(.*?)</dt>", fold)}


def shown(layout, tab):
    parts = [props for props in layout[tab] if props.get("elem_id") != f"words-{tab}"]
    return " ".join(str(value) for props in parts for key, value in props.items() if key in SHOWN)


@pytest.mark.parametrize("tab", [tab.id for tab in tabs()])
def test_every_word_of_the_glossary_that_a_tab_shows_is_explained_there(layout, tab):
    used = {word.name for word in words_in(re.sub(r"<[^>]*>", " ", shown(layout, tab)))}
    assert used <= explained(layout, tab)


@pytest.mark.parametrize("tab", tabs(), ids=lambda tab: tab.id)
def test_the_words_beside_a_tabs_curves_are_explained_there(layout, tab):
    names = {name for entry in tab.curves().values() for panel in entry.charts for name in panel}
    used = {word.name for name in names for word in words_in(f"{METRICS[name].title} {METRICS[name].unit}")}
    assert used <= explained(layout, tab.id)


@pytest.mark.parametrize("script", ["measured.js", "tables.js"])
def test_the_words_that_scripts_write_on_the_reward_page_are_explained_there(layout, script):
    texts = " ".join(re.findall(r'"([^"]*)"', (STATIC / script).read_text(encoding="utf-8")))
    needed = {"calibration", "sigmoid"} & {word.name for word in words_in(texts)}
    assert needed
    assert needed <= explained(layout, "reward-model")


@pytest.mark.parametrize("tab", ["policy", "start"])
def test_what_a_student_lacks_beside_a_ppo_run_is_explained_there(layout, tab):
    assert {"KL", "k1", "k3", "std", "nats", "gold reward", "persona", "entropy"} <= explained(layout, tab)


def test_an_explanation_never_becomes_markup():
    assert "<b>" not in words_html([Word("<b>", "<b>")])


def test_no_word_of_the_glossary_is_idle(layout):
    assert {word.name for word in GLOSSARY} == {name for tab in tabs() for name in explained(layout, tab.id)}
