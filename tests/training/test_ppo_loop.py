import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from playground.errors import NonFiniteLoss
from playground.models.lanes import lanes_for
from playground.models.logps import completion_logps
from playground.training import ppo_loop, ppo_rollouts, rollouts
from playground.training.algorithms.ppo import PPOConfig
from playground.training.ppo_loop import new_value_head, ppo
from playground.training.ppo_math import adapt_kl_coef, token_rewards
from playground.training.ppo_rollouts import Learner, Progress, Rollouts, collect
from playground.vocabulary import METRICS

TOKENS, PROMPT, WIDTH = 5, 5, 32  # actions 0 to 4; the prompt's token is no action
ANSWERS = [[a, b] for a in range(TOKENS) for b in range(TOKENS)]
END = 4  # of the ragged world


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Toy:
    """A world of 25 answers, two tokens each, whose best policy is known in closed form.

    With beta the KL coefficient: pi*(y) = ref(y) exp(r(y) / beta) / Z and J* = beta log Z, where
    J(pi) = E_pi[r] - beta KL(pi || ref), for every pi at most J*.
    """

    def __init__(self, seed: int = 0) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.reference = tiny_llama(vocabulary=TOKENS + 1, actions=TOKENS)
            self.reward = 1.5 * torch.randn(TOKENS, TOKENS, dtype=torch.float64)
        self.policy = copy.deepcopy(self.reference)
        self.value_head = new_value_head(WIDTH)

    def log_probs(self, model) -> torch.Tensor:
        """The exact log-probability of every answer (25,), by enumeration."""
        with torch.no_grad():
            rows = torch.tensor([[PROMPT, *answer] for answer in ANSWERS])
            logps = model(input_ids=rows).logits.double().log_softmax(-1)
        return torch.stack([logps[i, 0, a] + logps[i, 1, b] for i, (a, b) in enumerate(ANSWERS)])

    def objective(self, model, beta: float) -> float:
        logps, ref_logps = self.log_probs(model), self.log_probs(self.reference)
        return (logps.exp() * (self.reward.flatten() - beta * (logps - ref_logps))).sum().item()

    def best(self, beta: float) -> float:
        return beta * torch.logsumexp(self.log_probs(self.reference) + self.reward.flatten() / beta, 0).item()

    def gap_closed(self, beta: float) -> float:
        """0 where the policy is the reference, 1 at the optimum."""
        start = self.objective(self.reference, beta)
        return (self.objective(self.policy, beta) - start) / (self.best(beta) - start)

    def score(self, rollouts) -> list[float]:
        return [self.reward[first, second].item() for first, second in rollouts.completion_ids]

    def train(self, settings: PPOConfig, **more):
        generator = more.pop("generator", None) or torch.Generator().manual_seed(settings.seed)
        arguments = dict(pad_id=0) | more
        return ppo(
            self.policy, self.value_head, self.reference, [[PROMPT]], self.score, settings, generator, **arguments
        )


def tiny_llama(vocabulary: int, actions: int, layers: int = 1) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=64,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=64,
        tie_word_embeddings=False,
        initializer_range=0.2,
    )
    model = LlamaForCausalLM(config).eval()
    model.lm_head = torch.nn.Linear(WIDTH, actions, bias=False)
    return model


ORACLE = PPOConfig(
    kl_coef=1.0,
    iterations=40,
    rollouts=256,
    max_new_tokens=2,
    ppo_epochs=4,
    minibatch_size=64,
    microbatch_size=64,
    learning_rate=3e-3,
    value_learning_rate=1e-2,
    value_clip_range=100.0,
    max_update_kl=0.0,
    missing_end_penalty=0.0,
    normalise_rollouts=0,
)

RAGGED = PPOConfig(
    kl_coef=0.1,
    iterations=3,
    rollouts=12,
    max_new_tokens=6,
    ppo_epochs=2,
    minibatch_size=5,
    microbatch_size=3,
    learning_rate=3e-3,
    normalise_rollouts=8,
    max_update_kl=0.0,
)


class Ragged:
    """A world of completions of many lengths: five tokens of which one is the end, prompts of two to four tokens."""

    prompts = ([5, 1], [5, 2, 0, 3], [5, 3, 3])

    def __init__(self) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(4)
            self.policy = tiny_llama(vocabulary=TOKENS + 1, actions=TOKENS, layers=2)
        self.reference = copy.deepcopy(self.policy)
        self.value_head = new_value_head(WIDTH)
        self.history: list[ppo_loop.IterationDone] = []

    def score(self, rollouts: Rollouts) -> list[float]:
        return [float(sum(token == 2 for token in ids) - 0.1 * len(ids)) for ids in rollouts.completion_ids]

    def train(self, settings: PPOConfig = RAGGED, **more) -> Progress:
        arguments = {"pad_id": 0, "end_ids": (END,), "on_iteration": self.history.append} | more
        generator = arguments.pop("generator", None) or torch.Generator().manual_seed(settings.seed)
        reference, reward_fn = arguments.pop("reference", self.reference), arguments.pop("reward_fn", self.score)
        return ppo(self.policy, self.value_head, reference, self.prompts, reward_fn, settings, generator, **arguments)

    def learner(self, settings: PPOConfig = RAGGED, **more) -> Learner:
        arguments = {
            "policy": self.policy,
            "value_head": self.value_head,
            "reference": self.reference,
            "optimiser": ppo_loop._optimiser(self.policy, self.value_head, settings),
            "settings": settings,
            "generator": torch.Generator().manual_seed(settings.seed),
            "pad_id": 0,
            "end_ids": (END,),
            "autocast_dtype": None,
            "should_stop": lambda: False,
        }
        return Learner(**arguments | more)

    def weights(self) -> torch.Tensor:
        return flat([*self.policy.parameters(), *self.value_head.parameters()])

    def curve(self) -> list[dict[str, float]]:
        return [done.metrics for done in self.history]


def flat(tensors) -> torch.Tensor:
    return torch.cat([tensor.detach().flatten() for tensor in tensors])


def trained(settings: PPOConfig = RAGGED, **more) -> Ragged:
    world = Ragged()
    world.train(settings, **more)
    return world


def same(one: Ragged, other: Ragged) -> bool:
    return torch.equal(one.weights(), other.weights()) and one.curve() == other.curve()


# The oracle: the optimum in closed form


def test_the_objective_never_exceeds_its_closed_form_optimum_and_differs_by_beta_times_a_divergence():
    toy, other = Toy(0), Toy(1)
    logps = toy.log_probs(other.policy)
    best = (toy.log_probs(toy.reference) + toy.reward.flatten() / 0.7).log_softmax(0)
    divergence = (logps.exp() * (logps - best)).sum().item()
    assert toy.best(0.7) - toy.objective(other.policy, 0.7) == pytest.approx(0.7 * divergence)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ppo_closes_99_percent_of_the_gap_to_the_closed_form_optimum(seed):
    toy = Toy(seed)
    toy.train(replace(ORACLE, seed=seed))
    assert toy.gap_closed(beta=1.0) > 0.99


def no_kl(reward, logps, ref_logps, mask, kl_coef):
    return token_rewards(reward, logps, ref_logps, mask, 0.0)


def flipped_sign(reward, logps, ref_logps, mask, kl_coef):
    return token_rewards(reward, logps, ref_logps, mask, -kl_coef)


def k2_in_the_reward(reward, logps, ref_logps, mask, kl_coef):
    return no_kl(reward, logps, ref_logps, mask, 0) - kl_coef * mask * (logps - ref_logps) ** 2 / 2


def k3_in_the_reward(reward, logps, ref_logps, mask, kl_coef):
    log_ratio = mask * (logps - ref_logps)
    return no_kl(reward, logps, ref_logps, mask, 0) - kl_coef * (torch.expm1(-log_ratio) + log_ratio)


def reward_on_the_first_token(reward, logps, ref_logps, mask, kl_coef):
    earned = token_rewards(torch.zeros_like(reward), logps, ref_logps, mask, kl_coef)
    earned[:, 0] += reward
    return earned


def value_shifted_by_one(model, prompt_ids, completion_ids, **how):
    """hidden[:, t] is the state AFTER action t: the value knows what it should judge."""
    scored = completion_logps(model, prompt_ids, completion_ids, **how)
    if scored.hidden is None:
        return scored
    longer = completion_logps(model, prompt_ids, [[*ids, 0] for ids in completion_ids], **how)
    return scored._replace(hidden=longer.hidden[:, 1:])


@pytest.mark.parametrize(
    "part, bug",
    [
        ("token_rewards", no_kl),
        ("token_rewards", flipped_sign),
        ("token_rewards", k2_in_the_reward),
        ("token_rewards", k3_in_the_reward),
        ("token_rewards", reward_on_the_first_token),
        ("completion_logps", value_shifted_by_one),
    ],
)
def test_the_oracle_sees_a_planted_bug(part, bug, monkeypatch):
    monkeypatch.setattr(ppo_rollouts, part, bug)
    toy = Toy(2)
    toy.train(replace(ORACLE, seed=2, iterations=30))
    assert toy.gap_closed(beta=1.0) < 0.8


# Two lanes


@contextmanager
def two_lanes():
    torch.set_num_threads(2)
    with lanes_for(new_value_head(WIDTH)) as lanes:
        yield lanes


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_two_lanes_learn_the_same_numbers_every_time(dtype):
    with two_lanes() as lanes:
        once, again = (trained(lanes=lanes, autocast_dtype=dtype) for _ in range(2))
    assert same(once, again)
    assert all(done.first_ratio_gap <= (1e-5 if dtype is None else 0.0) for done in once.history)


def test_two_lanes_learn_what_one_learns_but_for_rounding():
    settings = replace(RAGGED, ptx_coef=0.5, minibatch_size=12, microbatch_size=5)
    more = {"demonstrations": [([PROMPT], [0, 1, END]), ([PROMPT, 2], [3, END]), ([PROMPT], [2, END])]}
    one = trained(settings, **more)
    with two_lanes() as lanes:
        two = trained(settings, lanes=lanes, **more)
    assert torch.allclose(one.weights(), two.weights(), atol=1e-4)
    assert not torch.equal(one.weights(), trained(RAGGED, **more).weights())
    for mine, theirs in zip(one.curve(), two.curve(), strict=True):
        assert mine == pytest.approx(theirs, abs=1e-3)


# 1, 2, 3: the ratio, the numerics, the temperature


@pytest.mark.parametrize("dtype, largest", [(None, 1e-5), (torch.bfloat16, 0.0)])
def test_the_ratio_is_1_before_the_first_step_of_every_iteration(dtype, largest):
    world = trained(replace(RAGGED, temperature=0.7), autocast_dtype=dtype)
    assert len(world.history) == 3
    assert all(done.first_ratio_gap <= largest for done in world.history)


@pytest.fixture
def pieces_read(monkeypatch):
    """(looked at before an update, learned from): the completions of each piece, in order."""
    looked_at, learned_from = [], []

    def noting(model, prompt_ids, completion_ids, **how):
        if how.get("return_hidden"):
            (looked_at if how.get("return_entropy") else learned_from).append(list(completion_ids))
        return completion_logps(model, prompt_ids, completion_ids, **how)

    monkeypatch.setattr(ppo_rollouts, "completion_logps", noting)
    return looked_at, learned_from


def test_old_log_probs_come_from_the_very_pieces_of_the_first_pass(pieces_read):
    looked_at, learned_from = pieces_read
    trained(replace(RAGGED, iterations=1))
    assert len(looked_at) == 5  # 12 rows in minibatches of 5, 5 and 2, in pieces of at most 3
    assert looked_at == learned_from[:5] != learned_from[5:]


def test_from_the_second_iteration_on_the_first_piece_is_read_once(pieces_read):
    looked_at, learned_from = pieces_read
    trained(replace(RAGGED, iterations=2))
    assert looked_at[5:] == [looked_at[5], *learned_from[10:14]]
    assert len(learned_from) == 10 + 9


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_keeping_the_first_piece_changes_nothing(dtype, monkeypatch):
    kept = trained(autocast_dtype=dtype)
    look = ppo_rollouts._look
    monkeypatch.setattr(ppo_rollouts, "_look", lambda learner, rollouts, cut, keep: look(learner, rollouts, cut, False))
    assert same(trained(autocast_dtype=dtype), kept)


def test_a_look_under_other_numerics_than_the_update_shows_in_the_first_ratio(monkeypatch):
    def warmer(model, prompt_ids, completion_ids, **how):
        how["temperature"] *= 1.1 if how.get("return_entropy") else 1
        return completion_logps(model, prompt_ids, completion_ids, **how)

    monkeypatch.setattr(ppo_rollouts, "completion_logps", warmer)
    assert trained().history[0].first_ratio_gap > 1e-2


def test_old_log_probs_of_other_rows_show_in_every_first_ratio(monkeypatch):
    def shuffled(*args):
        batch = collect(*args)
        batch.old_logps = batch.old_logps.roll(1, 0)
        return batch

    monkeypatch.setattr(ppo_loop, "collect", shuffled)
    assert all(done.first_ratio_gap > 1e-2 for done in trained().history)


def test_a_single_update_moves_nothing_and_clips_nothing():
    world = trained(replace(RAGGED, ppo_epochs=1, minibatch_size=12, microbatch_size=12))
    assert all(abs(metrics["update_kl"]) < 1e-9 and metrics["clip_fraction"] == 0 for metrics in world.curve())


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probs_are_those_of_the_distribution_sampled_from(temperature):
    toy, settings = Toy(0), replace(ORACLE, rollouts=4000, temperature=temperature)
    learner = Ragged().learner(settings, policy=toy.policy, reference=Toy(1).policy, end_ids=())
    batch = collect(learner, Progress(1.0, reward_mean=0.0), [[PROMPT]], toy.score)
    with torch.no_grad():
        logits = toy.policy(input_ids=torch.tensor([[PROMPT]])).logits[0, -1].double() / temperature
    first = torch.tensor([ids[0] for ids in batch.rollouts.completion_ids])
    torch.testing.assert_close(batch.old_logps[:, 0].double(), logits.log_softmax(0)[first], atol=1e-4, rtol=0)
    shares = torch.bincount(first, minlength=TOKENS).double() / len(first)
    assert (shares - logits.softmax(0)).abs().max() < 4 * 0.5 / len(first) ** 0.5  # four standard errors


def test_k1_is_the_divergence_because_nothing_truncates_the_sampling():
    toy, other = Toy(0), Toy(1)
    learner = Ragged().learner(replace(ORACLE, rollouts=4000), policy=toy.policy, reference=other.policy, end_ids=())
    batch = collect(learner, Progress(1.0, reward_mean=0.0), [[PROMPT]], toy.score)
    logps, ref_logps = toy.log_probs(toy.policy), toy.log_probs(other.policy)
    exact = (logps.exp() * (logps - ref_logps)).sum().item()
    error = ((logps.exp() * (logps - ref_logps) ** 2).sum().item() - exact**2) ** 0.5 / 4000**0.5
    assert abs(batch.metrics["kl"] - exact) < 4 * error
    assert exact > 20 * error  # or the line above could not fail
    assert batch.metrics["k3"] == pytest.approx(exact, rel=0.15)


# 4, 5, 6, 7: dropout, padding, what stands after the end


def test_dropout_is_off_even_in_a_policy_that_comes_in_train_mode():
    world = Ragged()
    for layer in world.policy.model.layers:
        layer.self_attn.attention_dropout = 0.5
    world.policy.train()
    world.train()
    assert max(done.first_ratio_gap for done in world.history) < 1e-5


def test_the_pad_id_changes_nothing():
    assert same(trained(pad_id=0), trained(pad_id=3))


def test_tokens_after_the_end_change_nothing_and_reach_no_reward_function(monkeypatch):
    plain, sample = trained(), rollouts.generate_ids
    seen: list[list[int]] = []

    def rambling(*args, **how):
        return [[*ids, 1, 2, 3] if ids[-1] == END else ids for ids in sample(*args, **how)]

    monkeypatch.setattr(rollouts, "generate_ids", rambling)
    world = Ragged()
    world.train(reward_fn=lambda rollouts: seen.extend(rollouts.completion_ids) or world.score(rollouts))
    assert same(plain, world)
    assert any(END in ids for ids in seen)
    assert all(END not in ids[:-1] for ids in seen)


def test_metrics_describe_the_rollouts_without_padding():
    world = trained()
    for done in world.history:
        lengths = [len(ids) for ids in done.rollouts.completion_ids]
        assert min(lengths) < max(lengths)
        assert done.metrics["length"] == pytest.approx(sum(lengths) / len(lengths))
        ends = [ids[-1] == END for ids in done.rollouts.completion_ids]
        assert done.rollouts.ended == ends
        assert done.metrics["stop_rate"] == pytest.approx(sum(ends) / len(ends))
        assert done.metrics["missing_end_penalty"] == pytest.approx(1 - done.metrics["stop_rate"])


def test_every_metric_is_in_the_vocabulary_and_all_of_them_are_there():
    world = Ragged()
    world.train(replace(RAGGED, ptx_coef=0.1), gold_fn=world.score, demonstrations=[([5, 1], [2, END])])
    expected = """proxy_reward gold_reward kl k3 kl_coef entropy length stop_rate clip_fraction policy_loss value_loss
        explained_variance update_kl missing_end_penalty ptx_loss learning_rate grad_norm"""
    for metrics in world.curve():
        assert set(metrics) == set(expected.split())
        assert set(metrics) <= set(METRICS)


def test_the_entropy_is_that_of_the_distribution_sampled_from():
    toy = Toy(0)
    learner = Ragged().learner(replace(ORACLE, rollouts=64, max_new_tokens=1), policy=toy.policy, end_ids=())
    learner = replace(learner, reference=toy.reference)
    batch = collect(learner, Progress(1.0, reward_mean=0.0), [[PROMPT]], lambda rollouts: [0.0] * 64)
    with torch.no_grad():
        logps = toy.policy(input_ids=torch.tensor([[PROMPT]])).logits[0, -1].log_softmax(0)
    assert batch.metrics["entropy"] == pytest.approx(-(logps.exp() * logps).sum().item(), rel=1e-4)


# 8, 10, 11: the reward


def test_the_missing_end_penalty_lowers_rows_without_an_end_by_exactly_itself_and_no_other():
    batches = []
    for penalty in (0.0, 2.5):
        settings = replace(RAGGED, missing_end_penalty=penalty, gae_lambda=1.0)
        learner = Ragged().learner(settings)
        batches.append(collect(learner, Progress(0.1, reward_mean=0.0), Ragged.prompts, Ragged().score))
    free, charged = batches
    ended = torch.tensor(free.rollouts.ended)
    assert 0 < ended.sum() < len(ended)
    lost = (free.returns - charged.returns)[:, 0]
    torch.testing.assert_close(lost, 2.5 * (~ended).float())
    assert charged.metrics["proxy_reward"] == free.metrics["proxy_reward"]
    assert charged.metrics["missing_end_penalty"] == pytest.approx(2.5 * (~ended).float().mean().item())


def test_the_kl_coefficient_adapts_from_iteration_to_iteration():
    settings = replace(RAGGED, kl_target=0.5, kl_horizon=100.0)
    curve = trained(settings).curve()
    for now, later in pairwise(curve):
        assert later["kl_coef"] == adapt_kl_coef(now["kl_coef"], now["kl"], 0.5, settings.rollouts, 100.0)
    assert curve[0]["kl_coef"] == settings.kl_coef != curve[1]["kl_coef"]
    assert {metrics["kl_coef"] for metrics in trained().curve()} == {RAGGED.kl_coef}


def test_the_reward_scale_is_set_once_on_completions_of_the_reference():
    world, asked = Ragged(), []
    with torch.no_grad():  # a policy that has moved: the reference must set the scale
        world.policy.lm_head.weight.zero_()

    def score(rollouts: Rollouts) -> list[float]:
        asked.append(world.score(rollouts))
        return asked[-1]

    progress = world.train(replace(RAGGED, learning_rate=0.0), reward_fn=score)
    assert [len(scores) for scores in asked] == [8, 12, 12, 12]
    first = torch.tensor(asked[0], dtype=torch.float64)
    assert progress.reward_mean == pytest.approx(first.mean().item())
    assert progress.reward_std == pytest.approx(first.std().item())
    for scores, metrics in zip(asked[1:], world.curve(), strict=True):
        expected = (sum(scores) / len(scores) - progress.reward_mean) / progress.reward_std
        assert metrics["proxy_reward"] == pytest.approx(expected)
    reference = Ragged()
    learner = reference.learner()
    rollouts = ppo_rollouts.write(learner, reference.reference, reference.prompts, 8)
    assert asked[0] == reference.score(rollouts)


def test_the_unit_of_the_reward_changes_no_curve():
    world = Ragged()
    world.train(reward_fn=lambda rollouts: [64.0 * score + 8.0 for score in world.score(rollouts)])
    torch.testing.assert_close(world.weights(), trained().weights(), atol=1e-4, rtol=0)


def test_a_reward_that_never_varies_is_only_shifted():
    progress = Ragged().train(reward_fn=lambda rollouts: [3.0] * len(rollouts.ended))
    assert (progress.reward_mean, progress.reward_std) == (3.0, 1.0)


# 13, 15, 16, 17: the value, microbatches, the optimiser, demonstrations


def test_the_value_head_starts_at_zero_and_then_explains_something():
    world = Ragged()
    assert not world.weights()[-WIDTH - 1 :].any()
    world.train(replace(RAGGED, iterations=15, rollouts=48, minibatch_size=48, microbatch_size=48, learning_rate=0.0))
    assert world.curve()[0]["explained_variance"] == 0
    assert sum(metrics["explained_variance"] for metrics in world.curve()[-5:]) / 5 > 0.1


@pytest.mark.parametrize("size", [1, 3, 5])
def test_microbatches_leave_the_gradient_as_it_is(size):
    gradients = []
    for microbatch_size in (12, size):
        world = Ragged()
        learner = world.learner(replace(RAGGED, minibatch_size=12, microbatch_size=microbatch_size))
        batch = collect(learner, Progress(0.1, reward_mean=0.0), world.prompts, world.score)
        batch.old_logps -= 0.1  # as after a step: ratios differ from 1
        ppo_loop._gradients(learner, batch, batch.plan[0])
        gradients.append(flat(p.grad for p in [*world.policy.parameters(), *world.value_head.parameters()]))
    assert gradients[0].abs().max() > 1e-2
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-6, rtol=0)


def test_minibatches_of_a_pass_cover_every_row_once():
    world = Ragged()
    learner = world.learner()
    batch = collect(learner, Progress(0.1, reward_mean=0.0), world.prompts, world.score)
    passes = [batch.plan[:3], batch.plan[3:]]
    assert [len(rows) for rows in passes[0]] == [5, 5, 2]
    assert all(sorted(row for rows in one for row in rows) == list(range(12)) for one in passes)
    assert passes[0] != passes[1]
    lengths = [len(p) + len(c) for p, c in zip(batch.rollouts.prompt_ids, batch.rollouts.completion_ids, strict=True)]
    for rows in batch.plan:  # rows of like length share a piece
        assert [lengths[row] for row in rows] == sorted(lengths[row] for row in rows)


def test_advantages_are_whitened_and_rewards_are_not():
    world = Ragged()
    batch = collect(world.learner(), Progress(0.1, reward_mean=0.0), world.prompts, world.score)
    inside = batch.advantages[batch.mask]
    assert inside.mean().item() == pytest.approx(0, abs=1e-6)
    assert inside.var(correction=1).item() == pytest.approx(1, abs=1e-4)
    assert batch.metrics["proxy_reward"] == pytest.approx(sum(world.score(batch.rollouts)) / 12)


def test_the_step_is_taken_with_a_clipped_gradient():
    world = Ragged()
    learner = world.learner(replace(RAGGED, max_grad_norm=0.01))
    norms, value_norms = [], []

    def measure(*_) -> None:
        norms.append(flat(p.grad for p in world.policy.parameters()).norm().item())
        value_norms.append(flat(p.grad for p in world.value_head.parameters()).norm().item())

    learner.optimiser.register_step_pre_hook(measure)
    batch = collect(learner, Progress(0.1, reward_mean=0.0), world.prompts, world.score)
    assert ppo_loop._learn(learner, Progress(0.1), batch, [])
    assert norms == [pytest.approx(0.01, rel=1e-3)] * 6
    assert value_norms == [pytest.approx(0.01, rel=1e-3)] * 6
    assert min(batch.figures["grad_norm"]) > 0.02  # what is logged is the norm before the cut


def test_adam_has_the_epsilon_of_ppo_and_the_rate_falls_in_a_straight_line():
    world = Ragged()
    learner = world.learner()
    assert all(group["eps"] == 1e-5 for group in learner.optimiser.param_groups)
    world.train(replace(RAGGED, iterations=4))
    rates = [metrics["learning_rate"] for metrics in world.curve()]
    assert rates == pytest.approx([3e-3, 2.25e-3, 1.5e-3, 0.75e-3])


def test_the_passes_end_early_once_the_policy_has_moved_too_far(monkeypatch):
    looked, gradients = [], ppo_loop._gradients
    monkeypatch.setattr(ppo_loop, "_gradients", lambda *args: looked.append(None) or gradients(*args))
    whole = trained()
    assert [done.updates for done in whole.history] == [6, 6, 6]
    assert all(metrics["update_kl"] > 0 for metrics in whole.curve())  # the largest: that of the first minibatch is 0
    looked.clear()
    short = trained(replace(RAGGED, max_update_kl=1e-7))
    assert [done.updates for done in short.history] == [1, 1, 1]
    assert len(looked) == 6  # the second minibatch of each iteration shows it, no third is begun


def test_ptx_of_0_changes_nothing_and_more_makes_demonstrations_likelier():
    demonstrations = [([5, 1], [3, 3, END]), ([5, 2, 0, 3], [0, END])]

    def likelihood(world: Ragged) -> float:
        prompts, completions = zip(*demonstrations, strict=True)
        return completion_logps(world.policy, prompts, completions, pad_id=0).token_logps.sum().item()

    plain, without = trained(), trained(demonstrations=demonstrations)
    assert same(plain, without)
    mixed = trained(replace(RAGGED, ptx_coef=1.0), demonstrations=demonstrations)
    assert likelihood(mixed) > likelihood(plain) + 1


def test_the_ptx_gradient_is_that_of_the_language_model_loss():
    world = Ragged()
    learner = world.learner(replace(RAGGED, ptx_coef=0.5, ptx_batch=2, microbatch_size=1, temperature=0.7))
    loss = ppo_loop._ptx_gradients(learner, [([5, 1], [3, 3, END]), ([5, 2], [0])])
    got = flat(p.grad for p in world.policy.parameters())
    other = Ragged().policy
    logits = [other(input_ids=torch.tensor([ids])).logits[0] for ids in ([5, 1, 3, 3], [5, 2])]
    predictions = torch.cat([logits[0][1:], logits[1][1:]])
    expected = torch.nn.functional.cross_entropy(predictions, torch.tensor([3, 3, END, 0]))
    (0.5 * expected).backward()
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(got, flat(p.grad for p in other.parameters()), atol=1e-6, rtol=1e-4)


# The reference


def test_a_reference_that_is_a_context_gives_the_curve_of_one_that_is_a_module():
    world = Ragged()

    @contextmanager
    def off() -> Iterator[None]:
        learned = copy.deepcopy(world.policy.state_dict())
        world.policy.load_state_dict(world.reference.state_dict())
        yield
        world.policy.load_state_dict(learned)

    world.train(reference=off)
    assert same(world, trained())
    assert world.curve()[-1]["kl"] != 0


# 19: one's own generator, stopping, going on


def test_the_same_seed_gives_the_same_curve_whatever_else_draws_random_numbers():
    world = Ragged()

    def noisy(rollouts: Rollouts) -> list[float]:
        torch.rand(len(world.history) + 1)
        return world.score(rollouts)

    torch.manual_seed(99)
    world.train(reward_fn=noisy)
    assert same(world, trained())
    assert not same(world, trained(replace(RAGGED, seed=1)))


class StopAt:
    """Says stop from its n-th question on."""

    def __init__(self, n: int) -> None:
        self.asked, self.n = 0, n

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked >= self.n


def test_a_stop_ends_within_one_minibatch(monkeypatch):
    taken, step = [], ppo_loop._step
    monkeypatch.setattr(ppo_loop, "_step", lambda *args: taken.append(None) or step(*args))
    pressed = []
    world = Ragged()

    def stop_in_the_fourth_minibatch() -> bool:
        if len(taken) == 4 and not pressed:
            pressed.append(True)
        return bool(pressed)

    progress = world.train(should_stop=stop_in_the_fourth_minibatch)
    assert len(taken) == 4
    assert progress.iteration == 0
    assert bool(world.weights().isfinite().all())


def questions() -> int:
    asked = StopAt(10**9)
    trained(should_stop=asked)
    return asked.asked


@pytest.mark.parametrize("eighth", range(1, 9))
def test_stopped_and_gone_on_equals_never_stopped_bit_for_bit(eighth, tmp_path):
    settings = replace(RAGGED, kl_target=0.5, kl_horizon=100.0, ptx_coef=0.2, ptx_batch=2)
    more = {"demonstrations": [([5, 1], [3, END]), ([5, 2], [1, 1, END])]}
    whole = trained(settings, **more)
    stopped = Ragged()
    progress = stopped.train(settings, should_stop=StopAt(eighth * questions() // 8), resume_folder=tmp_path, **more)
    assert progress.iteration < 3
    went_on = Ragged()
    went_on.history = stopped.history
    went_on.train(settings, generator=torch.Generator().manual_seed(77), resume_folder=tmp_path, **more)
    assert len(went_on.history) == 3
    assert same(went_on, whole)


def test_state_is_left_alone_where_a_run_starts_afresh(tmp_path):
    trained(resume_folder=tmp_path)
    assert same(trained(resume_folder=tmp_path, resume=False), trained())


def test_state_is_kept_regularly(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(ppo_loop, "save_state", lambda learner, progress, folder: kept.append(progress.iteration))
    trained(replace(RAGGED, iterations=5, save_every=2), resume_folder=tmp_path)
    assert kept == [2, 4, 5]


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_last_good_weights(poison):
    world, good = Ragged(), []

    def score(rollouts: Rollouts) -> list[float]:
        scores = world.score(rollouts)
        if len(world.history) == 2:
            good.append(world.weights())
            scores[0] = poison
        return scores

    with pytest.raises(NonFiniteLoss, match="at step 3"):
        world.train(reward_fn=score)
    assert bool(good[0].isfinite().all())
    assert torch.equal(world.weights(), good[0])
