"""The README is checked against the code: what it must name, it names."""

import dataclasses
import re

import pytest

from playground.models.catalogue import CARDS
from playground.models.facts import spoken_count
from playground.registry import algorithms, audits, questions
from playground.settings import ROOT, Settings
from playground.vocabulary import GLOSSARY, METRICS

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(algorithms()))
def test_every_algorithm_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("one", questions().values(), ids=lambda one: one.name)
def test_every_question_is_in_the_readme(one):
    assert f"| `{one.name}` | {one.title} |" in README


@pytest.mark.parametrize("one", audits().values(), ids=lambda one: one.name)
def test_every_audit_is_in_the_readme(one):
    assert f"| `{one.name}` | {one.title} |" in README


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_is_in_the_readme(name):
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("word", GLOSSARY, ids=lambda word: word.name)
def test_every_word_is_explained_in_the_readme(word):
    assert f"| {word.name} | {word.means} |" in README


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Settings) if "given" not in f.metadata])
def test_every_setting_is_in_the_readme(field):
    assert f"`PLAYGROUND_{field.upper()}`" in README


def test_every_tab_is_in_the_readme():
    from playground.ui.tab import tabs

    titles = [tab.title for tab in tabs()]
    assert len(titles) == 10
    for title in titles:
        assert re.search(rf"^\| {re.escape(title)} \|", README, re.MULTILINE)


def test_the_commands_of_the_readme_name_files_that_exist():
    for name in re.findall(r"-r (\S+\.txt)|python (\S+\.py)", README):
        assert (ROOT / next(filter(None, name))).exists()


def test_the_space_header_pins_the_gradio_that_requirements_pin():
    pinned = re.search(r"gradio==(\S+)", (ROOT / "requirements.txt").read_text())[1]
    assert f"sdk_version: {pinned}" in README


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_model_card_is_in_the_readme(card):
    (row,) = re.findall(rf"^\| {re.escape(card.title)} \|.*", README, re.MULTILINE)
    assert f"| {card.licence} |" in row and f"| {spoken_count(card.parameters)} |" in row
    assert card.source == "pocket" or (f"`{card.base_id}`" in row and f"`{card.instruct_id}`" in row)
