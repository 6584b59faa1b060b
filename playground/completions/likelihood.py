"""How likely texts are to a model: a completion after its prompt, or a document by itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from playground.models.chat import encode_completion, encode_prompt
from playground.models.loader import LoadedModel
from playground.models.logps import completion_logps
from playground.types import Completion, Likelihood

ROWS = 32  # scored at once


def completion_likelihoods(
    loaded: LoadedModel, completions: Sequence[Completion], knows_chat: bool
) -> list[Likelihood]:
    """Of each completion after its prompt, its end of turn included where it ended by itself.

    knows_chat: of whoever wrote them, so that a reference reads the very prompt that the policy read.
    """
    prompts = [encode_prompt(loaded, c.prompt, "auto", knows_chat) for c in completions]
    ids = [encode_completion(loaded.tokenizer, c.text, c.finish_reason == "stop") for c in completions]
    return _in_batches(loaded, prompts, ids)


def text_likelihoods(loaded: LoadedModel, texts: Sequence[str]) -> list[Likelihood]:
    """Of each text as a document; its first token is given where the tokenizer has no sign for a beginning."""
    rows = [encode_completion(loaded.tokenizer, text, ended=False)[: loaded.context - 1] for text in texts]
    begin = loaded.tokenizer.bos_token_id
    prompts = [[begin] if begin is not None else row[:1] for row in rows]
    return _in_batches(loaded, prompts, [row if begin is not None else row[1:] for row in rows])


def _in_batches(loaded: LoadedModel, prompts: list[list[int]], ids: list[list[int]]) -> list[Likelihood]:
    """Rows of like length together, so that little padding is read."""
    order = sorted((i for i in range(len(ids)) if ids[i]), key=lambda i: len(prompts[i]) + len(ids[i]))
    found = [Likelihood(0.0, 0, 0.0)] * len(ids)
    for start in range(0, len(order), ROWS):
        batch = order[start : start + ROWS]
        with torch.inference_mode():
            scored = completion_logps(
                loaded.model,
                [prompts[i] for i in batch],
                [ids[i] for i in batch],
                pad_id=loaded.tokenizer.pad_token_id,
                return_entropy=True,
            )
        sums = zip(batch, scored.token_logps.sum(1).tolist(), scored.entropy.sum(1).tolist(), strict=True)
        for i, logps, entropy in sums:
            found[i] = Likelihood(logps, len(ids[i]), entropy / len(ids[i]))
    return found
