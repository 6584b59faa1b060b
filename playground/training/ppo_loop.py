"""The PPO loop: rollouts, then a few passes of small steps over them, again and again (arXiv:1707.06347, 2203.02155).

It takes any causal language model and any reward on token ids; algorithms/ppo.py ties it to checkpoints and events.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from playground.errors import NonFiniteLoss
from playground.models.lanes import Lanes
from playground.models.logps import CompletionLogps
from playground.training.algorithms.ppo import PPOConfig
from playground.training.ppo_math import adapt_kl_coef, masked_mean, policy_loss, update_kl, value_loss
from playground.training.ppo_resume import load_state, save_state
from playground.training.ppo_rollouts import (
    Batch,
    Learner,
    Progress,
    collect,
    set_reward_scale,
)
from playground.training.rollouts import Rollouts, ScoreRollouts, draw

Part = TypeVar("Part")
Demonstration = tuple[Sequence[int], Sequence[int]]  # token ids of a prompt and of its completion, end included


@dataclass(frozen=True, slots=True)
class IterationDone:
    """What one iteration did."""

    iteration: int  # the first is 1
    metrics: dict[str, float]  # keys from vocabulary.METRICS
    rollouts: Rollouts
    updates: int  # optimiser steps taken
    first_ratio_gap: float  # max |ratio - 1| before the first step


def new_value_head(hidden_size: int, device: torch.device | str = "cpu") -> nn.Linear:
    """One number from a hidden state. It starts at zero: before it has learned, it expects nothing."""
    head = nn.Linear(hidden_size, 1, device=device, dtype=torch.float32)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def ppo(
    policy: nn.Module,
    value_head: nn.Linear,
    reference: nn.Module | Callable[[], AbstractContextManager],
    prompts: Sequence[Sequence[int]],
    reward_fn: ScoreRollouts,
    settings: PPOConfig,
    generator: torch.Generator,
    on_iteration: Callable[[IterationDone], None] = lambda done: None,
    should_stop: Callable[[], bool] = lambda: False,
    *,
    stop_at: tuple[int, int] | None = None,
    pad_id: int,
    end_ids: Sequence[int] = (),
    gold_fn: ScoreRollouts | None = None,
    demonstrations: Sequence[Demonstration] = (),
    autocast_dtype: torch.dtype | None = None,
    resume_folder: Path | None = None,
    resume: bool = True,
    lanes: Lanes | None = None,
) -> Progress:
    """Train policy and value_head in place; returns where the run ended (fewer iterations after a stop).

    policy: its parameters with requires_grad are trained. It is put into eval mode: dropout would make the ratio noise.
    reference: a frozen module, or a function that gives a context in which the policy is its own reference.
    prompts: token ids, one list each. reward_fn, gold_fn: numbers for Rollouts, in their own units.
    generator: on the CPU, the run's own. Same state, same curve, whatever else draws random numbers.
    stop_at: the iterations, and the updates of the next one, after which to stop as if it were asked for there.
    resume_folder: where the state is kept every save_every iterations and at the end. With resume, a state found there
    is gone on from, and gives the very weights an uninterrupted run gives.
    lanes: who share the work; one by itself without.

    Raises: NonFiniteLoss when a loss or gradient is not finite; the weights before that step are kept.
    """
    learner = Learner(
        policy=policy.eval(),
        value_head=value_head,
        reference=reference.eval() if isinstance(reference, nn.Module) else reference,
        optimiser=_optimiser(policy, value_head, settings),
        settings=settings,
        generator=generator,
        pad_id=pad_id,
        end_ids=tuple(end_ids),
        autocast_dtype=autocast_dtype,
        should_stop=should_stop,
        stop_at=stop_at,
        lanes=lanes or Lanes(),
    )
    found = load_state(learner, resume_folder) if resume_folder and resume else None
    progress = found or Progress(kl_coef=settings.kl_coef)
    while progress.iteration < settings.iterations:
        if not _iterate(learner, progress, prompts, reward_fn, gold_fn, demonstrations, on_iteration):
            break
        if resume_folder and progress.iteration % settings.save_every == 0:
            save_state(learner, progress, resume_folder)
    if resume_folder:
        save_state(learner, progress, resume_folder)
    return progress


def _optimiser(policy: nn.Module, value_head: nn.Module, settings: PPOConfig) -> torch.optim.Optimizer:
    trained = [parameter for parameter in policy.parameters() if parameter.requires_grad]
    groups = [
        {"params": trained, "lr": settings.learning_rate},
        {"params": list(value_head.parameters()), "lr": settings.value_learning_rate},
    ]
    return torch.optim.Adam(groups, betas=(0.9, 0.95), eps=1e-5, fused=True)


def _iterate(learner, progress, prompts, reward_fn, gold_fn, demonstrations, on_iteration) -> bool:
    """One iteration, or the rest of one that was stopped. False where a stop came before its end."""
    if learner.stops(progress.iteration, progress.batch.done if progress.batch else 0):
        return False
    if progress.reward_mean is None and not set_reward_scale(learner, progress, prompts, reward_fn):
        return False
    if progress.batch is None:
        progress.batch = collect(learner, progress, prompts, reward_fn, gold_fn)
    batch = progress.batch
    if batch is None or not _learn(learner, progress, batch, demonstrations):
        return False
    progress.iteration += 1
    progress.batch = None
    done = IterationDone(
        progress.iteration,
        _metrics(learner, batch),
        batch.rollouts,
        len(batch.figures["grad_norm"]),
        batch.first_ratio_gap,
    )
    settings = learner.settings
    if settings.kl_target > 0:
        progress.kl_coef = adapt_kl_coef(
            progress.kl_coef, batch.metrics["kl"], settings.kl_target, settings.rollouts, settings.kl_horizon
        )
    on_iteration(done)
    return True


def _learn(learner: Learner, progress: Progress, batch: Batch, demonstrations: Sequence[Demonstration]) -> bool:
    """The passes over one batch. False where a stop came between two minibatches."""
    decay = 1 - progress.iteration / learner.settings.iterations
    rates = (learner.settings.learning_rate, learner.settings.value_learning_rate)
    for group, rate in zip(learner.optimiser.param_groups, rates, strict=True):
        group["lr"] = rate * decay
    while batch.done < len(batch.plan):
        if learner.stops(progress.iteration, batch.done):
            return False
        went_on = _step(learner, batch, batch.plan[batch.done], demonstrations, progress.iteration + 1)
        batch.done = batch.done + 1 if went_on else len(batch.plan)
    return True


def _step(learner: Learner, batch: Batch, rows: list[int], demonstrations, iteration: int) -> bool:
    """One minibatch, one optimiser step. False, and no step, where the policy has moved far enough."""
    settings = learner.settings
    learner.optimiser.zero_grad(set_to_none=True)
    figures = _gradients(learner, batch, rows)
    if batch.done == 0:
        batch.first_ratio_gap = figures.pop("ratio_gap")
    figures.pop("ratio_gap", None)
    if 0 < settings.max_update_kl < figures["update_kl"]:
        _note(batch, {"update_kl": figures["update_kl"], "clip_fraction": figures["clip_fraction"]})
        return False
    if settings.ptx_coef > 0 and demonstrations:
        figures["ptx_loss"] = _ptx_gradients(learner, demonstrations)
    figures["grad_norm"] = nn.utils.clip_grad_norm_(
        learner.optimiser.param_groups[0]["params"], settings.max_grad_norm
    ).item()
    # the value head shares no gradient with the policy, so a large value error must not shrink the policy's step
    nn.utils.clip_grad_norm_(learner.value_head.parameters(), settings.max_grad_norm)
    if not all(math.isfinite(figure) for figure in figures.values()):
        learner.optimiser.zero_grad(set_to_none=True)
        raise NonFiniteLoss(iteration, "the weights before that step are kept")
    learner.optimiser.step()
    _note(batch, figures)
    return True


def _gradients(learner: Learner, batch: Batch, rows: list[int]) -> dict[str, float]:
    """Add up the gradients of a minibatch, piece by piece; returns its figures.

    Each piece's mean is weighed by its share of the minibatch's tokens, so that the cut changes nothing.
    """
    tokens = batch.mask[rows].sum()
    totals: dict[str, float] = {}
    gap = 0.0
    for pieces in learner.cut(rows):
        seen, batch.seen = batch.seen or [None] * len(pieces), None  # they were the plan's first pieces, as are these
        parts = list(zip(pieces, seen, strict=True))
        for figures in _add_gradients(learner, lambda part: _loss(learner, batch, *part, tokens), parts):
            gap = max(gap, figures.pop("ratio_gap"))
            for name, figure in figures.items():
                totals[name] = totals.get(name, 0.0) + figure
    return totals | {"ratio_gap": gap}


def _add_gradients(learner: Learner, loss: Callable[[Part], tuple[Tensor, dict[str, float]]], parts) -> list[dict]:
    """Work out each part's loss and gradients, side by side, and add these up in the parts' order; their figures.

    A sum of floats depends on its order, and the lanes do not finish in one.
    """
    trained = [parameter for group in learner.optimiser.param_groups for parameter in group["params"]]

    def work(part: Part) -> tuple[dict[str, float], Sequence[Tensor | None]]:
        value, figures = loss(part)
        return figures, torch.autograd.grad(value, trained, allow_unused=True)

    done = learner.lanes.each(work, parts)
    for _, gradients in done:
        for parameter, gradient in zip(trained, gradients, strict=True):
            if parameter.grad is None:
                parameter.grad = gradient
            elif gradient is not None:
                parameter.grad += gradient
    return [figures for figures, _ in done]


def _loss(
    learner: Learner, batch: Batch, piece: list[int], seen: CompletionLogps | None, tokens: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """A piece's share of the loss, and its share of the figures. seen: its scores, where they were kept."""
    settings = learner.settings
    if seen is None:
        seen = learner.score(learner.policy, *batch.rollouts.ids(piece), return_hidden=True)
    logps, mask, hidden, _ = seen
    width = mask.shape[1]
    old_logps, advantages, old_values, returns = (
        stored[piece, :width] for stored in (batch.old_logps, batch.advantages, batch.old_values, batch.returns)
    )
    share = mask.sum() / tokens
    surrogate, clipped = policy_loss(logps, old_logps, advantages, mask, settings.clip_range)
    error = value_loss(learner.values(hidden), old_values, returns, mask, settings.value_clip_range)
    with torch.no_grad():
        moved = update_kl(logps, old_logps, mask)
        gap = ((logps - old_logps).masked_fill(~mask, 0).exp() - 1).abs().max().item()
        means = {"policy_loss": surrogate, "value_loss": error, "clip_fraction": clipped, "update_kl": moved}
        figures = {name: (share * mean).item() for name, mean in means.items()}
    return share * (surrogate + error), figures | {"ratio_gap": gap}


def _ptx_gradients(learner: Learner, demonstrations: Sequence[Demonstration]) -> float:
    """Add ptx_coef times the language-model loss of demonstrations (arXiv:2203.02155, eq. 2); returns that loss."""
    settings = learner.settings
    rows = draw(len(demonstrations), settings.ptx_batch, learner.generator)
    tokens = sum(len(demonstrations[row][1]) for row in rows)

    def loss(piece: list[int]) -> tuple[Tensor, dict[str, float]]:
        prompts, completions = zip(*(demonstrations[row] for row in piece), strict=True)
        logps, mask, _, _ = learner.score(learner.policy, prompts, completions, temperature=1.0)
        mean = -masked_mean(logps, mask) * mask.sum() / tokens
        return settings.ptx_coef * mean, {"loss": mean.item()}

    return sum(figures["loss"] for pieces in learner.cut(rows) for figures in _add_gradients(learner, loss, pieces))


def _note(batch: Batch, figures: dict[str, float]) -> None:
    for name, figure in figures.items():
        batch.figures.setdefault(name, []).append(figure)


def _metrics(learner: Learner, batch: Batch) -> dict[str, float]:
    """The iteration's metrics: the batch's own, and the mean over minibatches (update_kl: the largest)."""
    over_minibatches = {name: sum(figures) / len(figures) for name, figures in batch.figures.items()}
    over_minibatches["update_kl"] = max(batch.figures["update_kl"])
    return batch.metrics | over_minibatches | {"learning_rate": learner.optimiser.param_groups[0]["lr"]}
