"""Completions that a policy writes from its full distribution, and what they say of it: PPO learns from them, and a
policy that learns from pairs is watched by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.errors import PromptTooLong
from playground.models.chat import decode, encode_prompt
from playground.models.decode import generate_ids
from playground.models.lanes import Lanes
from playground.models.loader import LoadedModel
from playground.training.inputs import RewardFunction
from playground.training.ppo_math import kl_estimates, masked_mean
from playground.types import Completion, Prompt

Ids = Sequence[Sequence[int]]  # token ids, one list a row


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Completions the policy wrote, as reward functions see them."""

    prompt_index: list[int]  # where each prompt stands in the list the run was given
    prompt_ids: list[list[int]]
    completion_ids: list[list[int]]  # nothing after the end token, which is included
    ended: list[bool]  # the last token is an end token

    def ids(self, rows: Sequence[int]) -> tuple[list[list[int]], list[list[int]]]:
        """Prompts and completions of some rows."""
        return [self.prompt_ids[row] for row in rows], [self.completion_ids[row] for row in rows]


ScoreRollouts = Callable[[Rollouts], Sequence[float]]  # one number a completion, larger is better


@dataclass(frozen=True, slots=True)
class Writing:
    """How rollouts are drawn. There is no top-p: a cut distribution would make the KL negative."""

    max_new_tokens: int
    temperature: float
    end_ids: tuple[int, ...]
    pad_id: int
    autocast_dtype: torch.dtype | None


@torch.no_grad()
def write_rollouts(
    model: nn.Module,
    prompts: Ids,
    count: int,
    how: Writing,
    generator: torch.Generator,
    should_stop: Callable[[], bool] = lambda: False,
    lanes: Lanes | None = None,
) -> Rollouts:
    """Draw prompts and let the model complete them. Where a stop comes in between, they are not whole."""
    index = draw(len(prompts), count, generator)
    prompt_ids = [list(prompts[i]) for i in index]
    completion_ids = generate_ids(
        model,
        prompt_ids,
        max_new_tokens=how.max_new_tokens,
        temperature=how.temperature,
        top_p=1.0,
        end_ids=how.end_ids,
        pad_id=how.pad_id,
        generator=generator,
        should_stop=should_stop,
        autocast_dtype=how.autocast_dtype,
        lanes=lanes,
    )
    completion_ids = [cut_after_end(ids, how.end_ids) for ids in completion_ids]
    ended = [bool(ids) and ids[-1] in how.end_ids for ids in completion_ids]
    return Rollouts(index, prompt_ids, completion_ids, ended)


def draw(population: int, count: int, generator: torch.Generator) -> list[int]:
    """`count` places below `population`, none twice before all have come once."""
    drawn: list[int] = []
    while len(drawn) < count:
        drawn += torch.randperm(population, generator=generator).tolist()
    return drawn[:count]


def cut_after_end(ids: Sequence[int], end_ids: Sequence[int]) -> list[int]:
    """The ids up to the first end token, which stays."""
    for position, token in enumerate(ids):
        if token in end_ids:
            return list(ids[: position + 1])
    return list(ids)


def rollout_metrics(
    rollouts: Rollouts,
    mask: Tensor,
    logps: Tensor,
    ref_logps: Tensor,
    entropy: Tensor,
    gold_fn: ScoreRollouts | None,
) -> dict[str, float]:
    """What the completions say of the policy. Shapes: mask, logps, ref_logps, entropy are (B, T); padding is left out.

    KL is summed over a completion (nats), entropy is of a token.
    """
    divergence = kl_estimates(logps, ref_logps, mask)
    metrics = {
        "kl": divergence["k1"].mean().item(),
        "k3": divergence["k3"].mean().item(),
        "entropy": masked_mean(entropy, mask).item(),
        "length": mask.sum().item() / len(mask),
        "stop_rate": sum(rollouts.ended) / len(mask),
    }
    if gold_fn is not None:
        metrics["gold_reward"] = torch.tensor(gold_fn(rollouts), dtype=torch.float64).mean().item()
    return metrics


def fitting(loaded: LoadedModel, prompts: Sequence[Prompt]) -> tuple[list[Prompt], list[list[int]]]:
    """The prompts that leave room for a completion, and their ids."""
    kept, ids = [], []
    for prompt in prompts:
        try:
            ids.append(encode_prompt(loaded, prompt, "auto", loaded.checkpoint.knows_chat))
        except PromptTooLong:
            continue
        kept.append(prompt)
    return kept, ids


def scorer(
    loaded: LoadedModel, prompts: Sequence[Prompt], reward: RewardFunction, dtype: torch.dtype | None = None
) -> ScoreRollouts:
    """A reward on completions, as a reward on rollouts of these prompts; dtype is what a network computes in."""

    def score(rollouts: Rollouts) -> list[float]:
        texts = [decode(loaded.tokenizer, ids) for ids in rollouts.completion_ids]
        reasons = ["stop" if ended else "length" for ended in rollouts.ended]
        rows = zip(rollouts.prompt_index, texts, reasons, strict=True)
        completions = [Completion(prompts[i], text, finish_reason=reason) for i, text, reason in rows]
        with torch.autocast(loaded.device, dtype, enabled=dtype is not None):
            return reward(completions)

    return score
