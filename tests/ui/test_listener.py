"""Refusals reach the visitor as words with what to do, and change nothing on the page."""

import gradio as gr
import pytest

from playground.errors import TooFewPreferences
from playground.ui import listener
from playground.ui.listener import told


@pytest.fixture
def said(monkeypatch):
    words = []
    monkeypatch.setattr(listener.gr, "Warning", lambda text, **look: words.append(text))
    return words


def test_a_refusal_is_told_with_its_hint_and_leaves_the_outputs(said):
    @told
    def train():
        raise TooFewPreferences(2, 4)

    assert train() == gr.skip()
    assert said == ["2 preferences stored, 4 needed. Judge more pairs in Rank, or let a persona label some."]


def test_a_stream_that_fails_half_way_keeps_what_it_gave(said):
    @told
    def sample():
        yield "half"
        raise TooFewPreferences(2, 4)

    assert list(sample()) == ["half", gr.skip()]
    assert len(said) == 1


def test_other_errors_are_not_hidden(said):
    @told
    def broken():
        raise KeyError("bug")

    with pytest.raises(KeyError):
        broken()
    assert said == []


def test_names_in_a_message_are_not_markup(said):
    @told
    def upload():
        raise listener.PlaygroundError("<b>x</b>.csv is empty.")

    upload()
    assert said == ["&lt;b&gt;x&lt;/b&gt;.csv is empty."]
