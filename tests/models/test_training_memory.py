"""The reckoned memory of a run: more settings take more, and it holds what autograd really keeps."""

import dataclasses

import pytest
import torch

from playground.models.catalogue import CARDS
from playground.models.memory import FLOAT, LOGITS, PROCESS, STATES, Shape
from playground.models.training_memory import changes, lighter, training_bytes
from playground.registry import algorithms
from tests.tiny import tiny_llama

SMOLLM2 = next(card for card in CARDS if card.name == "smollm2-135m")
ENTRIES = sorted(algorithms().values(), key=lambda entry: entry.name)
BY_NAME = [entry.name for entry in ENTRIES]


def taken(entry, config, row_tokens=128):
    return training_bytes(entry, config, SMOLLM2.parameters, SMOLLM2.shape, row_tokens)


@pytest.mark.parametrize("entry", ENTRIES, ids=BY_NAME)
def test_every_algorithm_takes_more_with_longer_rows_and_less_with_an_adapter(entry):
    config = entry.config()
    assert taken(entry, config, 64) < taken(entry, config, 128)
    assert taken(entry, dataclasses.replace(config, adapter="lora")) < taken(
        entry, dataclasses.replace(config, adapter="full")
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=BY_NAME)
def test_each_lighter_setting_of_a_kind_takes_less_and_is_named_by_what_changed(entry):
    config = dataclasses.replace(entry.config(), adapter="full")
    found = list(lighter(config))
    for kind in ("full", "lora"):
        sizes = [taken(entry, one) for one in found if one.adapter == kind]
        assert sizes == sorted(sizes, reverse=True) and len(sizes) > 1
    assert taken(entry, found[0]) < taken(entry, config)
    assert "lora" in changes(entry, config, found[-1]) and " to 1" in changes(entry, config, found[-1])


def test_the_smallest_adapter_has_nothing_lighter():
    entry = algorithms()["sft"]
    assert list(lighter(entry.config(adapter="lora", rows_at_once=1))) == []


@pytest.mark.parametrize(("layers", "hidden", "vocabulary"), [(2, 64, 320), (4, 32, 1000), (3, 96, 200)])
def test_the_estimate_holds_what_autograd_keeps_and_not_many_times_as_much(layers, hidden, vocabulary):
    sizes = {"num_hidden_layers": layers, "hidden_size": hidden, "vocab_size": vocabulary}
    model = tiny_llama(intermediate_size=3 * hidden, **sizes).train()
    kept: dict[int, int] = {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    ids = torch.randint(5, 100, (4, 64))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(input_ids=ids, labels=ids)
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    really = sum(size for place, size in kept.items() if place not in weights)
    reckoned = FLOAT * ids.numel() * (layers * STATES * hidden + LOGITS * vocabulary)
    assert really <= reckoned <= 4 * really
    entry = algorithms()["sft"]
    config = entry.config(adapter="lora", rows_at_once=4)
    assert training_bytes(entry, config, 0, Shape(layers, hidden, vocabulary, hidden), 64) == reckoned + PROCESS
