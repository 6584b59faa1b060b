"""The app's own code against the libraries it could have called, in child processes by turns; medians of CPU time."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from playground.settings import ROOT
from tests.benchmarks import shapes

ROUNDS = 3


def sampling_figures() -> dict[str, float]:
    """Our sampling against transformers.generate, in the dtype that the app chooses and in float32."""
    figures = {}
    for what, batch, rounds in (("pocket", 1, 12), ("pocket", 32, 5), ("135M", 1, 3), ("135M", 32, 3)):
        ran = _child("tests.benchmarks.sampling", what, batch, rounds)
        for dtype, row in ran.items():
            figures[f"sampling, {what}, batch {batch}, {dtype}, CPU-ms a token"] = 1000 * row["ours"]
            figures[f"sampling against generate, {what}, batch {batch}, {dtype}"] = row["ours"] / row["theirs"]
    return figures


def step_figures() -> dict[str, float]:
    """A training step of the app against a bare TRL script's."""
    figures = {}
    for kind in ("sft", "dpo", "reward_model"):
        runs = [_child("tests.benchmarks.trl_steps", who, kind, 200) for _ in range(ROUNDS) for who in ("app", "bare")]
        a_step = [run["cpu_s"] / run["steps"] for run in runs]
        app, bare = statistics.median(a_step[::2]), statistics.median(a_step[1::2])
        figures[f"{kind} step of 16 rows, CPU-s"] = app
        figures[f"{kind} step against a bare TRL script"] = app / bare
    return figures


def scaling_figures() -> dict[str, float]:
    """What three sizes each cost; linear where the last figure of a kind is about four times the first."""
    figures = {}
    for pairs in (50, 100, 200):
        runs = [_child("tests.benchmarks.trl_steps", "app", "dpo", pairs) for _ in range(ROUNDS)]
        figures[f"DPO on {pairs} pairs x 2, CPU-s"] = statistics.median(run["cpu_s"] for run in runs)
    for rollouts, tokens in ((16, 40), (32, 40), (64, 40), (32, 20), (32, 80)):
        runs = [_child("tests.benchmarks.our_ppo", "6.3M", "float32", 3, rollouts, tokens) for _ in range(ROUNDS)]
        median = statistics.median(seconds for run in runs for seconds in run["cpu_s"][1:])
        figures[f"PPO iteration, {rollouts} rollouts of {tokens} tokens, CPU-s"] = median
    return figures


def ppo_figures(trl_python: str) -> dict[str, float]:
    """CPU-seconds an iteration and peak memory, ours and TRL 1.10's; medians without each first iteration."""
    return _ppo(trl_python, "6.3M", 4, 32, 2) | _ppo(trl_python, "135M", 3, 8, 1)


def _ppo(trl_python: str, size: str, iterations: int, rollouts: int, rounds: int) -> dict[str, float]:
    theirs = [trl_python, str(Path(__file__).parent / "trl_ppo.py")]
    adapters = _child("tests.benchmarks.our_ppo", size, "float32", iterations, rollouts, shapes.NEW_TOKENS, "lora")
    runs: dict[str, list[dict]] = defaultdict(list)
    for _ in range(rounds):
        for dtype in ("float32", "bfloat16"):
            shape = (size, dtype, iterations, rollouts)
            runs[f"ours {dtype}"].append(_child("tests.benchmarks.our_ppo", *shape))
            runs[f"TRL {dtype}"].append(_answer([*theirs, *map(str, shape)]))
    seconds = {k: statistics.median(s for run in v for s in run["cpu_s"][1:]) for k, v in runs.items()}
    peaks = {k: statistics.median(run["peak_mib"] for run in v) for k, v in runs.items()}
    figures = {f"PPO iteration, {size}, {k}, CPU-s": v for k, v in seconds.items()}
    figures |= {f"PPO peak memory, {size}, {k}, MiB": v for k, v in peaks.items()}
    for dtype in ("float32", "bfloat16"):
        figures[f"PPO against TRL 1.10, {size}, {dtype}"] = seconds[f"ours {dtype}"] / seconds[f"TRL {dtype}"]
    figures[f"PPO in bfloat16 against TRL 1.10 in float32, {size}"] = seconds["ours bfloat16"] / seconds["TRL float32"]
    figures[f"PPO peak memory against TRL 1.10, {size}, float32"] = peaks["ours float32"] / peaks["TRL float32"]
    one_backbone = f"PPO peak memory by adapters against TRL 1.10, {size}, float32"
    figures[one_backbone] = adapters["peak_mib"] / peaks["TRL float32"]
    return figures


def _child(module: str, *arguments: object) -> Any:
    return _answer([sys.executable, "-m", module, *map(str, arguments)])


def _answer(command: list[str]) -> Any:
    """The last line of what it prints, one thread. Raises: CalledProcessError where it fails."""
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=one_thread, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])
