"""A loaded folder that completes texts in batches, for measuring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from playground.models.decode import generate_ids
from playground.pocket.build.stages import load

BATCH = 64


class Model:
    """Weights, tokenizer and greedy or sampled completions."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        self.network, self.tokenizer = network.eval(), tokenizer

    @classmethod
    def from_folder(cls, folder: Path) -> Model:
        """The weights as they are shipped, in float32."""
        return cls(*load(folder))

    def chat(self, prompts: Sequence[str], temperature: float = 0.0) -> list[str]:
        """Completions of one-turn chats."""
        turns = [[{"role": "user", "content": prompt}] for prompt in prompts]
        return self.raw([self._chat_text(messages) for messages in turns], temperature)

    def raw(self, texts: Sequence[str], temperature: float = 0.0, max_new_tokens: int = 64) -> list[str]:
        """Completions of raw texts; temperature 0 is greedy."""
        out: list[str] = []
        generator = torch.Generator().manual_seed(777)
        for start in range(0, len(texts), BATCH):
            rows = generate_ids(
                self.network,
                self.tokenizer(list(texts[start : start + BATCH])).input_ids,
                max_new_tokens=max_new_tokens,
                temperature=temperature,
                end_ids=[self.tokenizer.eos_token_id, self.tokenizer.bos_token_id],
                pad_id=self.tokenizer.pad_token_id,
                generator=generator,
            )
            out += self.tokenizer.batch_decode(rows, skip_special_tokens=True)
        return out

    def _chat_text(self, messages: list[dict[str, str]]) -> str:
        return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
