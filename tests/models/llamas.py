"""Llamas in every shape that the fast paths claim, and those with something extra that they must leave alone."""

from __future__ import annotations

from peft import LoraConfig, get_peft_model

from playground.models.adapters import add_lora
from tests.tiny import give_lora_weights, tiny_llama, tiny_loaded


def with_lora(**changes):
    model = add_lora(tiny_loaded(**changes), rank=2, alpha=4).model
    give_lora_weights(model)
    return model


LLAMAS = {
    "plain": tiny_llama,
    "keys shared by heads": lambda: tiny_llama(num_key_value_heads=2),
    "wide heads": lambda: tiny_llama(head_dim=16),
    "a padding id that is read too": lambda: tiny_llama(tie_word_embeddings=False, pad_token_id=9),
    "untied": lambda: tiny_llama(tie_word_embeddings=False),
    "llama3 positions": lambda: tiny_llama(
        rope_parameters={
            "rope_type": "llama3",
            "rope_theta": 500.0,
            "factor": 4.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        }
    ),
    "lora": with_lora,
    "lora, keys shared": lambda: with_lora(num_key_value_heads=2),
}


def hooked():
    model = tiny_llama()
    model.model.layers[1].mlp.register_forward_hook(lambda module, args, output: output * 2)
    return model


def replaced():
    model = tiny_llama()
    model.model.layers[1].mlp.forward = lambda x: x
    return model


def merged():
    model = with_lora()
    model.merge_adapter()
    return model


def dora():
    config = LoraConfig(r=2, target_modules="all-linear", use_dora=True, task_type="CAUSAL_LM")
    return get_peft_model(tiny_llama(), config)


def lora_on_the_head():
    return get_peft_model(tiny_llama(), LoraConfig(r=2, target_modules=["lm_head"], task_type="CAUSAL_LM"))


DROPPING = {  # in training, that is
    "attention dropout": lambda: tiny_llama(attention_dropout=0.5).train(),
    "lora dropout": lambda: get_peft_model(
        tiny_llama(), LoraConfig(r=2, target_modules="all-linear", lora_dropout=0.5, task_type="CAUSAL_LM")
    ).train(),
}


ODD = {
    "hook": hooked,
    "forward replaced": replaced,
    "merged adapter": merged,
    "dora": dora,
    "lora on the head": lora_on_the_head,
    "bias": lambda: tiny_llama(attention_bias=True, mlp_bias=True),
    "another activation": lambda: tiny_llama(hidden_act="gelu"),
    "positions that depend on length": lambda: tiny_llama(
        rope_parameters={"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}
    ),
}
