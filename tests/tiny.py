"""Small random models and tokenizers for tests: nothing downloaded, nothing read from assets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from playground.models.loader import LoadedModel
from playground.types import Checkpoint

WORDS = ("cat", "dog", "man", "mat", "river", "stone", "apple", "winter")
SPECIAL = ["<|pad|>", "<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>"]
PAD, BOS, END = 0, 1, 4
TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tiny_tokenizer(chat: bool = True) -> PreTrainedTokenizerFast:
    """A byte-level BPE of 320 tokens with the pocket model's special ones and its chat template."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    inner.train_from_iterator([f"the {w}{n} sat on that {n} {w}s" for n in range(30) for w in WORDS], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=SPECIAL[PAD],
        bos_token=SPECIAL[BOS],
        eos_token=SPECIAL[END],
        additional_special_tokens=SPECIAL[2:4],
        padding_side="left",
    )
    tokenizer.chat_template = TEMPLATE if chat else None
    return tokenizer


def tiny_llama(seed: int = 0, **changes: Any) -> LlamaForCausalLM:
    """A Llama of two layers with weights large enough that its next-token distributions are far from flat."""
    options = {
        "vocab_size": 320,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "max_position_embeddings": 96,
        "tie_word_embeddings": True,
        "initializer_range": 0.3,
        "pad_token_id": PAD,
        "bos_token_id": BOS,
        "eos_token_id": END,
        **changes,
    }
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return LlamaForCausalLM(LlamaConfig(**options)).eval()


def tiny_loaded(seed: int = 0, chat: bool = True, knows_chat: bool = True, **changes: Any) -> LoadedModel:
    """A tiny Llama as the loader would hand it out."""
    checkpoint = Checkpoint("tiny", "Tiny", "policy", "pocket", "", knows_chat=knows_chat)
    return LoadedModel(tiny_llama(seed, **changes), tiny_tokenizer(chat), checkpoint, "cpu", torch.float32)


def saved_tiny(folder: Path, seed: int = 0, id: str = "tiny", **changes: Any) -> Checkpoint:
    """A tiny Llama with its tokenizer in a folder, and the checkpoint that names it."""
    tiny_llama(seed, **changes).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return Checkpoint(id, "Tiny", "policy", "pocket", str(folder))


def give_lora_weights(model: Any, seed: int = 1) -> None:
    """Fill LoRA's B matrices, which start at zero, so that the adapter changes something."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data = torch.randn(weight.shape, generator=generator) * 0.2
