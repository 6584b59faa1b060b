"""Start: where the visitor stands on the way, and what is next."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from playground.models.catalogue import shipped_checkpoints
from playground.runs.recorded import TITLES, seen_words
from playground.runs.tail import RunShelf, step_rows
from playground.settings import ASSETS
from playground.types import Checkpoint
from playground.ui.tab import tabs
from playground.ui.tabs.start import _NEXT, stages


def made(name, method, kind="policy"):
    return Checkpoint(name, name, kind, "pocket", "/x", parent="pocket-sft", method=method, run_id=name)


def context(*own, usable=0, runs=0):
    def of_kind(space, kind="policy"):
        return [c for c in [*shipped_checkpoints(), *own] if c.kind == kind]

    return SimpleNamespace(
        bench=SimpleNamespace(
            checkpoints=SimpleNamespace(all=of_kind),
            preferences=SimpleNamespace(counts=lambda space: SimpleNamespace(usable=usable)),
            runs=SimpleNamespace(all=lambda space: [None] * runs),
        )
    )


SFT, REWARD, DPO = made("sft-1", "sft"), made("rm-1", "reward_model", "reward"), made("dpo-1", "dpo")


@pytest.mark.parametrize(
    ("here", "ahead"),
    [
        (context(), "compare"),
        (context(SFT, runs=1), "rank"),
        (context(usable=3), "rank"),
        (context(usable=100), "reward-model"),
        (context(REWARD, usable=100, runs=1), "policy"),
        (context(REWARD, DPO, usable=100, runs=2), "evaluate"),
    ],
)
def test_the_next_step_is_the_first_that_is_missing(here, ahead):
    assert [stage.tab for stage in stages(here, "w") if stage.next] == [ahead]
    assert f"(#{ahead})" in _NEXT[ahead]


def test_every_step_that_is_advised_is_a_tab():
    assert set(_NEXT) <= {tab.id for tab in tabs()}


def test_a_recorded_run_is_titled_by_its_setting_and_told_by_its_own_events():
    shelf = RunShelf(Path("nowhere"), recorded=ASSETS / "recorded")
    assert shelf.recorded_names()
    for name in shelf.recorded_names():
        tail = shelf.tail("", name)
        last = step_rows(tail.lines)[-1]
        assert tail.summary.spec.name == TITLES[name]
        assert "held" not in TITLES[name] and "leash" not in TITLES[name]
        assert f"{last['kl']:.1f} nats" in seen_words(step_rows(tail.lines))
        assert f"to {last['length']:.0f} tokens" in seen_words(step_rows(tail.lines))


def test_one_is_not_many():
    have = {stage.tab: stage.have for stage in stages(context(SFT, usable=1, runs=1), "w")}
    assert (have["rank"], have["runs"]) == ("1 preference", "1 run")
    have = {stage.tab: stage.have for stage in stages(context(SFT, usable=5, runs=2), "w")}
    assert (have["rank"], have["runs"]) == ("5 preferences", "2 runs")
