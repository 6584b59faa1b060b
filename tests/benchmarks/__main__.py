"""python -m tests.benchmarks [--trl-python PATH]: one table, and one JSON line appended to results.jsonl.

--trl-python is the Python of a virtual environment with trl==1.10.0 transformers==5.23.0 peft==0.21.2 datasets==5.2.0;
with it PPO is measured against that version's PPOTrainer too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playground.settings import ROOT
from tests.benchmarks.results import keep, show
from tests.benchmarks.whole_loop import Loop, start_up

# What the project set itself to reach on two cores with the pocket model.
GOALS = {
    "page usable, s": 6,
    "first completion, s": 12,
    "click to first point, s (slowest)": 2,
    "reward model on 100 pairs, s": 6,
    "DPO on 100 pairs x 2 epochs, s": 6,
    "PPO, 40 iterations of 32, s": 45,
    "the whole loop, s": 120,
    "a vote while PPO trains, ms (median)": 100,
    "PPO against TRL 1.10, CPU time in float32": 0.5,
    "PPO in bfloat16 against TRL 1.10 in float32, CPU time": 1 / 3,
}


def loop_figures() -> dict[str, float]:
    """Start-up and loop on an app with an empty data folder."""
    with tempfile.TemporaryDirectory() as folder:
        app, figures = start_up(Path(folder))
        try:
            return figures | Loop(app).run()
        finally:
            app.close()


def ppo_figures(trl_python: str, rounds: int = 2) -> dict[str, float]:
    """CPU-seconds an iteration and peak memory, ours and TRL's by turns; medians without each first iteration."""
    ours = [sys.executable, "-m", "tests.benchmarks.our_ppo"]
    theirs = [trl_python, str(Path(__file__).parent / "trl_ppo.py")]
    runs: dict[str, list[dict]] = {}
    for _ in range(rounds):
        for name, command in (("ours", ours), ("TRL", theirs)):
            for dtype in ("float32", "bfloat16"):
                done = subprocess.run(
                    [*command, "6.3M", dtype, "4"], cwd=ROOT, capture_output=True, text=True, check=True
                )
                runs.setdefault(f"{name} {dtype}", []).append(json.loads(done.stdout.splitlines()[-1]))
    seconds = {k: statistics.median(s for run in v for s in run["cpu_s"][1:]) for k, v in runs.items()}
    figures = {f"PPO iteration, {k}, CPU-s": v for k, v in seconds.items()}
    figures |= {f"PPO peak memory, {k}, MiB": statistics.median(r["peak_mib"] for r in v) for k, v in runs.items()}
    figures["PPO against TRL 1.10, CPU time in float32"] = seconds["ours float32"] / seconds["TRL float32"]
    figures["PPO in bfloat16 against TRL 1.10 in float32, CPU time"] = seconds["ours bfloat16"] / seconds["TRL float32"]
    return figures


def main() -> None:
    """Measure, print, append."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trl-python", default="")
    parser.add_argument("--only", choices=("loop", "ppo"), default="")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    if arguments.only != "ppo":
        figures |= loop_figures()
    if arguments.trl_python and arguments.only != "loop":
        figures |= ppo_figures(arguments.trl_python)
    show(figures, GOALS)
    keep(figures)


if __name__ == "__main__":
    main()
