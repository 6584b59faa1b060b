"""Whose completions a set compares is said in words, and plainly where they are not those of the model in training."""

import pytest

from playground.ui.writers import set_words, strangers_words

NAMES = {"pocket-sft": "Pocket, fine-tuned", "sft-1": "SFT 1", "dpo-1": "DPO 1"}


def by(**counts):
    """by(sft_1=3, sft_1_dpo_1=2): three pairs by one model, two by both."""
    known = {"shipped": "pocket-sft", "sft": "sft-1", "dpo": "dpo-1", "file": None, "gone": "rm"}
    return {frozenset(known[one] for one in whose.split("_")): count for whose, count in counts.items()}


@pytest.mark.parametrize(
    ("writers", "words"),
    [
        ({}, ""),
        (by(shipped=3), "All compare completions by Pocket, fine-tuned."),
        (by(shipped=2, sft=5), "They compare completions by SFT 1 (5) and by Pocket, fine-tuned (2)."),
        (by(sft_dpo=2, file=1), "They compare completions by DPO 1 and SFT 1 (2) and from a file or an audit (1)."),
        (by(file=3), "All compare completions from a file or an audit."),
        (by(sft_file=3), "All compare completions by SFT 1 and from a file or an audit."),
        (by(gone=2), "All compare completions by a model that is no more."),
    ],
)
def test_the_set_says_whose_completions_it_compares(writers, words):
    assert set_words(writers, NAMES) == words


def test_pairs_of_another_model_are_said_with_both_names():
    words = strangers_words(by(shipped=100), NAMES, "sft-1")
    assert "All 100 pairs" in words and "by Pocket, fine-tuned, while" in words and "from SFT 1." in words
    mixed = strangers_words(by(shipped=30, sft=70, file=5), NAMES, "sft-1")
    assert "35 of 105 pairs" in mixed and "by Pocket, fine-tuned and from a file or an audit," in mixed


def test_fewer_than_a_tenth_of_others_pairs_are_not_worth_a_warning():
    assert strangers_words(by(sft=85, file=1), NAMES, "sft-1") == ""
    assert "1 of 10 pairs compares completions from a file or an audit, while" in strangers_words(
        by(sft=9, file=1), NAMES, "sft-1"
    )


@pytest.mark.parametrize("writers", [{}, by(sft=100), by(sft=3, sft_dpo=4)])
def test_nothing_is_said_where_it_wrote_one_of_every_pair(writers):
    assert strangers_words(writers, NAMES, "sft-1") == ""
