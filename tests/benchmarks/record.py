"""python -m tests.benchmarks.record: make the recorded runs of the Start tab anew, with the product's own trainers.

A simulated polite annotator judges 600 pairs, a reward model learns from them, and PPO trains on its score: once with
a KL coefficient, once without. What the page replays are these very runs.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from playground.runs.record import record
from playground.runs.recorded import TITLES
from playground.settings import ASSETS, Settings
from playground.types import RunSpec
from playground.workbench import Workbench

RECORDINGS = {
    "recorded-ppo-held": {"kl_coef": 0.1, "iterations": 40},
    "recorded-ppo-loose": {"kl_coef": 0.0, "iterations": 60},
}


def finished(bench: Workbench, spec: RunSpec) -> RunSpec:
    """Wait for the run. Raises RuntimeError when it did not end well."""
    while (summary := bench.runs.find("local", spec.id)).active:
        time.sleep(0.5)
    if summary.status != "done":
        raise RuntimeError(f"{spec.name}: {summary.status} {summary.message}")
    return spec


def main() -> None:
    """Train and record."""
    with tempfile.TemporaryDirectory() as data:
        bench = Workbench(Settings(data_dir=Path(data)))
        bench.start()
        for _ in bench.preferences.persona_labels("local", "polite", 600, ["pocket-sft"]):
            pass
        reward = finished(bench, bench.runs.start("local", "reward_model", {}))
        for run_id, values in RECORDINGS.items():
            spec = finished(bench, bench.runs.start("local", "ppo", values, reward_id=reward.id))
            name, target = TITLES[run_id], ASSETS / "recorded" / run_id
            shutil.rmtree(target, ignore_errors=True)
            record(bench.shelf.folder("local", spec.id), target, name)
            print(name, bench.runs.find("local", spec.id).metrics)
        bench.close()


if __name__ == "__main__":
    main()
