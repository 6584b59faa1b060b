"""A benchmark's figures: shown as a table beside the goals, and kept as one line of results.jsonl."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from playground.settings import ROOT


def show(figures: Mapping[str, float], goals: Mapping[str, float]) -> None:
    """Print the table."""
    print("| what | measured | goal |\n|---|---|---|")
    for name, value in figures.items():
        goal = f"<= {goals[name]:.3g}" if name in goals else ""
        print(f"| {name} | {value:.3g} | {goal} |")


def keep(figures: Mapping[str, float]) -> None:
    """Append the line."""
    with (Path(__file__).parent / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"time": round(time.time()), **_machine(), "figures": dict(figures)}) + "\n")


def _machine() -> dict[str, object]:
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    packages = ("torch", "transformers", "trl", "gradio")
    versions = {name: importlib.metadata.version(name) for name in packages}
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "load": round(os.getloadavg()[0], 1)}
    return {"commit": git.stdout.strip(), **machine, **versions}
