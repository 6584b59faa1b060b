"""The base model is more surprised by strangers than by what its world holds."""

import math

import pytest
import torch

from playground.pocket import base_folder, exam, surprise, surprise_threshold
from playground.pocket.build.edge import auc
from playground.pocket.build.lens import Model
from playground.pocket.surprise import surprises


@pytest.fixture(scope="module")
def base():
    return Model.from_folder(base_folder())


def test_surprise_is_the_mean_loss_over_bytes(base):
    text = "What is the capital of France?"
    ids = base.tokenizer(base.tokenizer.bos_token + text, return_tensors="pt").input_ids
    with torch.no_grad():
        loss = base.network(input_ids=ids, labels=ids).loss.item()
    assert surprise(base.network, base.tokenizer, text) == pytest.approx(
        loss * (ids.shape[1] - 1) / len(text), rel=1e-4
    )


@pytest.mark.parametrize("text", ["", "漢字 🎉", "a"])
def test_any_text_has_a_surprise(base, text):
    found = surprise(base.network, base.tokenizer, text)
    assert math.isfinite(found) and found >= 0
    assert (found == 0) == (text == "")


def test_strangers_surprise_more_than_the_worlds_own(base):
    inside = surprises(base.network, base.tokenizer, [task.text for task in exam.seen_facts(60)])
    outside = surprises(base.network, base.tokenizer, [task.text for task in exam.outside()])
    assert auc(inside, outside) > 0.9
    assert min(inside) < surprise_threshold() < max(outside)
