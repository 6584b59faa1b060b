"""A tiny random Llama that reads bytes, and a way to run an algorithm on it: seconds for a whole run."""

from __future__ import annotations

import importlib
import random
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from playground.registry import ALGORITHMS, build_config
from playground.runs.folder import RunFolder
from playground.runs.run import Run
from playground.training.inputs import TrainInputs
from playground.types import Checkpoint, Example, Preference, Prompt, RunSpec

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel

TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIALS = ["<|pad|>", "<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>"]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Checkpoint:
    """Two layers, 32 wide, fixed random weights; knows the chat template by name only."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = _byte_tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        intermediate_size=64,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=96,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=4,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Checkpoint("tiny", "tiny", "policy", "tiny", str(folder))


def _byte_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIALS, *alphabet])}
    inner = Tokenizer(models.BPE(vocabulary, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<|pad|>",
        bos_token="<|endoftext|>",
        eos_token="<|end|>",
        additional_special_tokens=["<|user|>", "<|assistant|>"],
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


@pytest.fixture
def pairs() -> list[Preference]:
    """Twenty-four pairs over twelve prompts; the chosen text is the one in capitals."""
    rng = random.Random(0)
    rows = []
    for i in range(24):
        word = "".join(rng.choice("abcdef") for _ in range(rng.randint(3, 9)))
        rows.append(Preference(Prompt.user(f"say {i % 12}"), word.upper(), word))
    return rows


@pytest.fixture
def examples() -> list[Example]:
    """Twenty-four demonstrations of saying yes."""
    return [Example(Prompt.user(f"say {i}"), "yes") for i in range(24)]


@pytest.fixture
def runs() -> list[Run]:
    """The runs made so far, also those that raised."""
    return []


@pytest.fixture
def train(tiny, tmp_path, runs) -> Callable[..., tuple[Checkpoint, Run]]:
    """train(name, inputs={…}, **config) runs the algorithm on the tiny model: (checkpoint, run).

    loaded: a model to train instead of a fresh load; run: go on in that run's folder.
    """
    from playground.models.loader import load

    def run_it(
        name: str,
        *,
        inputs: dict,
        stop: threading.Event | None = None,
        run: Run | None = None,
        loaded: LoadedModel | None = None,
        dtype: str = "float32",
        **values,
    ) -> tuple[Checkpoint, Run]:
        importlib.import_module(f"playground.training.algorithms.{name}")
        entry = ALGORITHMS[name]
        config = build_config(entry, values)
        run = run or _new_run(name, tiny, tmp_path / str(len(runs)), stop, asdict(config), dtype)
        runs.append(run)
        start = loaded or load(tiny, trainable=True, device="cpu")
        return entry.train(run, TrainInputs(start=start, **inputs), config), run

    return run_it


def _new_run(name: str, start: Checkpoint, folder: Path, stop: threading.Event | None, config: dict, dtype: str) -> Run:
    spec = RunSpec("run", "test", name, config, start, dtype=dtype)
    files = RunFolder(folder)
    files.create(spec, [])
    return Run(files, spec, stop)
