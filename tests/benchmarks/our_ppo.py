"""Our PPO loop on the shared shapes; prints the same JSON line as trl_ppo.py.

The reward model is the product's own on a body of the same size, which reads it half-way up; TRL's reads all of it.

python -m tests.benchmarks.our_ppo SIZE float32|bfloat16 ITERATIONS [ROLLOUTS [NEW_TOKENS [full|lora]]]
With lora, policy, reference and reward model are adapters on one backbone, as the app trains larger models.
"""

import copy
import itertools
import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import torch
from torch import nn
from transformers import LlamaForCausalLM

from playground.models.adapters import add_lora, reference_off
from playground.models.loader import LoadedModel, copy_model
from playground.rewards.learned import score_tokens
from playground.rewards.network import RewardNetwork, scoring_network
from playground.training.algorithms.ppo import PPOConfig
from playground.training.ppo_loop import new_value_head, ppo
from tests.benchmarks import shapes

RANK, AT_ONCE = 16, 4  # as the app's preset for larger models has them


def main(
    size: str,
    dtype: str,
    iterations: int,
    rollouts: int = shapes.ROLLOUTS,
    new_tokens: int = shapes.NEW_TOKENS,
    adapter: str = "full",
) -> None:
    """Train and print."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    autocast = torch.bfloat16 if dtype == "bfloat16" else None
    policy, reference, reward_model = (on_one_backbone if adapter == "lora" else apart)(size)
    nn.init.normal_(reward_model.head.weight, std=0.02)  # it starts at zero, and a constant reward teaches nothing

    def reward(written):
        with torch.autocast("cpu", autocast, enabled=autocast is not None):
            return score_tokens(reward_model, written.prompt_ids, written.completion_ids, shapes.PAD)

    marks = [time.process_time()]
    settings = PPOConfig(
        iterations=iterations,
        rollouts=rollouts,
        minibatch_size=rollouts,
        microbatch_size=AT_ONCE if adapter == "lora" else rollouts,
        max_new_tokens=new_tokens,
        ppo_epochs=shapes.EPOCHS,
        learning_rate=3e-6,
        normalise_rollouts=0,
    )
    ppo(
        policy,
        new_value_head(policy.config.hidden_size),
        reference,
        shapes.prompts(64),
        reward,
        settings,
        torch.Generator().manual_seed(0),
        on_iteration=lambda done: marks.append(time.process_time()),
        pad_id=shapes.PAD,
        end_ids=(shapes.END,),
        autocast_dtype=autocast,
    )
    seconds = [b - a for a, b in itertools.pairwise(marks)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": seconds, "peak_mib": peak}))


def apart(size: str) -> tuple[nn.Module, nn.Module, RewardNetwork]:
    """Policy, reference and reward model, each with weights of its own."""
    policy = LlamaForCausalLM(shapes.config(size))
    return policy, copy.deepcopy(policy).requires_grad_(False), RewardNetwork(shapes.config(size)).eval()


def on_one_backbone(size: str) -> tuple[nn.Module, Callable[[], AbstractContextManager], RewardNetwork]:
    """The same by adapters, as the app loads them."""
    backbone = LoadedModel(LlamaForCausalLM(shapes.config(size)).eval(), None, None, "cpu", torch.float32)
    twin = LoadedModel(copy_model(backbone.model, sharing=True), None, None, "cpu", torch.float32)
    reward_model = scoring_network(add_lora(twin, RANK, 2 * RANK).model).eval()
    policy = add_lora(backbone, RANK, 2 * RANK).model
    return policy, partial(reference_off, policy), reward_model


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:6]), *sys.argv[6:])
