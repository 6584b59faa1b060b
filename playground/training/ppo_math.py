"""PPO's arithmetic: pure functions, tensors in, tensors out.

Shapes: (B, T) unless said; B completions, T tokens of the longest one. `mask` is True on completion tokens, which come
first in every row; what padding holds (even NaN) changes no result. Log-probabilities are in nats, rewards and values
in reward-model units.
"""

from __future__ import annotations

import torch
from torch import Tensor

from playground.errors import ShapeError


def gae(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, gae_lambda: float) -> tuple[Tensor, Tensor]:
    """Advantages and returns by generalised advantage estimation (arXiv:1506.02438, eq. 16).

    delta_t = r_t + gamma V_{t+1} - V_t,  A_t = delta_t + gamma lambda A_{t+1},  return_t = A_t + V_t; V and A are 0
    past the last token, so nothing is bootstrapped from padding.

    Shapes: rewards, values, mask are (B, T).
    Units: rewards and values in reward-model units; gamma and gae_lambda are plain numbers in [0, 1].
    Returns: (advantages, returns), each (B, T), 0 where mask is False.
    Raises: ShapeError when the three tensors differ in shape.
    """
    _same_shape(rewards=rewards, values=values, mask=mask)
    rewards, values = _zero_padding(rewards, mask), _zero_padding(values, mask)
    advantages = torch.zeros_like(rewards)
    next_advantage = next_value = torch.zeros_like(rewards[:, 0])
    for t in range(rewards.shape[1] - 1, -1, -1):
        delta = rewards[:, t] + gamma * next_value - values[:, t]
        next_advantage = _zero_padding(delta + gamma * gae_lambda * next_advantage, mask[:, t])
        next_value = values[:, t]
        advantages[:, t] = next_advantage
    return advantages, advantages + values


def whiten(x: Tensor, mask: Tensor, keep_mean: bool = False) -> Tensor:
    """x with mean 0 and variance 1 over the mask: (x - mean) / sqrt(variance + 1e-8), the variance unbiased.

    Shapes: x, mask are (B, T). Returns (B, T), 0 where mask is False; keep_mean adds the mean back.
    Raises: ShapeError when the two differ in shape.
    """
    _same_shape(x=x, mask=mask)
    mean = masked_mean(x, mask)
    white = (x - mean) / torch.sqrt(_variance(x, mask) + 1e-8)
    return _zero_padding(white + mean if keep_mean else white, mask)


def token_rewards(reward: Tensor, token_logps: Tensor, ref_token_logps: Tensor, mask: Tensor, kl_coef: float) -> Tensor:
    """What every token earns: -kl_coef (log pi - log ref) each, plus the completion's reward on its last token.

    The penalty is the k1 estimate inside the reward, without gradient (arXiv:1909.08593, eq. 2): only that makes the
    optimum ref(y) exp(r(y) / kl_coef) / Z.

    Shapes: reward (B,); the others (B, T). Returns (B, T), 0 where mask is False.
    Raises: ShapeError when shapes disagree or a row of the mask is empty, so that its reward would land nowhere.
    """
    _same_shape(token_logps=token_logps, ref_token_logps=ref_token_logps, mask=mask)
    if reward.shape != mask.shape[:1]:
        raise ShapeError(f"reward is {tuple(reward.shape)}; one number for each of {mask.shape[0]} rows is needed.")
    if not bool(mask.any(dim=1).all()):
        raise ShapeError("A completion has no token; each needs at least one for its reward to land on.")
    earned = -kl_coef * _log_ratio(token_logps, ref_token_logps, mask).detach()
    positions = torch.arange(mask.shape[1], device=mask.device)
    last = (mask * positions).argmax(dim=1, keepdim=True)
    return earned.scatter_add(1, last, reward.to(earned.dtype).unsqueeze(1))


def policy_loss(
    token_logps: Tensor, old_token_logps: Tensor, advantages: Tensor, mask: Tensor, clip_range: float
) -> tuple[Tensor, Tensor]:
    """The clipped surrogate, negated (arXiv:1707.06347, eq. 7): -min(r A, clip(r, 1 - eps, 1 + eps) A).

    Shapes: all (B, T). The sum over the mask is divided by its count, so every token weighs the same.
    Returns: (loss, clip_fraction), two scalars; clip_fraction is the share of tokens whose clipped term is the one
    in force, so that they have no gradient.
    Raises: ShapeError when shapes disagree.
    """
    _same_shape(token_logps=token_logps, old_token_logps=old_token_logps, advantages=advantages, mask=mask)
    ratio = _log_ratio(token_logps, old_token_logps, mask).exp()
    advantages = _zero_padding(advantages, mask)
    free = -ratio * advantages
    clipped = -ratio.clamp(1 - clip_range, 1 + clip_range) * advantages
    return masked_mean(torch.maximum(free, clipped), mask), masked_mean((clipped > free).float(), mask).detach()


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip_range: float) -> Tensor:
    """Half the larger of two squares: the error of the value, and that of the value held near its old self.

    Shapes: all (B, T). The sum over the mask is divided by its count. Returns a scalar.
    Raises: ShapeError when shapes disagree.
    """
    _same_shape(values=values, old_values=old_values, returns=returns, mask=mask)
    values, old_values, returns = (_zero_padding(x, mask) for x in (values, old_values, returns))
    held = old_values + (values - old_values).clamp(-clip_range, clip_range)
    return 0.5 * masked_mean(torch.maximum((values - returns) ** 2, (held - returns) ** 2), mask)


def kl_estimates(token_logps: Tensor, ref_token_logps: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Three estimates of KL(policy || reference) from the policy's own samples, with log r = log pi - log ref:

    k1 = log r (unbiased, may be negative), k2 = (log r)^2 / 2, k3 = (e^{-log r} - 1) + log r (unbiased, never below 0).

    Shapes: all (B, T). Returns {"k1", "k2", "k3"}, each (B,), in nats, summed over the completion.
    Raises: ShapeError when shapes disagree.
    """
    _same_shape(token_logps=token_logps, ref_token_logps=ref_token_logps, mask=mask)
    log_ratio = _log_ratio(token_logps, ref_token_logps, mask)
    estimates = {"k1": log_ratio, "k2": log_ratio**2 / 2, "k3": torch.expm1(-log_ratio) + log_ratio}
    return {name: estimate.sum(dim=1) for name, estimate in estimates.items()}


def adapt_kl_coef(kl_coef: float, kl: float, target: float, n: int, horizon: float) -> float:
    """The coefficient after n more completions: kl_coef (1 + clip(kl / target - 1, -.2, .2) n / horizon).

    A proportional controller (arXiv:1909.08593, section 2.2). kl and target are nats summed over a completion, n and
    horizon count completions. Unchanged where kl is the target.
    """
    error = min(max(kl / target - 1.0, -0.2), 0.2)
    return kl_coef * (1.0 + error * n / horizon)


def update_kl(token_logps: Tensor, old_token_logps: Tensor, mask: Tensor) -> Tensor:
    """How far the policy has moved since it sampled: k3 of KL(old || new), nats a token, mean over the mask.

    Shapes: all (B, T). Returns a scalar, never negative, 0 before the first step.
    Raises: ShapeError when shapes disagree.
    """
    _same_shape(token_logps=token_logps, old_token_logps=old_token_logps, mask=mask)
    log_ratio = _log_ratio(token_logps, old_token_logps, mask)
    return masked_mean(torch.expm1(log_ratio) - log_ratio, mask)


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> Tensor:
    """1 - Var(returns - values) / Var(returns) over the mask: 1 is perfect, 0 no better than a constant.

    Shapes: all (B, T). Returns a scalar; 0 where the returns do not vary.
    Raises: ShapeError when shapes disagree.
    """
    _same_shape(values=values, returns=returns, mask=mask)
    variance = _variance(returns, mask)
    if variance == 0:
        return torch.zeros_like(variance)
    return 1 - _variance(returns - values, mask) / variance


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean of x (B, T) over the positions where mask (B, T) is True: a scalar; 0 for an empty mask."""
    return _zero_padding(x, mask).sum() / mask.sum().clamp(min=1)


def _variance(x: Tensor, mask: Tensor) -> Tensor:
    """Unbiased, over the mask."""
    squares = (x - masked_mean(x, mask)) ** 2
    return _zero_padding(squares, mask).sum() / (mask.sum() - 1).clamp(min=1)


def _log_ratio(token_logps: Tensor, other_token_logps: Tensor, mask: Tensor) -> Tensor:
    return _zero_padding(token_logps - other_token_logps, mask)


def _zero_padding(x: Tensor, mask: Tensor) -> Tensor:
    # masked_fill and not a product: 0 x NaN is NaN, in the value and in the gradient
    return x.masked_fill(~mask.bool(), 0)


def _same_shape(**tensors: Tensor) -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if len(set(shapes.values())) > 1 or len(next(iter(shapes.values()))) != 2:
        seen = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ShapeError(f"Tensors of one (B, T) are needed; got {seen}.")
