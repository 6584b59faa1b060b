"""Out of memory in a trainer ends its run with what to set, and the trainer lives on."""

import pytest
import torch

from playground.registry import algorithms
from playground.training.execute import execute
from playground.training.out_of_memory import is_out_of_memory
from tests.training.tiny_runs import new_run

SAID = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9.05 GB)"),
    MemoryError(),
]


@pytest.mark.parametrize("error", SAID, ids=["cuda", "cpu", "mps", "python"])
def test_every_devices_words_for_it_are_known(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [RuntimeError("shape mismatch"), ValueError("out of memory"), KeyError("x")])
def test_no_other_error_is_taken_for_it(error):
    assert not is_out_of_memory(error)


@pytest.fixture
def ended(tiny, tmp_path, monkeypatch):
    """ended(error, name, **values): how a run of that algorithm ends whose model raises the error."""

    def run_it(error, name, **values):
        def fail(*_, **__):
            raise error

        monkeypatch.setattr("playground.training.execute.load", fail)
        run = new_run(name, tiny, tmp_path / "run", algorithms()[name].config(**values))
        run.folder.data_path.write_text("")
        return execute(run, {}.__getitem__, threads=1), run.folder

    return run_it


def test_a_run_that_runs_out_of_memory_says_what_to_set(ended):
    end, folder = ended(SAID[0], "dpo", adapter="lora", rows_at_once=8)
    assert (end.status, folder.ended()) == ("failed", end)
    assert "memory ran out" in end.message
    assert "Rows at once to 4" in end.hint and not (folder.path / "error.log").exists()


def test_ppo_is_told_its_own_word_for_the_rows_in_memory(ended):
    end, _ = ended(SAID[1], "ppo", microbatch_size=2, adapter="full")
    assert "Completions in memory at once to 1" in end.hint


def test_where_nothing_is_lighter_a_smaller_model_is_advised(ended):
    end, _ = ended(SAID[3], "sft", adapter="lora", rows_at_once=1)
    assert "smaller model" in end.hint


def test_any_other_error_is_the_playgrounds_fault_and_kept_in_a_file(ended):
    end, folder = ended(RuntimeError("shape mismatch"), "sft")
    assert end.message == "RuntimeError: shape mismatch"
    assert "raise error" in (folder.path / "error.log").read_text()
