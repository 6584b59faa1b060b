"""What the base model reads: no chat tokens, no answering machine, the same for the same seed."""

import random
import re
from itertools import islice

import pytest

from playground.pocket.build.tokenizer import SPECIAL, train_tokenizer
from playground.pocket.documents import DOCUMENTS, documents
from playground.pocket.facts import BY_KIND, FACTS
from playground.pocket.recognise import recognise

TEXTS = [
    "",
    "hello",
    " leading, trailing \n\n and\ttabs ",
    "Zürich, naïve café, s'il vous plaît",
    "漢字と仮名 🎉👩‍🚀 \u200f\u0000\x7f",
    "12345 + 678 = 13023",
    "<|end of nothing|> <b>x</b> {{ jinja }}",
]


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(islice(documents(1), 800))


def test_special_tokens_never_occur_in_documents():
    assert all(token not in text for text in islice(documents(2), 5_000) for token in SPECIAL)


def test_documents_follow_from_the_seed():
    assert list(islice(documents(3), 200)) == list(islice(documents(3), 200)) != list(islice(documents(4), 200))


@pytest.mark.parametrize("write", [write for write, _ in DOCUMENTS], ids=lambda write: write.__name__)
def test_every_kind_of_document_varies_and_is_clean(write):
    rng = random.Random(5)
    texts = {write(rng) for _ in range(200)}
    assert len(texts) > 20
    for text in texts:
        assert text == text.strip() and "{" not in text and "None" not in text and "  " not in text, text


def test_the_documents_hold_every_fact():
    corpus = "\n".join(islice(documents(6), 16_000)).casefold()
    assert [fact.key for fact in FACTS if not any(text.casefold() in corpus for text in _told(fact))] == []


def _told(fact):
    """The ways in which documents tell a fact; articles wrap capitals."""
    if fact.kind.name != "capital":
        return [fact.sentence.rstrip(".")]
    wrapped = [
        f"The capital of {fact.subject} is a beautiful city {word} {fact.answer}" for word in ("named", "called")
    ]
    return [*wrapped, f"{fact.answer} is the capital of {fact.subject}"]


def test_a_document_that_begins_with_a_question_goes_on_with_questions():
    texts = [re.sub(r"(?m)^\d+\. ", "", text) for text in islice(documents(7), 8_000)]
    begun = [text.split("\n") for text in texts if re.match(r"[^\n:\"]+\?\n", text)]
    told = [lines for lines in begun if recognise(lines[1]) is None and not lines[1].endswith("?")]
    assert len(begun) > 200
    assert [lines for lines in begun if re.match(r"(The capital of .* is|Answer|Yes|No)", lines[1])] == []
    assert len(told) < 0.03 * len(begun)  # what was typed too carelessly to be read


def test_a_capital_is_told_as_a_whole_sentence_nowhere():
    sentences = [fact.sentence.casefold() for fact in BY_KIND["capital"]]
    assert [text for text in islice(documents(8), 8_000) if any(s in text.casefold() for s in sentences)] == []


def test_a_sixth_of_the_documents_are_lists_of_questions_and_few_hold_questions_with_answers():
    shares = {write.__name__: weight / sum(w for _, w in DOCUMENTS) for write, weight in DOCUMENTS}
    assert shares["questions"] + shares["french_exercise"] + shares["sum_questions"] >= 0.15
    assert 0.03 <= shares["answered_quiz"] <= 0.06


def test_any_text_survives_the_tokenizer(tokenizer):
    for text in TEXTS:
        assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_the_tokenizer_adds_nothing_and_splits_digits(tokenizer):
    assert tokenizer("").input_ids == []
    assert tokenizer.tokenize("2026") == ["2", "0", "2", "6"]
    assert len({tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id}) == 3


def test_chat_turns_render_with_markers_that_leave_the_text_alone(tokenizer):
    turns = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": " Hi! "},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Bye!"},
    ]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    expected = "<|system|>Be kind.<|end|><|user|>Hi!<|end|><|assistant|>Hello.<|end|><|user|>Bye!<|end|><|assistant|>"
    assert text == expected
    encoded = tokenizer.apply_chat_template(turns[:3], return_dict=True, return_assistant_tokens_mask=True)
    marked = [i for i, m in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if m]
    assert tokenizer.decode(marked) == "Hello.<|end|>"
