"""Other work waits for a run: what it makes, what is told meanwhile, and what becomes of a run that broke off."""

from dataclasses import replace

import pytest

from playground.errors import PlaygroundError
from playground.runs.tail import RunSummary
from playground.types import Checkpoint, RunSpec
from playground.workbench.watching import made_by

MADE = Checkpoint("ppo-1", "PPO 1", "policy", "pocket", "")
SPEC = RunSpec(
    "ppo-1", "local", "ppo", {}, Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", ""), name="PPO 1"
)


class Runs:
    """Each look finds the run in its next state; resuming it and stopping it lead to others."""

    def __init__(self, *statuses, after=()):
        self.states, self.after = list(statuses), list(after)
        self.resumed = self.stopped = 0

    def find(self, workspace, run_id):
        status = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        made = MADE if status == "done" else None
        return replace(RunSummary(SPEC, status), checkpoint=made, message="It broke.", hint="Mend it.")

    def resume(self, workspace, run_id):
        self.resumed += 1
        self.states = list(self.after)

    def stop(self, workspace, run_id):
        self.stopped += 1
        self.states = ["stopped"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr("playground.workbench.watching.LOOK_EVERY_S", 0.0)


def waited(runs, stopped=lambda: False):
    told = []
    return made_by(runs, "local", "ppo-1", lambda run: told.append(run.status), stopped), told


def test_the_end_of_a_run_gives_what_it_made_and_every_look_is_told():
    assert waited(Runs("waiting", "running", "running", "done")) == (MADE, ["waiting", "running", "running"])


@pytest.mark.parametrize("status", ["stopped", "died", "failed"])
def test_a_run_that_had_broken_off_goes_on_once(status):
    runs = Runs(status, after=["running", "done"])
    assert waited(runs)[0] == MADE and runs.resumed == 1


@pytest.mark.parametrize("status", ["died", "failed"])
def test_a_run_that_breaks_meanwhile_says_why(status):
    runs = Runs("running", status)
    with pytest.raises(PlaygroundError, match=f"PPO 1 {status}: It broke.") as error:
        waited(runs)
    assert error.value.hint == "Mend it." and runs.resumed == 0


def test_a_run_that_somebody_stops_elsewhere_makes_nothing_for_now():
    assert waited(Runs("running", "stopped"))[0] is None


def test_whoever_stops_the_work_stops_the_run_too():
    runs = Runs("running")
    assert waited(runs, stopped=lambda: True)[0] is None and runs.stopped == 1
