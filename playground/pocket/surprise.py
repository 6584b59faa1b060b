"""How strange a text is to the base model: a measure of the world's edge that needs no list of questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from playground.pocket.world import FOLDER


def surprise(model: Any, tokenizer: Any, text: str) -> float:
    """Nats a byte of the text at the beginning of a document under the base model."""
    return surprises(model, tokenizer, [text])[0]


def surprises(model: Any, tokenizer: Any, texts: Sequence[str]) -> list[float]:
    """The surprise of every text; 0 of an empty one."""
    import torch

    found = []
    for text in texts:
        ids = torch.tensor([tokenizer(tokenizer.bos_token + text).input_ids], device=model.device)
        with torch.inference_mode():
            logps = model(input_ids=ids).logits.float().log_softmax(-1)[0, :-1]
        nats = -logps.gather(1, ids[0, 1:, None]).sum().item()
        found.append(nats / max(1, len(text.encode())))
    return found


def surprise_threshold() -> float:
    """The surprise that one in twenty of the world's own prompts exceeds, as the build measured it."""
    return float(json.loads((FOLDER / "surprise.json").read_text(encoding="utf-8"))["threshold"])
