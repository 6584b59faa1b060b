import copy
import math
from dataclasses import replace

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from playground.errors import NonFiniteLoss
from playground.training import ppo_loop, ppo_rollouts
from playground.training.algorithms.ppo import PPOConfig
from playground.training.ppo_loop import new_value_head, ppo
from playground.vocabulary import METRICS

TOKENS, PROMPT, WIDTH = 5, 5, 32  # actions 0 to 4; the prompt's token is no action
ANSWERS = [[a, b] for a in range(TOKENS) for b in range(TOKENS)]


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
    iterations=60,
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
