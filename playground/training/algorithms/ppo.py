"""PPO: the policy writes, the reward model scores, small steps make what scored well likelier (arXiv:1707.06347)."""

from __future__ import annotations

from dataclasses import dataclass

from playground.registry import algorithm, dial
from playground.runs.run import Run
from playground.training.inputs import TrainInputs
from playground.types import Checkpoint, Workload

# Headings of the folded dials.
WRITING = "Rollouts: what it writes"
WEIGHTS = "Weights: what is trained"
UPDATES = "Updates: how it learns from what it wrote"
VALUE = "Value: what it expects"
KL = "KL: how far it may go"
SCORING = "Reward: how a completion is scored"
PTX = "Demonstrations: against forgetting"
KEEPING = "Probes, saves and seed"


@dataclass(frozen=True, slots=True)
class PPOConfig:
    """Every setting of a PPO run. The defaults suit the pocket model: under a minute of two cores."""

    kl_coef: float = dial(
        0.05,
        "KL coefficient",
        "How hard the policy is held near where it started. 0 lets go: the reward model will be exploited. More than "
        "0.2 hardly lets it learn.",
        minimum=0.0,
        maximum=1.0,
        step=0.01,
        place="main",
    )
    iterations: int = dial(
        40,
        "Iterations",
        "How often the policy writes a batch of completions and learns from it. More goes further from the start.",
        minimum=1,
        maximum=1000,
        step=1,
        group=WRITING,
    )
    adapter: str = dial(
        "full",
        "What is trained",
        "full changes every weight. lora trains a small adapter beside frozen weights: far less memory for large "
        "models, no faster for the pocket model.",
        choices=("full", "lora"),
        group=WEIGHTS,
    )
    lora_rank: int = dial(
        16,
        "LoRA rank",
        "Width of the adapter. More can learn more and takes more memory.",
        minimum=1,
        maximum=256,
        step=1,
        group=WEIGHTS,
    )
    rollouts: int = dial(
        32,
        "Rollouts per iteration",
        "Completions written before each round of updates. More gives a steadier direction and takes longer.",
        minimum=1,
        maximum=512,
        step=1,
        group=WRITING,
    )
    max_new_tokens: int = dial(
        48,
        "Longest completion",
        "In tokens. A completion that reaches it has no end and pays the penalty below.",
        minimum=1,
        maximum=1024,
        step=1,
        group=WRITING,
    )
    temperature: float = dial(
        1.0,
        "Temperature",
        "How freely completions are drawn. Lower explores less; learning uses the same number.",
        minimum=0.1,
        maximum=2.0,
        step=0.1,
        group=WRITING,
    )
    ppo_epochs: int = dial(
        3,
        "Passes over each batch",
        "How often each batch of completions is learned from. More squeezes more out of it and clips more.",
        minimum=1,
        maximum=20,
        step=1,
        group=UPDATES,
    )
    minibatch_size: int = dial(
        32,
        "Completions per update",
        "Each pass is cut into updates of this size. Fewer completions mean more, noisier steps.",
        minimum=1,
        maximum=512,
        step=1,
        group=UPDATES,
    )
    microbatch_size: int = dial(
        32,
        "Completions in memory at once",
        "Cuts an update into pieces of like length that fit the memory. Changes the time it takes, not the result.",
        minimum=1,
        maximum=512,
        step=1,
        group=UPDATES,
    )
    learning_rate: float = dial(
        1.5e-4,
        "Learning rate",
        "Size of a step of the policy; it falls to 0 in a straight line. Too high and the texts break down.",
        minimum=0.0,
        maximum=0.1,
        group=UPDATES,
    )
    value_learning_rate: float = dial(
        1e-2,
        "Learning rate of the value head",
        "The value head is one small layer that starts at zero, so it may learn faster than the policy.",
        minimum=0.0,
        maximum=1.0,
        group=VALUE,
    )
    clip_range: float = dial(
        0.2,
        "Clip range",
        "How far one batch may change the odds of a token before it stops pulling. Less is slower and safer.",
        minimum=0.01,
        maximum=1.0,
        step=0.01,
        group=UPDATES,
    )
    value_clip_range: float = dial(
        0.2,
        "Clip range of the value",
        "How far one batch may move the expected reward, in reward units.",
        minimum=0.01,
        maximum=100.0,
        step=0.01,
        group=VALUE,
    )
    gamma: float = dial(
        1.0,
        "Discount",
        "How much a token cares for what comes later. 1 is usual for texts: all tokens work for the final score.",
        minimum=0.0,
        maximum=1.0,
        step=0.01,
        group=VALUE,
    )
    gae_lambda: float = dial(
        0.95,
        "GAE lambda",
        "How advantages mix the value head's guess with the outcome. 1 trusts outcomes only (noisy), 0 the guess only.",
        minimum=0.0,
        maximum=1.0,
        step=0.01,
        group=VALUE,
    )
    max_grad_norm: float = dial(
        1.0,
        "Longest gradient",
        "Longer gradients are cut to this length before a step.",
        minimum=0.01,
        maximum=100.0,
        step=0.1,
        group=UPDATES,
    )
    max_update_kl: float = dial(
        0.1,
        "Stop a batch at update KL",
        "The passes over a batch end early once the policy has moved this far from the one that wrote it (nats a "
        "token). 0 never ends early.",
        minimum=0.0,
        maximum=10.0,
        step=0.01,
        group=UPDATES,
    )
    kl_target: float = dial(
        0.0,
        "KL target",
        "Above 0, the KL coefficient adapts to hold the policy about this far from the start (nats a completion). 0 "
        "keeps the coefficient.",
        minimum=0.0,
        maximum=100.0,
        step=0.5,
        group=KL,
    )
    kl_horizon: float = dial(
        300.0,
        "KL horizon",
        "How slowly the coefficient adapts, in completions. More is slower.",
        minimum=1.0,
        maximum=1e6,
        group=KL,
    )
    missing_end_penalty: float = dial(
        1.0,
        "Penalty for a missing end",
        "Taken off the reward of a completion that does not end by itself. 0 lets it ramble.",
        minimum=0.0,
        maximum=10.0,
        step=0.1,
        group=SCORING,
    )
    normalise_rollouts: int = dial(
        64,
        "Completions that set the reward's scale",
        "Written before training; their rewards become mean 0 and spread 1, which then stays. 0 takes rewards as "
        "they are.",
        minimum=0,
        maximum=1024,
        step=1,
        group=SCORING,
    )
    ptx_coef: float = dial(
        0.0,
        "Weight of demonstrations (ptx)",
        "Mixes plain fine-tuning on demonstrations into every update, against forgetting. 0 leaves it out.",
        minimum=0.0,
        maximum=10.0,
        step=0.05,
        group=PTX,
    )
    ptx_batch: int = dial(
        16,
        "Demonstrations per update",
        "How many demonstrations each update mixes in.",
        minimum=1,
        maximum=128,
        step=1,
        group=PTX,
    )
    probe_every: int = dial(
        5,
        "Iterations between probes",
        "How often the fixed prompts are answered.",
        minimum=1,
        maximum=1000,
        step=1,
        group=KEEPING,
    )
    save_every: int = dial(
        5,
        "Iterations between saves",
        "How much is lost at most if the computer stops.",
        minimum=1,
        maximum=1000,
        step=1,
        group=KEEPING,
    )
    seed: int = dial(
        0,
        "Seed",
        "The same seed gives the same curve. Another one shows how much is luck.",
        minimum=0,
        maximum=2**31 - 1,
        step=1,
        group=KEEPING,
    )


PRESETS = {
    "Careful": {"kl_coef": 0.1},
    "Balanced": {"kl_coef": 0.05},
    "No leash": {"kl_coef": 0.0, "kl_target": 0.0},
    "Larger model": {"adapter": "lora", "learning_rate": 1e-4, "microbatch_size": 4},
}
CHARTS = (
    ("proxy_reward", "gold_reward"),
    ("kl", "k3"),
    ("entropy",),
    ("length",),
    ("stop_rate", "missing_end_penalty"),
    ("clip_fraction",),
    ("update_kl",),
    ("policy_loss",),
    ("value_loss",),
    ("explained_variance",),
    ("kl_coef",),
    ("grad_norm",),
    ("learning_rate",),
    ("ptx_loss",),
)


def _workload(config: PPOConfig, rows: int, tokens: int) -> Workload:
    """tokens: of a prompt. A completion is reckoned at half the longest: what the pocket model writes."""
    completions = config.iterations * config.rollouts
    whole = tokens + config.max_new_tokens / 2
    demonstrations = 2 * tokens * config.ptx_batch * -(-completions // config.minibatch_size) if config.ptx_coef else 0
    return Workload(
        sample_tokens=(completions + config.normalise_rollouts) * config.max_new_tokens / 2,
        score_tokens=3 * completions * whole,  # policy, reference, reward model
        train_tokens=config.ppo_epochs * (completions * whole + demonstrations),
        fixed_s=3.0,
    )


@algorithm(
    "ppo",
    title="PPO",
    needs="prompts",
    makes="policy",
    config=PPOConfig,
    formula=(
        r"\mathcal{L}(\theta) = -\mathbb{E}_t\Big[\min\big(\rho_t A_t,\ \mathrm{clip}(\rho_t, 1-\epsilon, 1+\epsilon)"
        r"\, A_t\big)\Big],\quad \rho_t = \frac{\pi_\theta(y_t \mid x, y_{<t})}{\pi_{old}(y_t \mid x, y_{<t})},\quad "
        r"R = r(x, y) - \beta \log\frac{\pi_\theta(y \mid x)}{\pi_{ref}(y \mid x)}"
    ),
    about=(
        "The policy writes completions, the reward model scores them, and small clipped steps make what scored better "
        "than expected likelier. The KL coefficient holds the policy near its start, where the reward model can still "
        "be trusted."
    ),
    charts=CHARTS,
    workload=_workload,
    presets=PRESETS,
)
def train_ppo(run: Run, inputs: TrainInputs, config: PPOConfig) -> Checkpoint:
    """Maximise the reward model's score less kl_coef times the divergence from the start (arXiv:2203.02155, eq. 2)."""
    from playground.training.ppo_run import run_ppo

    return run_ppo(run, inputs, config)
