"""Runs are renamed everywhere they are spoken of, and deleted only when nothing builds on them."""

from dataclasses import replace

import pytest

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.events import Phase, RunEnded, RunStarted, Saved, StepDone, Warned
from playground.registry import algorithms
from playground.settings import Settings
from playground.types import Checkpoint, RunSpec
from playground.workbench import Workbench
from playground.workbench.run_names import numbered


@pytest.fixture
def bench(tmp_path):
    made = Workbench(Settings(data_dir=tmp_path))
    yield made
    made.close()


def run(bench, algorithm, number, start=None, reward=None, ended=True):
    """A run that has saved a checkpoint, without training one."""
    start = start or bench.checkpoints.find("local", "pocket-sft")
    kind = algorithms()[algorithm].makes
    name = f"{algorithms()[algorithm].title} {number}"
    spec = RunSpec(f"{algorithm}-{number}", "local", algorithm, {}, start, reward, name=name, created_at=float(number))
    made = Checkpoint(spec.id, spec.name, kind, "pocket", "/nowhere", parent=start.id, run_id=spec.id)
    folder = bench.shelf.folder("local", spec.id)
    folder.create(spec, [])
    for event in [StepDone(1, {"loss": 0.1}), Saved(1, made), *([RunEnded("done")] if ended else [])]:
        folder.append(event)
    return bench.runs.find("local", spec.id).checkpoint


def names(bench):
    return {s.spec.id: s.spec.name for s in bench.runs.all("local")}


def test_a_new_name_stands_wherever_the_run_is_spoken_of(bench):
    reward = run(bench, "reward_model", 1)
    ppo = run(bench, "ppo", 2, reward=reward)
    run(bench, "dpo", 3, start=ppo)
    bench.runs.rename("local", "reward_model-1", "  My   judge ")
    bench.runs.rename("local", "ppo-2", "Bold one")
    assert names(bench)["reward_model-1"] == "My judge" and names(bench)["ppo-2"] == "Bold one"
    assert bench.runs.find("local", "ppo-2").spec.reward.name == "My judge"
    assert bench.runs.find("local", "dpo-3").spec.start.name == "Bold one"
    assert bench.checkpoints.find("local", "ppo-2").name == "Bold one"
    assert bench.runs.find("local", "ppo-2").step == 1


def test_a_new_name_keeps_what_training_has_settled(bench):
    run(bench, "dpo", 1)
    folder = bench.shelf.folder("local", "dpo-1")
    assert bench.runs.find("local", "dpo-1").spec.dtype == "auto"  # as the page knows it
    folder.write_spec(replace(folder.spec(), dtype="bfloat16", threads=3))  # as its training wrote it down
    bench.runs.rename("local", "dpo-1", "Bold one")
    assert (folder.spec().dtype, folder.spec().threads, folder.spec().name) == ("bfloat16", 3, "Bold one")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_name_that_is_none_is_refused(bench, name):
    run(bench, "dpo", 1)
    before = names(bench)
    with pytest.raises(PlaygroundError, match="characters"):
        bench.runs.rename("local", "dpo-1", name)
    assert names(bench) == before


def test_a_deleted_run_is_gone_with_its_folder(bench):
    run(bench, "dpo", 1)
    folder = bench.shelf.folder("local", "dpo-1")
    tail = bench.runs.tail("local", "dpo-1")
    bench.runs.delete("local", "dpo-1")
    assert not folder.path.exists()
    assert bench.runs.all("local") == []
    tail.refresh(force=True)  # somebody still follows it
    with pytest.raises(NotFound):
        bench.runs.find("local", "dpo-1")
    with pytest.raises(NotFound):
        bench.checkpoints.find("local", "dpo-1")


@pytest.mark.parametrize("by", ["start", "reward"])
def test_what_another_run_was_trained_on_is_kept_until_that_one_is_gone(bench, by):
    if by == "start":
        first = run(bench, "dpo", 1)
        run(bench, "dpo", 2, start=first)
    else:
        first = run(bench, "reward_model", 1)
        run(bench, "ppo", 2, reward=first)
    with pytest.raises(NotAllowed, match="was trained on"):
        bench.runs.delete("local", first.id)
    assert bench.shelf.folder("local", first.id).path.exists()
    user = next(name for name in names(bench) if name != first.id)
    bench.runs.delete("local", user)
    bench.runs.delete("local", first.id)
    assert names(bench) == {}


def test_a_run_that_goes_on_is_not_deleted(bench):
    run(bench, "dpo", 1, ended=False)
    with pytest.raises(NotAllowed) as caught:
        bench.runs.delete("local", "dpo-1")
    assert "Stop" in caught.value.hint
    bench.shelf.folder("local", "dpo-1").append(RunEnded("stopped"))
    bench.runs.tail("local", "dpo-1").refresh(force=True)
    bench.shelf.folder("local", "dpo-1").append(Phase("Waiting for its turn"))
    bench.runs.tail("local", "dpo-1").refresh(force=True)
    with pytest.raises(NotAllowed):
        bench.runs.delete("local", "dpo-1")


@pytest.mark.parametrize("call", ["rename", "delete"])
def test_recorded_runs_and_those_of_others_stay_as_they_are(bench, call):
    run(bench, "dpo", 1)
    recorded = bench.runs.recorded()[0].spec.id
    more = ("x",) if call == "rename" else ()
    with pytest.raises(NotAllowed, match="recorded"):
        getattr(bench.runs, call)("local", recorded, *more)
    with pytest.raises(NotFound):
        getattr(bench.runs, call)("stranger", "dpo-1", *more)
    assert len(bench.runs.all("local")) == 1


def next_number(bench, algorithm="dpo"):
    start = bench.checkpoints.find("local", "pocket-sft")
    spec = numbered(RunSpec("new", "local", algorithm, {}, start), bench.runs.all("local"))
    return spec.number, spec.name.removeprefix(algorithms()[algorithm].title)


def test_a_new_run_is_numbered_after_all_that_were_made_whatever_they_are_called_now(bench):
    for number in (1, 2):
        run(bench, "dpo", number)
    bench.runs.rename("local", "dpo-1", "Bold one")
    bench.runs.rename("local", "dpo-2", "Shy one")
    assert next_number(bench) == (3, " 3")
    assert next_number(bench, "ppo") == (1, " 1")


def test_a_new_run_takes_neither_a_number_that_is_kept_nor_one_that_a_name_bears(bench):
    run(bench, "dpo", 1)
    folder = bench.shelf.folder("local", "dpo-1")
    folder.write_spec(replace(folder.spec(), number=7, name="Bold one"))
    bench.shelf.forget("local", "dpo-1")
    assert next_number(bench) == (8, " 8")
    bench.runs.rename("local", "dpo-1", f"{algorithms()['dpo'].title} 30")
    assert next_number(bench) == (31, " 31")


def test_a_name_that_is_a_bare_number_numbers_nothing(bench):
    run(bench, "dpo", 1)
    bench.runs.rename("local", "dpo-1", "2024")
    assert next_number(bench) == (2, " 2")


def test_a_name_that_the_playground_gives_is_free(bench):
    made = run(bench, "dpo", 1)
    bench.runs.rename("local", "dpo-1", "Led")
    spec = replace(bench.runs.find("local", made.id).spec, id="new")
    assert numbered(spec, bench.runs.all("local")).name == "Led 2"
    assert numbered(replace(spec, name="Other"), bench.runs.all("local")).name == "Other"


@pytest.mark.parametrize("name", ["Bold one", "  bold   ONE "])
def test_a_name_that_another_run_has_is_refused(bench, name):
    run(bench, "dpo", 1)
    run(bench, "dpo", 2)
    bench.runs.rename("local", "dpo-1", "Bold one")
    before = names(bench)
    with pytest.raises(PlaygroundError, match="Another run is called") as refused:
        bench.runs.rename("local", "dpo-2", name)
    assert refused.value.hint and names(bench) == before
    bench.runs.rename("local", "dpo-1", "BOLD one")  # its own name, written otherwise


def test_what_is_kept_for_another_run_is_told_with_both_present_names(bench):
    first = run(bench, "sft", 1)
    run(bench, "dpo", 2, start=first)
    bench.runs.rename("local", "sft-1", "Bold one")
    bench.runs.rename("local", "dpo-2", "Shy one")
    with pytest.raises(NotAllowed, match="Shy one was trained on Bold one"):
        bench.runs.delete("local", "sft-1")


def test_the_failures_that_were_named_while_a_run_learned_are_known(bench):
    run(bench, "reward_model", 1, ended=False)
    bench.shelf.folder("local", "reward_model-1").append(Warned(1, "chance_level", "A coin."))
    bench.runs.tail("local", "reward_model-1").refresh(force=True)
    assert bench.runs.warned("local", "reward_model-1") == {"chance_level"}
    assert bench.runs.warned("local", "none-such") == set()
    bench.shelf.folder("local", "reward_model-1").append(RunStarted(9, 9))
    bench.runs.tail("local", "reward_model-1").refresh(force=True)
    assert bench.runs.warned("local", "reward_model-1") == set()  # resumed: it may be better than a coin by now
