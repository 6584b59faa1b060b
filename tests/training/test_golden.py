from dataclasses import replace

import pytest
import torch
from trl.trainer.dpo_trainer import DataCollatorForPreference

from playground.rewards import network
from playground.training import ppo_loop, ppo_rollouts, reward_fit, trl_settings
from playground.training.algorithms import dpo, sft
from tests.training.golden import CONFIGS, STEPS, TOLERANCES, differences, recorded, trajectory


def prompts_learned_too(plain):
    return lambda row: plain(row) | {"labels": row["prompt_ids"] + row["completion_ids"]}


def learning_rate_that_stays(plain):
    return lambda config: plain(config) | {"lr_scheduler_type": "constant"}


def no_gradient_clipping(plain):
    return lambda config: plain(config) | {"max_grad_norm": 0.0}


def beta_a_tenth_too_large(plain):
    return lambda config: plain(replace(config, beta=1.1 * config.beta))


def padding_counted(plain):
    def call(self, rows):
        batch = plain(self, rows)
        return batch | {"completion_mask": torch.ones_like(batch["completion_mask"])}

    return call


def prompts_and_padding_pooled(plain):
    return lambda states, mask: plain(states, torch.ones_like(mask))


def no_pull_towards_zero(plain):
    return lambda *args, **own: plain(*args, **own | {"center_rewards_coefficient": None})


def head_as_slow_as_the_body(plain):
    return 1


def all_tokens_in_the_loss(plain):
    return lambda logps, old, advantages, mask, clip: plain(logps, old, advantages, torch.ones_like(mask), clip)


def penalty_with_the_wrong_sign(plain):
    return lambda reward, logps, ref, mask, coef: plain(reward, logps, ref, mask, -coef)


def advantages_of_another_lambda(plain):
    return lambda rewards, values, mask, gamma, gae_lambda: plain(rewards, values, mask, gamma, 0.9)


def advantages_not_centred(plain):
    return lambda x, mask: plain(x, mask, keep_mean=True)


def rate_that_does_not_fall(plain):
    def step(learner, *args):
        rates = (learner.settings.learning_rate, learner.settings.value_learning_rate)
        for group, rate in zip(learner.optimiser.param_groups, rates, strict=True):
            group["lr"] = rate
        return plain(learner, *args)

    return step


PLANTED = [
    ("sft", sft, "_labelled", prompts_learned_too),
    ("sft", trl_settings, "_learning", learning_rate_that_stays),
    ("sft", trl_settings, "_learning", no_gradient_clipping),
    ("dpo", dpo, "_loss", beta_a_tenth_too_large),
    ("dpo", DataCollatorForPreference, "torch_call", padding_counted),
    ("dpo", trl_settings, "_learning", learning_rate_that_stays),
    ("reward_model", network, "_pooled", prompts_and_padding_pooled),
    ("reward_model", reward_fit, "trl_settings", no_pull_towards_zero),
    ("reward_model", reward_fit, "HEAD_RATE", head_as_slow_as_the_body),
    ("reward_model", trl_settings, "_learning", learning_rate_that_stays),
    ("ppo", ppo_loop, "policy_loss", all_tokens_in_the_loss),
    ("ppo", ppo_rollouts, "token_rewards", penalty_with_the_wrong_sign),
    ("ppo", ppo_rollouts, "gae", advantages_of_another_lambda),
    ("ppo", ppo_rollouts, "whiten", advantages_not_centred),
    ("ppo", ppo_loop, "_step", rate_that_does_not_fall),
]


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_twenty_steps_go_as_they_were_recorded(name):
    wanted = recorded(name)
    assert len(wanted) == STEPS
    assert max(differences(trajectory(name), wanted).values()) < TOLERANCES[name]


@pytest.mark.parametrize("name, place, part, bug", PLANTED, ids=[f"{p[0]}-{p[3].__name__}" for p in PLANTED])
def test_the_recording_sees_a_planted_change(name, place, part, bug, monkeypatch):
    monkeypatch.setattr(place, part, bug(getattr(place, part)))
    assert max(differences(trajectory(name), recorded(name)).values()) > 10 * TOLERANCES[name]
