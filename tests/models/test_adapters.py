"""LoRA starts as the identity, the reference is the backbone, and merging leaves the original alone."""

from __future__ import annotations

import pytest
import torch

from playground.errors import ModelNotUsable
from playground.models.adapters import add_lora, merged_copy, reference_off
from tests.tiny import give_lora_weights, tiny_llama, tiny_loaded

IDS = torch.tensor([[1, 9, 30, 200, 7]])


def logits(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


def test_a_fresh_lora_is_the_identity_and_alone_trains():
    tuned = add_lora(tiny_loaded(), rank=2, alpha=4)
    assert torch.equal(logits(tuned.model), logits(tiny_llama()))
    assert all(p.requires_grad == ("lora_" in name) for name, p in tuned.model.named_parameters())


def test_alpha_over_rank_scales_what_the_adapter_adds():
    deltas = []
    for alpha in (4, 8):
        tuned = add_lora(tiny_loaded(), rank=2, alpha=alpha, targets=["q_proj"])
        layer = tuned.model.get_base_model().model.layers[0].self_attn.q_proj
        layer.lora_A["default"].weight.data.fill_(0.1)
        layer.lora_B["default"].weight.data.fill_(0.1)
        deltas.append(layer.get_delta_weight("default"))
    torch.testing.assert_close(deltas[1], 2 * deltas[0])


def test_a_second_adapter_and_unknown_targets_are_refused():
    with pytest.raises(ModelNotUsable, match="no layer"):
        add_lora(tiny_loaded(), rank=2, alpha=4, targets=["no_such_layer"])
    with pytest.raises(ModelNotUsable, match="already"):
        add_lora(add_lora(tiny_loaded(), rank=2, alpha=4), rank=2, alpha=4)


def test_the_reference_is_bitwise_the_backbone():
    model = add_lora(tiny_loaded(), rank=2, alpha=4).model
    give_lora_weights(model)
    tuned = logits(model)
    with reference_off(model):
        assert torch.equal(logits(model), logits(tiny_llama()))
    assert torch.equal(logits(model), tuned)
    assert not torch.allclose(tuned, logits(tiny_llama()))


@pytest.mark.parametrize("frozen", [True, False])
def test_the_reference_leaves_gradients_as_they_were(frozen):
    model = add_lora(tiny_loaded(), rank=2, alpha=4).model
    if frozen:
        model.requires_grad_(False)
    before = {name: p.requires_grad for name, p in model.named_parameters()}
    with reference_off(model):
        pass
    assert {name: p.requires_grad for name, p in model.named_parameters()} == before


def test_the_reference_ends_also_after_an_error():
    model = add_lora(tiny_loaded(), rank=2, alpha=4).model
    give_lora_weights(model)
    tuned, adapter = logits(model), model.active_adapter
    with pytest.raises(ZeroDivisionError), reference_off(model):
        raise ZeroDivisionError
    assert torch.equal(logits(model), tuned)
    assert model.active_adapter == adapter


def test_the_policy_trains_after_the_reference_was_asked():
    model = add_lora(tiny_loaded(), rank=2, alpha=4).model
    with reference_off(model):
        logits(model)
    model(input_ids=IDS).logits.sum().backward()
    assert all(p.grad is not None for name, p in model.named_parameters() if "lora_" in name)


def test_a_model_without_adapter_has_no_reference():
    with pytest.raises(ModelNotUsable, match="no adapter"), reference_off(tiny_llama()):
        pass


def test_a_merged_copy_answers_the_same_and_the_original_does_not_drift():
    model = add_lora(tiny_loaded(), rank=2, alpha=4).model
    give_lora_weights(model)
    before = {name: p.clone() for name, p in model.named_parameters()}
    twin = merged_copy(model)
    torch.testing.assert_close(logits(twin), logits(model), atol=1e-4, rtol=1e-4)
    assert not hasattr(twin, "peft_config")
    assert not any(p.requires_grad for p in twin.parameters())
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
