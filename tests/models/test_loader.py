"""Loading and saving: the same weights come back, and what is no causal safetensors model is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import BertConfig, BertLMHeadModel, GPT2Config, GPT2LMHeadModel, LlamaForSequenceClassification

from playground.errors import ModelNotUsable
from playground.models.adapters import add_lora
from playground.models.catalogue import shipped_checkpoints
from playground.models.loader import copy_model, load, save_policy, save_weights
from tests.tiny import give_lora_weights, saved_tiny, tiny_llama, tiny_tokenizer

IDS = torch.tensor([[1, 9, 30, 200, 7]])
LINEAGE = {"name": "New", "parent": "tiny", "method": "sft", "run_id": "r1", "data_hash": "d", "seed": 3}


def logits(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


@pytest.fixture
def tiny(tmp_path):
    return saved_tiny(tmp_path / "tiny")


def test_full_weights_come_back_bit_for_bit(tiny, tmp_path):
    loaded = load(tiny)
    saved = save_policy(loaded, tmp_path / "new", id="new", **LINEAGE)
    assert torch.equal(logits(load(saved).model), logits(tiny_llama()))
    assert (saved.form, saved.parent, saved.run_id, saved.seed) == ("full", "tiny", "r1", 3)
    assert len(saved.fingerprint) == 12
    assert sorted(p.suffix for p in (tmp_path / "new").iterdir() if p.suffix in (".bin", ".pt", ".pkl")) == []


def test_an_adapter_comes_back_on_its_parent(tiny, tmp_path):
    start = load(tiny)
    tuned = add_lora(start, rank=2, alpha=4)
    give_lora_weights(tuned.model)
    saved = save_policy(tuned, tmp_path / "adapter", id="a", **LINEAGE)
    again = load(saved, resolve={"tiny": tiny}.__getitem__)
    assert saved.form == "adapter"
    assert torch.equal(logits(again.model), logits(tuned.model))
    assert not torch.allclose(logits(again.model), logits(load(tiny).model))


def test_an_adapter_of_another_name_is_saved_at_the_top(tiny, tmp_path):
    tuned = add_lora(load(tiny), rank=2, alpha=4)
    tuned.model.add_adapter("policy", tuned.model.peft_config["default"])
    tuned.model.set_adapter("policy")
    give_lora_weights(tuned.model, seed=5)
    saved = save_policy(tuned, tmp_path / "adapter", id="a", **LINEAGE)
    assert torch.equal(logits(load(saved, resolve=lambda _: tiny).model), logits(tuned.model))


def test_an_adapter_on_an_adapter_adds_up(tiny, tmp_path):
    first = add_lora(load(tiny), rank=2, alpha=4)
    give_lora_weights(first.model, seed=1)
    one = save_policy(first, tmp_path / "one", id="one", **LINEAGE)
    second = add_lora(replace(first, model=first.model.merge_and_unload()), rank=2, alpha=4)
    give_lora_weights(second.model, seed=2)
    two = save_policy(second, tmp_path / "two", id="two", **{**LINEAGE, "parent": "one"})
    again = load(two, resolve={"one": one, "tiny": tiny}.__getitem__)
    torch.testing.assert_close(logits(again.model), logits(second.model))


@pytest.mark.parametrize("trainable", [True, False])
def test_trainable_decides_what_has_gradients(tiny, tmp_path, trainable):
    full = load(tiny, trainable=trainable)
    assert {p.requires_grad for p in full.model.parameters()} == {trainable}
    tuned = add_lora(load(tiny), rank=2, alpha=4)
    saved = save_policy(tuned, tmp_path / "adapter", id="a", **LINEAGE)
    again = load(saved, trainable=trainable, resolve=lambda _: tiny)
    wanted = {name for name, p in again.model.named_parameters() if p.requires_grad}
    assert wanted == ({n for n, _ in again.model.named_parameters() if "lora_" in n} if trainable else set())


def test_dropout_is_off_even_in_train_mode(tmp_path):
    options = {"vocab_size": 320, "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64}
    dropping = GPT2LMHeadModel(GPT2Config(**options, attn_pdrop=0.5, resid_pdrop=0.5, embd_pdrop=0.5))
    dropping.save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    model = load(saved_folder(tmp_path)).model.train()
    assert torch.equal(logits(model), logits(model))
    dropping.train()
    assert not torch.equal(logits(dropping), logits(dropping))


@pytest.mark.parametrize("pad", [None, "<|end|>"])
def test_a_pad_token_is_found_that_is_not_the_end(tmp_path, pad):
    checkpoint = saved_tiny(tmp_path)
    tokenizer = tiny_tokenizer()
    tokenizer.pad_token = pad
    tokenizer.save_pretrained(tmp_path)
    loaded = load(checkpoint)
    assert loaded.tokenizer.pad_token_id == 0
    assert loaded.model.config.pad_token_id == 0
    assert len(loaded.tokenizer) == len(tokenizer)


def test_a_half_precision_can_be_asked_for(tiny):
    assert load(tiny, dtype="bfloat16").model.dtype is torch.bfloat16
    assert load(tiny).model.dtype is torch.float32
    with pytest.raises(ModelNotUsable, match="float17"):
        load(tiny, dtype="float17")


def test_a_copy_of_a_model_a_trainer_wrapped_runs_its_own_weights():
    model = tiny_llama()
    own = model.forward
    model.forward = lambda *args, **kwargs: own(*args, **kwargs)  # what TRL's trainers leave behind: a closure
    before = logits(model)
    twin = copy_model(model)
    for weight in twin.parameters():
        weight.data.zero_()
    assert logits(twin).abs().max() == 0
    assert torch.equal(logits(model), before)


def saved_folder(folder, **changes):
    return replace(shipped_checkpoints()[0], id="odd", name="Odd", path=str(folder), **changes)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelNotUsable, match="gone"):
        load(saved_folder(tmp_path / "nowhere"))


def test_a_folder_of_pickles_is_refused(tmp_path):
    checkpoint = saved_tiny(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(tiny_llama().state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelNotUsable, match="safetensors"):
        load(checkpoint)


def test_an_adapter_pickle_is_refused(tiny, tmp_path):
    tuned = add_lora(load(tiny), rank=2, alpha=4)
    saved = save_policy(tuned, tmp_path / "adapter", id="a", **LINEAGE)
    (tmp_path / "adapter" / "adapter_model.safetensors").unlink()
    torch.save({}, tmp_path / "adapter" / "adapter_model.bin")
    with pytest.raises(ModelNotUsable, match="safetensors"):
        load(saved, resolve=lambda _: tiny)


@pytest.mark.parametrize("keep", [0, 100, 5000])
def test_weights_cut_short_are_refused(tmp_path, keep):
    checkpoint = saved_tiny(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(ModelNotUsable, match="cannot be loaded") as refused:
        load(checkpoint)
    assert refused.value.hint


def test_a_config_of_other_sizes_is_refused(tmp_path):
    checkpoint = saved_tiny(tmp_path)
    tiny_llama(hidden_size=64).config.save_pretrained(tmp_path)
    with pytest.raises(ModelNotUsable):
        load(checkpoint)


def test_an_encoder_is_refused(tmp_path):
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    encoder = BertConfig(vocab_size=320, initializer_range=0.2, **sizes)
    BertLMHeadModel(encoder).save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelNotUsable, match="later tokens"):
        load(saved_folder(tmp_path))


def test_a_classifier_is_refused(tmp_path):
    LlamaForSequenceClassification(tiny_llama(tie_word_embeddings=False).config).save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelNotUsable, match="lm_head"):
        load(saved_folder(tmp_path))


def test_remote_code_is_refused(tmp_path):
    checkpoint = saved_tiny(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "odd", "auto_map": {"AutoConfig": "evil.Config"}}')
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ModelNotUsable):
        load(checkpoint)
    assert not (tmp_path / "ran").exists()


def test_a_model_without_tokenizer_is_refused(tmp_path):
    tiny_llama().save_pretrained(tmp_path)
    with pytest.raises(ModelNotUsable, match="tokenizer"):
        load(saved_folder(tmp_path))


def test_an_adapter_without_a_parent_is_refused(tiny, tmp_path):
    save_weights(add_lora(load(tiny), rank=2, alpha=4), tmp_path / "adapter")
    with pytest.raises(ModelNotUsable, match="parent"):
        load(saved_folder(tmp_path / "adapter", form="adapter"))


def test_the_shipped_pocket_models_load():
    for checkpoint in shipped_checkpoints():
        loaded = load(checkpoint)
        assert loaded.tokenizer.pad_token_id != loaded.tokenizer.eos_token_id
        assert loaded.context >= 256
