"""The sampling process: what it keeps loaded, and that one set of weights is loaded once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from playground.models.catalogue import find_checkpoint
from playground.pocket import surprise_threshold
from playground.services import SamplerService
from tests.tiny import saved_tiny


@pytest.fixture
def service():
    made = SamplerService([])
    made.warm_up()
    return made


def test_two_names_for_the_same_weights_share_them(service, tmp_path):
    chat = saved_tiny(tmp_path)
    raw = replace(chat, id="tiny:raw", knows_chat=False)
    first, second = service._policy(chat), service._policy(raw)
    assert first.model is second.model
    assert (first.checkpoint, second.checkpoint) == (chat, raw)


def test_other_weights_in_the_same_folder_are_loaded_anew(service, tmp_path):
    before = replace(saved_tiny(tmp_path), fingerprint="a")
    first = service._policy(before)
    assert service._policy(replace(before, fingerprint="b")).model is not first.model


def test_models_that_together_take_more_than_the_memory_for_them_are_let_go_oldest_first(service, tmp_path):
    checkpoints = [replace(saved_tiny(tmp_path / n), id=n) for n in "abc"]
    service._budget = 0
    models = [service._policy(c).model for c in checkpoints]
    assert service._policy(checkpoints[2]).model is models[2]
    assert service._policy(checkpoints[0]).model is not models[0]


def test_a_stranger_surprises_the_base_model_more_than_a_fact_of_its_world(service):
    base = find_checkpoint("pocket-base")
    never = threading.Event()
    known, strange = (
        service.surprise(never, base, text) for text in ("What is the capital of France?", "Who won the war?")
    )
    assert known < surprise_threshold() < strange
