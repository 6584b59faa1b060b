"""Completions for prompts: in batches, as a stream, and their tokens seen by two models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from playground.errors import ModelNotUsable
from playground.models.chat import decode, encode_completion, encode_prompt, end_ids, special_ids
from playground.models.decode import draws, generate_ids, generate_steps
from playground.models.devices import autocast_dtype
from playground.models.lanes import is_small, lanes_for
from playground.models.loader import LoadedModel
from playground.models.logps import completion_logps
from playground.types import Completion, Prompt, Sampling, Template, TokenScore

BATCH, SMALL_BATCH = 64, 256  # rows sampled at once; of a small model
LANE = 32  # rows; two lanes of fewer wait for each other longer than they write
CUT = "\ufffd"  # how a character whose bytes have not all come is decoded


def sample(
    loaded: LoadedModel,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    n: int = 1,
    should_stop: Callable[[], bool] | None = None,
    threads: int = 1,
) -> list[list[Completion]]:
    """n completions for each prompt. The same seed gives the same ones, whatever else draws random numbers.

    threads: how many share many rows of a small model.
    When stopped, what was written so far comes back; prompts not yet begun get completions without text.
    Raises: EmptyPrompt, PromptTooLong, before anything is sampled.
    """
    rows = [ids for p in prompts for ids in [_prompt_ids(loaded, p, sampling.template)] * n]
    generator = torch.Generator().manual_seed(sampling.seed)
    ends = end_ids(loaded.tokenizer, loaded.model)
    size = SMALL_BATCH if is_small(loaded.model) else BATCH
    made: list[list[int]] = []
    with lanes_for(loaded.model, min(threads, len(rows) // LANE)) as lanes:
        for begin in range(0, len(rows), size):
            batch = rows[begin : begin + size]
            if should_stop is not None and should_stop():
                made.extend([] for _ in batch)
                continue
            made.extend(
                generate_ids(
                    loaded.model,
                    batch,
                    max_new_tokens=sampling.max_new_tokens,
                    temperature=sampling.temperature,
                    top_p=sampling.top_p,
                    end_ids=ends,
                    pad_id=loaded.tokenizer.pad_token_id,
                    generator=generator,
                    should_stop=should_stop,
                    autocast_dtype=_autocast(loaded),
                    lanes=lanes,
                )
            )
    finished = [_completion(loaded, prompts[i // n], ids, ends, sampling) for i, ids in enumerate(made)]
    return [finished[i * n : (i + 1) * n] for i in range(len(prompts))]


def stream(
    loaded: LoadedModel, prompt: Prompt, sampling: Sampling, should_stop: Callable[[], bool] | None = None
) -> Iterator[str]:
    """The completion's text so far, whenever a whole character was added; last the text that sample gives."""
    ids = _prompt_ids(loaded, prompt, sampling.template)
    shown = None
    for rows in generate_steps(
        loaded.model,
        [ids],
        max_new_tokens=sampling.max_new_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        end_ids=end_ids(loaded.tokenizer, loaded.model),
        pad_id=loaded.tokenizer.pad_token_id,
        uniform=draws(loaded.model, [ids], sampling.max_new_tokens, torch.Generator().manual_seed(sampling.seed)),
        autocast_dtype=_autocast(loaded),
    ):
        text = decode(loaded.tokenizer, rows[0]).rstrip(CUT)
        if text != shown:
            shown = text
            yield text
        if should_stop is not None and should_stop():
            return


def token_scores(
    policy: LoadedModel,
    reference: LoadedModel,
    prompt: Prompt,
    completion: str,
    template: Template = "auto",
    ended: bool = False,
) -> list[TokenScore]:
    """What policy and reference think of each token; the tokens' texts joined are the completion.

    Both read the policy's ids. ended: the end of turn is scored as a last token.
    Raises: ModelNotUsable when the two do not share a tokenizer.
    """
    _check_same_tokenizer(policy, reference)
    ids = encode_prompt(policy, prompt, template, policy.checkpoint.knows_chat)
    tokens = encode_completion(policy.tokenizer, completion, ended)
    if not tokens:
        return []
    logps = [_token_logps(model, ids, tokens) for model in (policy, reference)]
    texts = _token_texts(policy, tokens)
    return [TokenScore(text, p, r) for text, p, r in zip(texts, *logps, strict=True)]


def logit_difference(a: LoadedModel, b: LoadedModel, prompt: Prompt, template: Template = "auto") -> float:
    """The largest difference between two models' next-token logits after one prompt: 0 for the same weights.

    Where auto gives one of them chat and the other raw text, both read both: what differs is never the text alone.
    """
    _check_same_tokenizer(a, b)
    given = {tuple(_prompt_ids(loaded, prompt, template)) for loaded in (a, b)}
    return max(float((_next_logits(a, ids) - _next_logits(b, ids)).abs().max()) for ids in given)


def _next_logits(loaded: LoadedModel, ids: Sequence[int]) -> torch.Tensor:
    with torch.inference_mode():
        logits = loaded.model(input_ids=torch.tensor([list(ids)], device=loaded.device)).logits
    return logits[0, -1].float().cpu()


def _prompt_ids(loaded: LoadedModel, prompt: Prompt, template: Template) -> list[int]:
    return encode_prompt(loaded, prompt, template, loaded.checkpoint.knows_chat)


def _autocast(loaded: LoadedModel) -> torch.dtype | None:
    """Sampling computes in float32 on a CPU, so that it draws from what is scored; on a GPU in its short format."""
    return None if loaded.device == "cpu" else autocast_dtype()


def _completion(
    loaded: LoadedModel, prompt: Prompt, ids: list[int], ends: tuple[int, ...], sampling: Sampling
) -> Completion:
    text = decode(loaded.tokenizer, ids).rstrip(CUT)
    stopped = bool(ids) and ids[-1] in ends
    source = loaded.checkpoint
    return Completion(prompt, text, source.id, "stop" if stopped else "length", sampling, source.fingerprint)


def _token_logps(loaded: LoadedModel, prompt_ids: list[int], completion_ids: list[int]) -> list[float]:
    with torch.inference_mode():
        scores = completion_logps(loaded.model, [prompt_ids], [completion_ids], pad_id=loaded.tokenizer.pad_token_id)
    return scores.token_logps[0].tolist()


def _token_texts(loaded: LoadedModel, ids: list[int]) -> list[str]:
    """Each token's share of the text; a character spread over several tokens stands at the last of them."""
    special, texts, before = special_ids(loaded.tokenizer), [], ""
    for i, token in enumerate(ids):
        if token in special:
            texts.append(loaded.tokenizer.convert_ids_to_tokens(token))
            continue
        so_far = decode(loaded.tokenizer, ids[: i + 1])
        whole = so_far if i == len(ids) - 1 else so_far.rstrip(CUT)
        texts.append(whole[len(before) :])
        before = whole
    return texts


def _check_same_tokenizer(a: LoadedModel, b: LoadedModel) -> None:
    if a.tokenizer.get_vocab() != b.tokenizer.get_vocab():
        raise ModelNotUsable(
            f"{a.checkpoint.name} and {b.checkpoint.name} have different tokenizers.",
            hint="Compare two checkpoints of one model.",
        )
