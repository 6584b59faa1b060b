"""Our PPO loop on the shared shapes; prints the same JSON line as trl_ppo.py.

The reward model is the product's own on a body of the same size, which reads it half-way up; TRL's reads all of it.

python -m tests.benchmarks.our_ppo SIZE float32|bfloat16 ITERATIONS [ROLLOUTS [NEW_TOKENS]]
"""

import copy
import itertools
import json
import resource
import sys
import time

import torch
from torch import nn
from transformers import LlamaForCausalLM

from playground.rewards.learned import score_tokens
from playground.rewards.network import RewardNetwork
from playground.training.algorithms.ppo import PPOConfig
from playground.training.ppo_loop import new_value_head, ppo
from tests.benchmarks import shapes


def main(
    size: str, dtype: str, iterations: int, rollouts: int = shapes.ROLLOUTS, new_tokens: int = shapes.NEW_TOKENS
) -> None:
    """Train and print."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    autocast = torch.bfloat16 if dtype == "bfloat16" else None
    policy = LlamaForCausalLM(shapes.config(size))
    reward_model = RewardNetwork(shapes.config(size)).eval()
    nn.init.normal_(reward_model.head.weight, std=0.02)  # it starts at zero, and a constant reward teaches nothing

    def reward(written):
        with torch.autocast("cpu", autocast, enabled=autocast is not None):
            return score_tokens(reward_model, written.prompt_ids, written.completion_ids, shapes.PAD)

    marks = [time.process_time()]
    settings = PPOConfig(
        iterations=iterations,
        rollouts=rollouts,
        minibatch_size=rollouts,
        microbatch_size=rollouts,
        max_new_tokens=new_tokens,
        ppo_epochs=shapes.EPOCHS,
        learning_rate=3e-6,
        normalise_rollouts=0,
    )
    ppo(
        policy,
        new_value_head(policy.config.hidden_size),
        copy.deepcopy(policy).requires_grad_(False),
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


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
