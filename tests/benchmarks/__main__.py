"""python -m tests.benchmarks [--only PART ...] [--trl-python PATH]: a table, and a JSON line added to results.jsonl.

--trl-python is the Python of a virtual environment with trl==1.10.0 transformers==5.23.0 peft==0.21.2 datasets==5.2.0;
with it PPO is measured against that version's PPOTrainer too. What was tried and did not help stands in LOG.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.results import keep, show
from tests.benchmarks.speed import ppo_figures, sampling_figures, scaling_figures, step_figures
from tests.benchmarks.whole_loop import Loop, start_up

# What the project set itself to reach on two cores.
GOALS = {
    "page usable, s": 6,
    "first completion, s": 12,
    "click to first point, s (slowest)": 2,
    "reward model on 100 pairs, s": 6,
    "DPO on 100 pairs x 2 epochs, s": 6,
    "PPO, 40 iterations of 32, s": 45,
    "the whole loop, s": 120,
    "killed trainer told, s": 3,
    "a vote while PPO trains, ms (median)": 100,
    "sampling against generate, pocket, batch 32, chosen dtype": 1 / 1.5,
    "sampling against generate, 135M, batch 32, chosen dtype": 1 / 1.2,
    **{f"{kind} step against a bare TRL script": 1.05 for kind in ("sft", "dpo", "reward_model")},
    **{f"PPO against TRL 1.10, {size}, float32": 1 / 2 for size in ("6.3M", "135M")},
    **{f"PPO in bfloat16 against TRL 1.10 in float32, {size}": 1 / 4 for size in ("6.3M", "135M")},
}


def loop_figures() -> dict[str, float]:
    """Start-up and loop on an app with an empty data folder."""
    with tempfile.TemporaryDirectory() as folder:
        app, figures = start_up(Path(folder))
        try:
            return figures | Loop(app).run()
        finally:
            app.close()


PARTS = {"loop": loop_figures, "sampling": sampling_figures, "steps": step_figures, "scaling": scaling_figures}


def main() -> None:
    """Measure, print, append."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trl-python", default="")
    parser.add_argument("--only", nargs="+", choices=(*PARTS, "ppo"), default=(*PARTS, "ppo"))
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    for name, measure in PARTS.items():
        if name in arguments.only:
            figures |= measure()
    if arguments.trl_python and "ppo" in arguments.only:
        figures |= ppo_figures(arguments.trl_python)
    show(figures, GOALS)
    keep(figures)


if __name__ == "__main__":
    main()
