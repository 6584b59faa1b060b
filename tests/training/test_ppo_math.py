import math

import pytest
import torch

from playground.errors import ShapeError
from playground.training.ppo_math import (
    adapt_kl_coef,
    explained_variance,
    gae,
    kl_estimates,
    masked_mean,
    policy_loss,
    token_rewards,
    update_kl,
    value_loss,
    whiten,
)


def row(*numbers: float) -> torch.Tensor:
    return torch.tensor([numbers], dtype=torch.float64)


def ragged() -> tuple[torch.Tensor, torch.Generator]:
    """A mask of three rows with 2, 5 and 3 tokens, and a generator for what it covers."""
    return torch.arange(5) < torch.tensor([[2], [5], [3]]), torch.Generator().manual_seed(3)


# Generalised advantage estimation. The expected numbers were worked by hand.


@pytest.mark.parametrize(
    "gae_lambda, advantages",
    [(0.95, (0.43675, 0.565, 0.7)), (1.0, (0.5, 0.6, 0.7)), (0.0, (-0.1, -0.1, 0.7))],
)
def test_gae_equals_the_table_worked_by_hand(gae_lambda, advantages):
    values = row(0.5, 0.4, 0.3)
    got, returns = gae(row(0, 0, 1), values, torch.ones(1, 3, dtype=torch.bool), 1.0, gae_lambda)
    torch.testing.assert_close(got, row(*advantages))
    torch.testing.assert_close(returns, row(*advantages) + values)


def test_gae_returns_equal_the_table_worked_by_hand():
    _, returns = gae(row(0, 0, 1), row(0.5, 0.4, 0.3), torch.ones(1, 3, dtype=torch.bool), 1.0, 0.95)
    torch.testing.assert_close(returns, row(0.93675, 0.965, 1.0))


def test_gae_discounts_by_gamma():
    # delta_1 = 0 + .5 x .4 - .5 = -.3, delta_2 = 1 - .4 = .6, A_1 = -.3 + .5 x .8 x .6
    got, _ = gae(row(0, 1), row(0.5, 0.4), torch.ones(1, 2, dtype=torch.bool), 0.5, 0.8)
    torch.testing.assert_close(got, row(-0.06, 0.6))


def test_gae_does_not_bootstrap_past_the_end():
    mask = torch.tensor([[True, True, False]])
    got, returns = gae(row(0, 1, 7), row(0.5, 0.4, 9), mask, 1.0, 1.0)
    torch.testing.assert_close(got, row(0.5, 0.6, 0))
    torch.testing.assert_close(returns, row(1, 1, 0))


@pytest.mark.parametrize("filler", [99.0, float("nan"), float("inf")])
def test_gae_ignores_what_padding_holds(filler):
    mask, generator = ragged()
    rewards, values = torch.rand(2, 3, 5, generator=generator)
    clean = gae(rewards.masked_fill(~mask, 0), values.masked_fill(~mask, 0), mask, 0.9, 0.95)
    dirty = gae(rewards.masked_fill(~mask, filler), values.masked_fill(~mask, filler), mask, 0.9, 0.95)
    for got, expected in zip(dirty, clean, strict=True):
        assert torch.equal(got, expected)
        assert bool((got[~mask] == 0).all())


# Whitening


def test_whitened_numbers_have_mean_0_and_unbiased_variance_1_over_the_mask():
    mask, generator = ragged()
    x = 5 + 3 * torch.randn(3, 5, generator=generator, dtype=torch.float64)
    white = whiten(x.masked_fill(~mask, float("nan")), mask)
    assert white[mask].mean().item() == pytest.approx(0, abs=1e-9)
    assert white[mask].var(correction=1).item() == pytest.approx(1, abs=1e-6)
    assert bool((white[~mask] == 0).all())


def test_whitening_adds_1e_8_inside_the_root():
    # values -1e-4, 1e-4: variance 2e-8, so x / sqrt(3e-8)
    got = whiten(row(-1e-4, 1e-4), torch.ones(1, 2, dtype=torch.bool))
    torch.testing.assert_close(got, row(-1e-4, 1e-4) / math.sqrt(3e-8))


def test_whitening_can_keep_the_mean():
    mask, generator = ragged()
    x = 5 + 3 * torch.randn(3, 5, generator=generator, dtype=torch.float64)
    white = whiten(x, mask, keep_mean=True)
    assert white[mask].mean().item() == pytest.approx(x[mask].mean().item())
    assert bool((white[~mask] == 0).all())


# Token rewards


def test_the_reward_lands_on_the_last_token_and_the_penalty_on_every_one():
    mask = torch.tensor([[True, True, False], [True, True, True]])
    logps = torch.tensor([[-1.0, -2.0, -9.0], [-1.0, -1.0, -3.0]])
    ref = torch.tensor([[-2.0, -1.5, -5.0], [-1.0, -3.0, -2.0]])
    got = token_rewards(torch.tensor([10.0, 20.0]), logps, ref, mask, 0.1)
    torch.testing.assert_close(got, torch.tensor([[-0.1, 10.05, 0.0], [0.0, -0.2, 20.1]]))


def test_token_rewards_and_penalties_add_up_to_the_reward():
    mask, generator = ragged()
    logps, ref = torch.randn(2, 3, 5, generator=generator)
    reward = torch.tensor([1.5, -2.0, 0.25])
    earned = token_rewards(reward, logps, ref, mask, 0.3)
    k1 = kl_estimates(logps, ref, mask)["k1"]
    torch.testing.assert_close(earned.sum(dim=1) + 0.3 * k1, reward)


def test_token_rewards_carry_no_gradient():
    mask = torch.ones(1, 2, dtype=torch.bool)
    logps = row(-1, -2).requires_grad_()
    assert not token_rewards(torch.tensor([1.0]), logps, row(-1, -1), mask, 0.3).requires_grad


def test_a_completion_without_tokens_is_refused():
    with pytest.raises(ShapeError, match="no token"):
        token_rewards(torch.ones(1), row(0), row(0), torch.zeros(1, 1, dtype=torch.bool), 0.1)


# Losses


@pytest.mark.parametrize(
    "ratio, advantage, loss, clipped",
    [(1.5, 1.0, -1.2, 1.0), (1.5, -1.0, 1.5, 0.0), (0.5, 1.0, -0.5, 0.0), (0.5, -1.0, 0.8, 1.0)],
)
def test_the_clip_table(ratio, advantage, loss, clipped):
    mask = torch.ones(1, 1, dtype=torch.bool)
    got, fraction = policy_loss(row(math.log(ratio) - 2), row(-2), row(advantage), mask, 0.2)
    assert got.item() == pytest.approx(loss)
    assert fraction.item() == clipped


def test_a_clipped_token_has_no_gradient_and_a_free_one_has():
    logps = row(math.log(1.5), math.log(1.5)).requires_grad_()
    loss, _ = policy_loss(logps, row(0, 0), row(1, -1), torch.ones(1, 2, dtype=torch.bool), 0.2)
    loss.backward()
    torch.testing.assert_close(logps.grad, row(0, 0.75))  # 1.5 x 1 / 2 tokens


def test_the_policy_loss_weighs_every_token_the_same():
    mask = torch.tensor([[True, False], [True, True]])
    loss, _ = policy_loss(torch.zeros(2, 2), torch.zeros(2, 2), torch.tensor([[3.0, 50.0], [1.0, 2.0]]), mask, 0.2)
    assert loss.item() == pytest.approx(-2.0)  # not the mean of row means, -2.25


def test_the_value_loss_is_half_the_larger_square():
    # value .5 from old 0 is held at .2. Return 1: squares .25 and .64. Return 0: .25 and .04.
    mask = torch.ones(1, 2, dtype=torch.bool)
    got = value_loss(row(0.5, 0.5), row(0, 0), row(1, 0), mask, 0.2)
    assert got.item() == pytest.approx(0.5 * (0.64 + 0.25) / 2)


@pytest.mark.parametrize("filler", [99.0, float("nan")])
def test_padding_changes_no_loss_and_no_gradient(filler):
    mask, generator = ragged()
    logps, old, advantages, values, old_values, returns = torch.randn(6, 3, 5, generator=generator)

    def losses(fill: float) -> tuple[torch.Tensor, ...]:
        dirty = [x.masked_fill(~mask, fill) for x in (old, advantages, old_values, returns)]
        policy, value = logps.clone().requires_grad_(), values.masked_fill(~mask, fill).requires_grad_()
        loss, clipped = policy_loss(policy, dirty[0], dirty[1], mask, 0.2)
        error = value_loss(value, dirty[2], dirty[3], mask, 0.2)
        moved = update_kl(policy, dirty[0], mask)
        (loss + error + moved).backward()
        return loss, clipped, error, moved, policy.grad, value.grad

    for got, expected in zip(losses(filler), losses(0.0), strict=True):
        assert torch.equal(got, expected)


def test_the_side_of_the_padding_changes_nothing():
    """Rows pushed to the right of their mask give the same numbers, pushed to the right."""
    mask, generator = ragged()
    tensors = dict(zip("abcd", torch.randn(4, 3, 5, generator=generator), strict=True))
    right = {name: _pushed_right(tensor, mask, filler=7.0) for name, tensor in tensors.items()}
    right["mask"] = _pushed_right(mask, mask)
    for kind in (
        lambda a, b, c, d, mask: gae(a, b, mask, 0.9, 0.8)[0],
        lambda a, b, c, d, mask: gae(a, b, mask, 0.9, 0.8)[1],
        lambda a, b, c, d, mask: whiten(a, mask),
        lambda a, b, c, d, mask: token_rewards(torch.tensor([1.0, 2.0, 3.0]), a, b, mask, 0.3),
    ):
        expected, got = kind(**tensors, mask=mask), kind(**right)
        torch.testing.assert_close(got, _pushed_right(expected, mask))
        assert bool((got[~right["mask"]] == 0).all())
    for kind in (
        lambda a, b, c, d, mask: policy_loss(a, b, c, mask, 0.2)[0],
        lambda a, b, c, d, mask: value_loss(a, b, c, mask, 0.2),
        lambda a, b, c, d, mask: update_kl(a, b, mask),
        lambda a, b, c, d, mask: explained_variance(a, b, mask),
        lambda a, b, c, d, mask: kl_estimates(a, b, mask)["k3"],
    ):
        torch.testing.assert_close(kind(**right), kind(**tensors, mask=mask))


def _pushed_right(tensor: torch.Tensor, mask: torch.Tensor, filler: float = 0.0) -> torch.Tensor:
    pushed = torch.full(tensor.shape, filler, dtype=tensor.dtype)
    for row, count in enumerate(mask.sum(dim=1).tolist()):
        pushed[row, -count:] = tensor[row, :count]
    return pushed


def test_microbatches_weighted_by_their_tokens_leave_the_gradient_equal():
    mask = torch.arange(7) < torch.tensor([[2], [7], [3], [1], [6], [4]])
    generator = torch.Generator().manual_seed(0)
    start, old, advantages = torch.randn(3, 6, 7, generator=generator, dtype=torch.float64)
    whole, parts = start.clone().requires_grad_(), start.clone().requires_grad_()
    policy_loss(whole, old, advantages, mask, 0.2)[0].backward()
    for rows in ([0, 1], [2, 3, 4], [5]):
        part, _ = policy_loss(parts[rows], old[rows], advantages[rows], mask[rows], 0.2)
        (part * mask[rows].sum() / mask.sum()).backward()
    torch.testing.assert_close(whole.grad, parts.grad, atol=1e-6, rtol=0)


# Divergences


def test_kl_estimates_by_hand():
    # log ratios ln 2 and -ln 2: k3 = (1/2 - 1 + ln 2) + (2 - 1 - ln 2) = 1/2
    ln2 = math.log(2)
    mask = torch.tensor([[True, True, False]])
    got = kl_estimates(row(ln2, 0, 5), row(0, ln2, 1), mask)
    assert got["k1"].tolist() == pytest.approx([0.0])
    assert got["k2"].tolist() == pytest.approx([ln2**2])
    assert got["k3"].tolist() == pytest.approx([0.5])


def test_k1_and_k3_are_unbiased_and_k3_is_never_negative():
    policy, ref = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.3, 0.5])
    exact = (policy * (policy / ref).log()).sum().item()
    logps, ref_logps = policy.log().unsqueeze(1), ref.log().unsqueeze(1)  # every outcome once, then weighed
    got = kl_estimates(logps, ref_logps, torch.ones(3, 1, dtype=torch.bool))
    assert (policy * got["k1"]).sum().item() == pytest.approx(exact, rel=1e-5)
    assert (policy * got["k3"]).sum().item() == pytest.approx(exact, rel=1e-5)
    assert bool((got["k3"] >= 0).all())
    assert bool((got["k1"] < 0).any())


def test_the_kl_of_a_model_with_itself_is_0():
    mask, generator = ragged()
    logps = torch.randn(3, 5, generator=generator)
    for estimate in kl_estimates(logps, logps, mask).values():
        assert estimate.tolist() == [0, 0, 0]


def test_the_kl_coefficient_adapts_as_published():
    assert adapt_kl_coef(0.2, 12, 6, 64, 1e4) == pytest.approx(0.200256, abs=1e-9)
    assert adapt_kl_coef(0.2, 0, 6, 64, 1e4) == pytest.approx(0.2 * (1 - 0.2 * 0.0064))
    assert adapt_kl_coef(0.2, 6.3, 6, 64, 1e4) == pytest.approx(0.2 * (1 + 0.05 * 0.0064))
    assert adapt_kl_coef(0.2, 6, 6, 64, 1e4) == 0.2


def test_update_kl_is_0_before_a_step_and_k3_after_one():
    mask = torch.tensor([[True, True, False]])
    old = row(-1, -2, -3)
    assert update_kl(old, old, mask).item() == 0
    # log ratios ln 2 and 0: ((2 - 1) - ln 2) / 2 tokens
    assert update_kl(old + row(math.log(2), 0, 9), old, mask).item() == pytest.approx((1 - math.log(2)) / 2)


@pytest.mark.parametrize("values, expected", [((1, 2, 3), 1.0), ((2, 2, 2), 0.0), ((3, 2, 1), -3.0)])
def test_explained_variance_by_hand(values, expected):
    mask = torch.tensor([[True, True, True, False]])
    got = explained_variance(row(*values, 7), row(1, 2, 3, -8), mask)
    assert got.item() == pytest.approx(expected)


def test_explained_variance_of_constant_returns_is_0():
    assert explained_variance(row(1, 2), row(3, 3), torch.ones(1, 2, dtype=torch.bool)).item() == 0


def test_the_masked_mean_of_nothing_is_0():
    assert masked_mean(row(5), torch.zeros(1, 1, dtype=torch.bool)).item() == 0


# Errors


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: gae(x, y, x > 0, 1.0, 0.95),
        lambda x, y: whiten(x, y > 0),
        lambda x, y: token_rewards(torch.ones(2), x, y, x > 0, 0.1),
        lambda x, y: token_rewards(torch.ones(3), x, x, x > 0, 0.1),
        lambda x, y: policy_loss(x, x, y, x > 0, 0.2),
        lambda x, y: value_loss(x, y, x, x > 0, 0.2),
        lambda x, y: kl_estimates(x, y, x > 0),
        lambda x, y: update_kl(x, y, x > 0),
        lambda x, y: explained_variance(x, y, x > 0),
    ],
)
def test_tensors_that_disagree_in_shape_are_refused(call):
    with pytest.raises(ShapeError):
        call(torch.ones(2, 3), torch.ones(2, 4))
