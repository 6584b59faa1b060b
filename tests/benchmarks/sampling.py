"""Sampling against transformers.generate: CPU time a token, by turns, one thread, temperature 1, the same prompts.

The pocket model with its own weights answers questions until it ends them. A Llama of SmolLM2-135M's shape has random
weights, so that nothing need be fetched, and writes NEW_TOKENS each time.

    python -m tests.benchmarks.sampling pocket|135M BATCH ROUNDS
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from playground.models.decode import generate_ids
from playground.models.devices import autocast_dtype

NEW_TOKENS = {"pocket": 64, "135M": 32}


def pocket() -> tuple[Any, list[list[int]], list[int], int]:
    """The shipped model, prompts as the app puts them to it, its end and its pad id."""
    from playground.models.catalogue import find_checkpoint
    from playground.models.chat import encode_prompt, end_ids
    from playground.models.loader import load
    from playground.pocket import prompt_set, training_mix

    loaded = load(find_checkpoint("pocket-sft"))
    prompts = prompt_set(256, 0, training_mix())
    ids = [encode_prompt(loaded.tokenizer, prompt, "auto", True) for prompt in prompts]
    return loaded.model, ids, list(end_ids(loaded.tokenizer, loaded.model)), loaded.tokenizer.pad_token_id


def smollm2_shape() -> tuple[Any, list[list[int]], list[int], int]:
    """The same of a model that never ends."""
    from transformers import LlamaForCausalLM

    from tests.benchmarks import shapes

    return LlamaForCausalLM(shapes.config("135M")).eval(), shapes.prompts(64), [], shapes.PAD


def ours(model: Any, prompts: list[list[int]], ends: list[int], pad: int, new_tokens: int, dtype: Any) -> int:
    """Tokens written."""
    generator = torch.Generator().manual_seed(0)
    rows = generate_ids(
        model,
        prompts,
        max_new_tokens=new_tokens,
        temperature=1.0,
        end_ids=ends,
        pad_id=pad,
        generator=generator,
        autocast_dtype=dtype,
    )
    return sum(map(len, rows))


@torch.inference_mode()
def theirs(model: Any, prompts: list[list[int]], ends: list[int], pad: int, new_tokens: int, dtype: Any) -> int:
    """Tokens written, up to and with the end of each row."""
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    with torch.autocast("cpu", dtype, enabled=dtype is not None):
        out = model.generate(
            input_ids=ids,
            attention_mask=mask,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_new_tokens=new_tokens,
            eos_token_id=ends or None,
            pad_token_id=pad,
        )
    return sum(_length(row, ends) for row in out[:, width:].tolist())


def _length(row: list[int], ends: list[int]) -> int:
    return next((i + 1 for i, token in enumerate(row) if token in ends), len(row))


def seconds_a_token(write: Callable[..., int], *given: Any) -> float:
    """CPU-seconds a token of one batch."""
    began = time.process_time()
    tokens = write(*given)
    return (time.process_time() - began) / tokens


def main(what: str, batch: int, rounds: int) -> None:
    """Both writers in the dtype that the app chooses and in float32; the ratio is generate's time over ours."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, prompts, ends, pad = {"pocket": pocket, "135M": smollm2_shape}[what]()
    figures = {}
    for name, dtype in {"chosen dtype": autocast_dtype(), "float32": None}.items():
        seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
        for r in range(rounds + 1):
            asked = [prompts[(r * batch + i) % len(prompts)] for i in range(batch)]
            for who, write in (("ours", ours), ("theirs", theirs)):
                seconds[who].append(seconds_a_token(write, model, asked, ends, pad, NEW_TOKENS[what], dtype))
        medians = {who: statistics.median(values[1:]) for who, values in seconds.items()}  # the first warms up
        figures[name] = {**medians, "ratio": medians["theirs"] / medians["ours"]}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
