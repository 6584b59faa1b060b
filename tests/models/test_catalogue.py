"""The table of models, and checkpoints for models outside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from playground.errors import NotFound
from playground.models.catalogue import CARDS, card_of, find_checkpoint, fingerprint, shipped_checkpoints
from playground.models.facts import shape_of


@pytest.mark.parametrize(
    "module",
    ["playground.models", "playground.models.catalogue", "playground.models.devices", "playground.workbench.models"],
)
def test_the_catalogue_loads_no_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_card_names_and_model_ids_are_unique():
    ids = [i for card in CARDS for i in (card.base_id, card.instruct_id)]
    assert len({card.name for card in CARDS}) == len(CARDS)
    assert len(set(ids)) == len(ids)


# What the models' own config.json say, in the order of transformers' names for them.
CONFIGS = {
    "pocket": ("llama", 4, 256, 704, 4, 4, 64, 2048),
    "smollm2-135m": ("llama", 30, 576, 1536, 9, 3, 64, 49_152),
    "gemma-3-270m": ("gemma3_text", 18, 640, 2048, 4, 1, 256, 262_144),
    "smollm2-360m": ("llama", 32, 960, 2560, 15, 5, 64, 49_152),
    "qwen2.5-0.5b": ("qwen2", 24, 896, 4864, 14, 2, 64, 151_936),
    "qwen3-0.6b": ("qwen3", 28, 1024, 3072, 16, 8, 128, 151_936),
    "olmo-2-1b": ("olmo2", 16, 2048, 8192, 16, 16, 128, 100_352),
}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_cards_size_and_shape_are_those_of_its_architecture(card):
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    kind, layers, hidden, inner, heads, kv_heads, size, words = CONFIGS[card.name]
    config = AutoConfig.for_model(
        kind,
        num_hidden_layers=layers,
        hidden_size=hidden,
        intermediate_size=inner,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=size,
        vocab_size=words,
        tie_word_embeddings=card.name != "olmo-2-1b",
    )
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    assert sum(p.numel() for p in model.parameters()) == card.parameters
    assert shape_of(card.title, config.to_dict() | {"architectures": []}) == card.shape


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_cards_ids_find_it_and_training_needs_more_than_writing_weights(card):
    assert card_of(card.base_id) is card_of(card.instruct_id) is card
    assert 4 * card.parameters < min(card.need.sample, card.need.train)


def test_the_shipped_sft_descends_from_the_shipped_base():
    base, sft = shipped_checkpoints()
    assert (base.id, base.method, base.parent) == ("pocket-base", "pretrained", None)
    assert (sft.id, sft.method, sft.parent) == ("pocket-sft", "sft", "pocket-base")
    assert all(Path(c.path).is_absolute() for c in (base, sft))


def test_the_fingerprint_follows_the_weights_and_nothing_else(tmp_path):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"one")
    first = fingerprint(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    assert fingerprint(tmp_path) == first
    weights.write_bytes(b"two, longer")
    assert fingerprint(tmp_path) != first
    assert len(first) == 12


def test_a_folder_without_weights_has_no_fingerprint(tmp_path):
    assert fingerprint(tmp_path) == ""


def test_a_checkpoint_that_is_not_shipped_is_refused():
    with pytest.raises(NotFound) as refused:
        find_checkpoint("owner/model")
    assert refused.value.hint
