"""The first half of a PPO iteration: write completions, score them, and lay out what the updates need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from playground.models.lanes import Lanes
from playground.models.logps import CompletionLogps, completion_logps
from playground.training.algorithms.ppo import PPOConfig
from playground.training.ppo_math import explained_variance, gae, token_rewards, whiten
from playground.training.rollouts import Ids, Rollouts, ScoreRollouts, Writing, rollout_metrics, write_rollouts


@dataclass(slots=True)
class Batch:
    """One iteration's rollouts and all that its updates need. Tensors are (B, T), 0 where mask is False."""

    rollouts: Rollouts
    mask: Tensor
    old_logps: Tensor  # nats, by the policy that sampled
    old_values: Tensor
    advantages: Tensor  # whitened
    returns: Tensor
    plan: list[list[int]]  # the rows of every minibatch, pass after pass
    metrics: dict[str, float]
    done: int = 0  # minibatches of the plan worked through
    figures: dict[str, list[float]] = field(default_factory=dict)  # metric -> one number a minibatch
    first_ratio_gap: float = 0.0  # max |ratio - 1| on the first minibatch: rounding only, or something is wrong
    seen: list[CompletionLogps] | None = None  # the plan's first pieces, read with gradients; not kept on disk


@dataclass(slots=True)
class Progress:
    """Where a run stands: what changes from iteration to iteration beside weights, optimiser and generator."""

    kl_coef: float
    iteration: int = 0  # iterations finished
    reward_mean: float | None = None  # None: the scale of the reward is not set yet
    reward_std: float = 1.0
    batch: Batch | None = None  # an iteration that was stopped between two minibatches


@dataclass(frozen=True, slots=True)
class Learner:
    """What one run learns with. One backbone serves as policy and value; the reference is a frozen copy of it or a
    context manager in which the policy's adapter is off."""

    policy: nn.Module
    value_head: nn.Module  # hidden state -> one number
    reference: nn.Module | Callable[[], AbstractContextManager]
    optimiser: torch.optim.Optimizer
    settings: PPOConfig
    generator: torch.Generator  # the run's own, on the CPU; everything random comes from it
    pad_id: int
    end_ids: Sequence[int]
    autocast_dtype: torch.dtype | None
    should_stop: Callable[[], bool]
    stop_at: tuple[int, int] | None = None  # iterations and updates of the next one
    lanes: Lanes = field(default_factory=Lanes)

    def stops(self, iteration: int, updates: int) -> bool:
        """Whether to stop here: somebody asks for it, or it was settled beforehand."""
        return self.should_stop() or (iteration, updates) == self.stop_at

    @property
    def device(self) -> torch.device:
        return self.value_head.weight.device

    def score(
        self, model: nn.Module, prompt_ids: Ids, completion_ids: Ids, temperature: float | None = None, **returns: bool
    ) -> CompletionLogps:
        """completion_logps in the run's precision, at the temperature that sampled unless another is named."""
        with torch.autocast(self.device.type, self.autocast_dtype, enabled=self.autocast_dtype is not None):
            return completion_logps(
                model,
                prompt_ids,
                completion_ids,
                pad_id=self.pad_id,
                temperature=self.settings.temperature if temperature is None else temperature,
                **returns,
            )

    def cut(self, rows: Sequence[int]) -> Iterator[list[list[int]]]:
        """Rows in runs that fit the memory, each in a piece for every lane."""
        for begin in range(0, len(rows), self.settings.microbatch_size):
            yield self.lanes.deal(rows[begin : begin + self.settings.microbatch_size])

    def values(self, hidden: Tensor) -> Tensor:
        """(B, T, H) -> (B, T). Detached: the value head learns from the backbone's states and leaves them alone."""
        return self.value_head(hidden.detach().float()).squeeze(-1)

    def as_reference(self) -> tuple[nn.Module, AbstractContextManager]:
        """The module to run as the reference, and the context to run it in."""
        if isinstance(self.reference, nn.Module):
            return self.reference, nullcontext()
        return self.policy, self.reference()


def set_reward_scale(learner: Learner, progress: Progress, prompts: Ids, reward_fn: ScoreRollouts) -> bool:
    """Fix the reward's mean and spread on completions of the reference, once. False where a stop came first."""
    if not learner.settings.normalise_rollouts:
        progress.reward_mean = 0.0
        return True
    model, context = learner.as_reference()
    with context:
        rollouts = write(learner, model, prompts, learner.settings.normalise_rollouts)
    if rollouts is None:
        return False
    rewards = torch.tensor(reward_fn(rollouts), dtype=torch.float64)
    spread = rewards.std().item() if len(rewards) > 1 else 0.0
    progress.reward_mean = rewards.mean().item()
    progress.reward_std = spread if spread != 0 else 1.0
    return True


def collect(
    learner: Learner,
    progress: Progress,
    prompts: Ids,
    reward_fn: ScoreRollouts,
    gold_fn: ScoreRollouts | None = None,
) -> Batch | None:
    """Roll out, score, and estimate advantages. None where a stop came first; the generator is then as it was."""
    settings = learner.settings
    rollouts = write(learner, learner.policy, prompts, settings.rollouts)
    if rollouts is None:
        return None
    plan = minibatch_plan(learner, rollouts)
    keep = progress.iteration > 0  # the first iteration reads twice, so that first_ratio_gap is measured
    first_pass = plan[: len(plan) // settings.ppo_epochs]
    cut = [pieces for minibatch in first_pass for pieces in learner.cut(minibatch)]
    mask, logps, ref_logps, values, entropy, seen = _look(learner, rollouts, cut, keep)
    reward = (torch.tensor(reward_fn(rollouts), dtype=torch.float64) - progress.reward_mean) / progress.reward_std
    penalty = settings.missing_end_penalty * (~torch.tensor(rollouts.ended)).double()
    earned = token_rewards((reward - penalty).to(logps), logps, ref_logps, mask, progress.kl_coef)
    advantages, returns = gae(earned, values, mask, settings.gamma, settings.gae_lambda)
    metrics = {
        "proxy_reward": reward.mean().item(),
        "missing_end_penalty": penalty.mean().item(),
        "kl_coef": progress.kl_coef,
        "explained_variance": explained_variance(values, returns, mask).item(),
    } | rollout_metrics(rollouts, mask, logps, ref_logps, entropy, gold_fn)
    return Batch(rollouts, mask, logps, values, whiten(advantages, mask), returns, plan, metrics, seen=seen)


def write(learner: Learner, model: nn.Module, prompts: Ids, count: int) -> Rollouts | None:
    """Draw prompts and let the model complete them. None where a stop came first; the generator is then as it was."""
    before = learner.generator.get_state()
    how = Writing(
        learner.settings.max_new_tokens,
        learner.settings.temperature,
        tuple(learner.end_ids),
        learner.pad_id,
        learner.autocast_dtype,
    )
    rollouts = write_rollouts(model, prompts, count, how, learner.generator, learner.should_stop, learner.lanes)
    if learner.should_stop():
        learner.generator.set_state(before)
        return None
    return rollouts


def minibatch_plan(learner: Learner, rollouts: Rollouts) -> list[list[int]]:
    """The rows of every minibatch of every pass. Rows of like length lie together, so that pieces are padded little."""
    settings, plan = learner.settings, []
    for _ in range(settings.ppo_epochs):
        order = torch.randperm(len(rollouts.ended), generator=learner.generator).tolist()
        for begin in range(0, len(order), settings.minibatch_size):
            rows = order[begin : begin + settings.minibatch_size]
            plan.append(sorted(rows, key=lambda row: len(rollouts.prompt_ids[row]) + len(rollouts.completion_ids[row])))
    return plan


class _Look(NamedTuple):
    """Rollouts read once by policy and reference. Tensors are (B, T), 0 where mask is False."""

    mask: Tensor
    logps: Tensor
    ref_logps: Tensor
    values: Tensor
    entropy: Tensor
    first: list[CompletionLogps] | None  # the first pieces' scores by the policy, with gradients


@torch.no_grad()
def _look(learner: Learner, rollouts: Rollouts, cut: Sequence[list[list[int]]], keep: bool) -> _Look:
    """Read the rollouts piece by piece.

    cut: the very pieces of the first pass: the first update repeats this computation, so its ratio is 1 in bf16 too.
    keep: hold on to the first pieces with their gradients, which then need not be read again: no more memory than an
    update takes.
    """
    count = len(rollouts.ended)
    longest = max(len(ids) for ids in rollouts.completion_ids)
    mask = torch.zeros(count, longest, dtype=torch.bool, device=learner.device)
    logps, ref_logps, values, entropy = torch.zeros(4, count, longest, device=learner.device)
    model, context = learner.as_reference()
    with context:  # before anything is kept: gradients would not survive a change of weights
        for pieces in cut:
            read = learner.lanes.each(lambda rows: learner.score(model, *rollouts.ids(rows)), pieces)
            for rows, scored in zip(pieces, read, strict=True):
                ref_logps[rows, : scored.mask.shape[1]] = scored.token_logps
    first = None
    for pieces in cut:
        kept = keep and pieces is cut[0]
        with torch.set_grad_enabled(kept):
            read = learner.lanes.each(
                lambda rows: learner.score(
                    learner.policy, *rollouts.ids(rows), return_hidden=True, return_entropy=True
                ),
                pieces,
            )
        for rows, scored in zip(pieces, read, strict=True):
            width = scored.mask.shape[1]
            mask[rows, :width] = scored.mask
            logps[rows, :width] = scored.token_logps
            values[rows, :width] = learner.values(scored.hidden).masked_fill(~scored.mask, 0)
            entropy[rows, :width] = scored.entropy
        first = read if kept else first
    return _Look(mask, logps, ref_logps, values, entropy, first)
