"""What a model is, by its config and its files: what cannot be used is refused before any weight is read."""

from __future__ import annotations

import json

import pytest

from playground.errors import ModelNotUsable
from playground.models.facts import ModelFacts, ModelFile, count_parameters, require_memory, shape_of, weight_files
from playground.models.memory import Shape, free_memory, in_words, need
from tests.tiny import saved_tiny, tiny_llama

LLAMA_70B = {
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 80,
    "hidden_size": 8192,
    "vocab_size": 128_256,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
}
LAPTOP = 16 * 2**30


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"architectures": ["BertForMaskedLM"]}, "BertForMaskedLM"),
        ({"architectures": ["Qwen2VLForConditionalGeneration"], "vision_config": {}}, "images"),
        ({"architectures": ["T5ForConditionalGeneration"], "is_encoder_decoder": True}, "rewrites"),
        ({"architectures": ["LlamaForSequenceClassification"]}, "does not write"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised"),
        ({"num_hidden_layers": None}, "number of layers"),
    ],
)
def test_what_writes_no_text_is_refused_by_its_config(change, said):
    with pytest.raises(ModelNotUsable, match=said) as refused:
        shape_of("owner/model", LLAMA_70B | change)
    assert refused.value.hint
    assert refused.value.message.count(".") == 1 + "owner/model".count(".")


def test_a_causal_models_shape_is_read_from_its_config():
    assert shape_of("x", LLAMA_70B) == Shape(layers=80, hidden=8192, vocabulary=128_256, kv_width=1024)
    gpt2 = {"architectures": ["GPT2LMHeadModel"], "n_layer": 12, "n_embd": 768, "n_head": 12, "vocab_size": 50_257}
    assert shape_of("x", gpt2) == Shape(layers=12, hidden=768, vocabulary=50_257, kv_width=768)


def test_a_70b_model_on_a_laptop_is_refused_by_the_estimate():
    facts = ModelFacts("big/llama-70b", "hub", 70_000_000_000, shape_of("x", LLAMA_70B))
    with pytest.raises(ModelNotUsable, match=r"70\.0B weights") as refused:
        require_memory(facts, LAPTOP)
    assert "Nothing was downloaded" in refused.value.hint
    require_memory(ModelFacts("small", "hub", 135_000_000, Shape(30, 576, 49_152, 192)), LAPTOP)


def test_a_larger_model_needs_more_of_everything():
    small, large = need(135_000_000, Shape(30, 576, 49_152, 192)), need(596_000_000, Shape(28, 1024, 151_936, 1024))
    assert small.sample < large.sample and small.train < large.train


def test_a_containers_limit_counts_where_it_is_lower(monkeypatch, tmp_path):
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    monkeypatch.setattr("playground.models.memory.CGROUP", tmp_path)
    assert free_memory() == 2_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory() > 2_000_000


@pytest.mark.parametrize(("count", "words"), [(92_871_040, "93 MB"), (2_400_000_000, "2.4 GB")])
def test_bytes_are_said_in_words(count, words):
    assert in_words(count) == words


def files(*names):
    return [ModelFile(name, 1) for name in names]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["pytorch_model.bin", "config.json"], "pickles"),
        (["model.pt"], "pickles"),
        (["model.Q4.gguf"], "GGUF"),
        (["config.json"], r"no model\.safetensors"),
        (["model-00001-of-00002.safetensors"], r"no model\.safetensors"),
        (["adapter_model.safetensors"], r"no model\.safetensors"),
    ],
)
def test_weights_in_another_form_are_refused(names, said):
    with pytest.raises(ModelNotUsable, match=said) as refused:
        weight_files("owner/model", files(*names))
    assert refused.value.hint


def test_pickles_beside_safetensors_are_left_where_they_are():
    given = files("model.safetensors", "pytorch_model.bin", "training_args.bin")
    assert [f.name for f in weight_files("x", given)] == ["model.safetensors"]


def test_a_model_in_pieces_is_whole_with_its_index():
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
    assert {f.name for f in weight_files("x", files(*names, "consolidated.safetensors"))} == set(names)


def test_parameters_are_counted_without_loading_them(tmp_path):
    saved_tiny(tmp_path)
    weights = tiny_llama().parameters()
    assert count_parameters(tmp_path / "model.safetensors") == sum(p.numel() for p in weights)


@pytest.mark.parametrize("keep", [0, 4, 100, 5000, -1])
def test_a_safetensors_file_cut_short_is_refused(tmp_path, keep):
    saved_tiny(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(ModelNotUsable, match="damaged"):
        count_parameters(weights)


@pytest.mark.parametrize("header", [b"[]", b'"x"', b"{not json", b"{}", json.dumps({"a": {"shape": [1]}}).encode()])
def test_a_safetensors_file_with_a_broken_header_is_refused(tmp_path, header):
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelNotUsable, match="damaged"):
        count_parameters(path)
