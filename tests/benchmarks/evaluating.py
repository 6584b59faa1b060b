"""python -m tests.benchmarks.evaluating: hacks and cures, an evaluation, a tax sheet, an audit and a sweep, timed.

Every piece is asked of the real workbench with its two child processes, as the page does, one after another. Prints a
table and appends one line to results.jsonl.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playground.errors import PlaygroundError
from playground.evaluation.hacks import RECIPES
from playground.evaluation.plan import Plan
from playground.registry import questions
from playground.settings import Settings
from playground.types import Checkpoint
from playground.workbench import Workbench
from playground.workbench.hacks import AUDIT
from playground.workbench.sweep import Wanted
from tests.benchmarks.results import keep, show

LOCAL = "local"
COEFFICIENTS = (0.0, 0.1, 0.3)
SIX = 6  # checkpoints of one tax sheet
GOALS = {
    **{f"hack {name}, s": 60 for name in RECIPES},
    **{f"cure of {one.name}, {cure.named}, s": 60 for one in RECIPES.values() for cure in one.cures},
    "a full evaluation of one checkpoint, s": 20,
    "a tax sheet of six checkpoints, s": 90,
    "the auditor, s": 15,
    "a sweep of three KL coefficients, s": 180,
}


class Evaluating:
    """Asks, waits, and notes the seconds."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.figures: dict[str, float] = {}

    def run(self, only: list[str]) -> dict[str, float]:
        """The parts of these names in order, all without any."""
        parts = {"hacks": self.hacks, "evaluation": self.evaluation, "audit": self.audit, "sweep": self.sweep}
        for name, part in parts.items():
            if name in only or not only:
                part()
        return self.figures

    def hacks(self) -> None:
        """Each of the four brought about; then their cures, and the tax sheet as soon as six are there."""
        for name in RECIPES:
            self._evaluated(f"hack {name}, s", lambda name=name: self.bench.hacks.begin(LOCAL, name))
        for recipe, cure in [(one, cure) for one in RECIPES.values() for cure in one.cures]:
            title = f"cure of {recipe.name}, {cure.named}, s"
            self._evaluated(title, lambda recipe=recipe: self.bench.hacks.begin_cure(LOCAL, recipe.name))
            plan = self._newest()
            if len(self.bench.tax_sheets.family(LOCAL, plan.checkpoint)) == SIX:
                title = "a tax sheet of six checkpoints, s"
                self._evaluated(title, lambda plan=plan: self.bench.tax_sheets.begin(LOCAL, plan))

    def evaluation(self) -> None:
        """The questions that the page ticks, of the policy made last."""
        plan = self._newest()
        offered = self.bench.evaluations.offered(plan)
        names = [name for name, one in questions().items() if not one.on_request and not offered[name]]
        title = "a full evaluation of one checkpoint, s"
        self._evaluated(title, lambda: self.bench.evaluations.begin(LOCAL, plan, names))
        self.figures["questions of it"] = len(names)

    def audit(self) -> None:
        """Of a reward model nobody has looked at yet, trained on what a simulated annotator chose."""
        for _ in self.bench.preferences.persona_labels(LOCAL, "polite", 200, ["pocket-sft"]):
            pass
        run = self.bench.runs.start(LOCAL, "reward_model", {})
        while self.bench.runs.find(LOCAL, run.id).active:
            time.sleep(0.05)
        plan = self.bench.evaluations.audit_plan(LOCAL, self._made("reward")[-1].id)
        self._evaluated("the auditor, s", lambda: self.bench.evaluations.begin(LOCAL, plan, [AUDIT]))

    def sweep(self) -> None:
        """Three KL coefficients with a reward model made for them."""
        sweeps, wanted = self.bench.sweeps, Wanted("kl", COEFFICIENTS)
        self._timed(
            "a sweep of three KL coefficients, s",
            lambda: sweeps.begin(LOCAL, wanted),
            lambda: bool(sweeps.running(LOCAL)),
            lambda: sweeps.progress(LOCAL),
        )

    def _newest(self) -> Plan:
        """About the policy made last, with the reward model made last.

        Where none are, a hack's cure makes them: of the four the one most like a policy that somebody is pleased with.
        """
        if not self._made("reward"):
            self._evaluated("a hack first, s", lambda: self.bench.hacks.begin(LOCAL, "courtesy"))
            self._evaluated("its cure, s", lambda: self.bench.hacks.begin_cure(LOCAL, "courtesy"))
        policy, reward = (self._made(kind)[-1] for kind in ("policy", "reward"))
        return self.bench.evaluations.plan(LOCAL, policy.id, None, reward.id, "polite")

    def _made(self, kind: str) -> list[Checkpoint]:
        return [one for one in self.bench.checkpoints.all(LOCAL, kind) if one.run_id]

    def _evaluated(self, title: str, begin: Callable[[], object]) -> None:
        known = self.bench.evaluations
        self._timed(title, begin, lambda: known.running(LOCAL), lambda: known.progress(LOCAL))

    def _timed(
        self, title: str, begin: Callable[[], object], goes_on: Callable[[], bool], last: Callable[[], object]
    ) -> None:
        began = time.monotonic()
        begin()
        while goes_on():
            time.sleep(0.05)
        self.figures[title] = time.monotonic() - began
        said = last()
        if isinstance(said, PlaygroundError):
            raise said
        print(f"{title}: {self.figures[title]:.1f} ({said.text})", flush=True)


def main() -> None:
    """Run, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], choices=["hacks", "evaluation", "audit", "sweep"])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(Settings(data_dir=Path(folder)))
        bench.start()
        try:
            while not bench.status().trainer_ready:
                time.sleep(0.1)
            figures = Evaluating(bench).run(chosen.only)
        finally:
            bench.close()
    show(figures, GOALS)
    keep(figures)


if __name__ == "__main__":
    main()
