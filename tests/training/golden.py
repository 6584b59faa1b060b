"""Twenty steps of every algorithm on a tiny random model, as numbers: python -m tests.training.golden records them.

float32, one thread, fixed seed. Each metric of each step is compared with what was recorded; a difference counts as a
share of the largest value that the metric's curve takes.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import torch

from playground.events import StepDone
from playground.models.loader import load
from playground.registry import algorithms, build_config
from tests.tiny import saved_tiny
from tests.training.tiny_runs import new_run, rows, train

FILE = Path(__file__).with_suffix(".json")
STEPS = 20
# Four batches of five rows an epoch, four of the twenty-four rows held out.
PAIRS = {"batch_size": 5, "epochs": 5, "held_out_share": 0.17}
CONFIGS = {
    "sft": {**PAIRS, "learning_rate": 1e-3},
    "reward_model": {**PAIRS, "learning_rate": 1e-3, "centre_coef": 0.01},
    "dpo": {**PAIRS, "learning_rate": 1e-3},
    "ppo": {
        "iterations": STEPS,
        "rollouts": 8,
        "minibatch_size": 4,
        "microbatch_size": 4,
        "ppo_epochs": 2,
        "max_new_tokens": 8,
        "normalise_rollouts": 16,
        "learning_rate": 1e-3,
        "kl_target": 2.0,
        "seed": 1,  # with 0 rounding decides whether one token's ratio is clipped
    },
}
# Another way to compute the same must pass, another formula must not. Measured with two threads, with plain attention,
# and with torch, MKL and oneDNN held to SSE or to AVX2: at most 7e-6 apart for TRL, 8e-5 for PPO (its k3 is a
# difference of nearly equal numbers). The smallest of test_golden.py's planted changes moves a metric by 2e-2.
TOLERANCES = {"sft": 1e-4, "reward_model": 1e-4, "dpo": 1e-4, "ppo": 1e-3}

Trajectory = list[dict[str, float]]  # one dict of metrics a step


def trajectory(name: str, threads: int = 1, attention: str = "sdpa", **changes: object) -> Trajectory:
    """The algorithm's metrics, step by step."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with tempfile.TemporaryDirectory() as folder:
            start = saved_tiny(Path(folder) / "start")
            config = build_config(algorithms()[name], CONFIGS[name] | changes)
            loaded = load(start, trainable=True, device="cpu")
            loaded.model.set_attn_implementation(attention)
            run = new_run(name, start, Path(folder) / "run", config)
            train(run, config, rows(), loaded)
            return [event.metrics for event in run.folder.events() if isinstance(event, StepDone)]
    finally:
        torch.set_num_threads(before)


def recorded(name: str) -> Trajectory:
    """What was recorded."""
    return json.loads(FILE.read_text(encoding="utf-8"))[name]


def differences(found: Trajectory, wanted: Trajectory) -> dict[str, float]:
    """Metric -> its largest difference, as a share of the largest value of the wanted curve."""
    assert [set(row) for row in found] == [set(row) for row in wanted], "the trajectories tell of other metrics"
    result: dict[str, float] = {}
    for name in {name for row in wanted for name in row}:
        both = [(a[name], b[name]) for a, b in zip(found, wanted, strict=True) if name in b]
        scale = max(abs(b) for _, b in both) or 1.0
        result[name] = max(abs(a - b) for a, b in both) / scale
    return result


def main() -> None:
    """Record, and print how far other ways to compute the same thing come to lie."""
    found = {name: trajectory(name) for name in CONFIGS}
    rounded = {name: [{k: float(f"{v:.7g}") for k, v in row.items()} for row in rows] for name, rows in found.items()}
    lines = ",\n".join(
        f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]" for name, rows in rounded.items()
    )
    FILE.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    for name, wanted in rounded.items():
        for how in ({}, {"threads": 2}, {"attention": "eager"}):
            spread = differences(trajectory(name, **how), wanted)
            worst = max(spread, key=spread.__getitem__)
            print(f"{name:12} {how or 'again'}: at most {spread[worst]:.1e} ({worst})")


if __name__ == "__main__":
    main()
