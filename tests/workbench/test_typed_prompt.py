"""Typed prompts: one turn or several."""

from __future__ import annotations

import pytest

from playground.errors import EmptyPrompt, PlaygroundError
from playground.types import Message, Prompt
from playground.workbench.typed_prompt import typed_prompt


@pytest.mark.parametrize("text", ["Hi", " two\n\nlines ", "The user: a study", "Reply to this.\nUser: hello"])
def test_text_without_a_speaker_at_its_beginning_is_one_turn_as_it_stands(text):
    assert typed_prompt(text) == Prompt.user(text)


def test_speakers_make_turns():
    text = "\nSystem: Be brief.\nuser: Hi\nAssistant: Hello:\nwell, User\nUSER:\nand now?"
    assert typed_prompt(text).messages == (
        Message("system", "Be brief."),
        Message("user", "Hi"),
        Message("assistant", "Hello:\nwell, User"),
        Message("user", "and now?"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("User: Hi\nAssistant: Hello", "last turn"),
        ("System: Be brief.", "last turn"),
        ("User: Hi\nSystem: no\nUser: x", "system speaks"),
        ("User:\nAssistant: a\nUser: b", "empty"),
    ],
)
def test_turns_that_no_model_can_answer_are_refused_with_how_to_write_them(text, said):
    with pytest.raises(PlaygroundError, match=said) as refused:
        typed_prompt(text)
    assert refused.value.hint


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_prompt_is_refused(text):
    with pytest.raises(EmptyPrompt):
        typed_prompt(text)
