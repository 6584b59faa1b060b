"""On ZeroGPU: the workbench as everywhere else, its children in the page's process, each call on a lent GPU."""

import sys
import time
from contextlib import closing
from types import SimpleNamespace

import pytest

from playground.errors import NotAllowed
from playground.settings import Settings
from playground.types import Prompt, Sampling
from playground.workbench import Workbench

PARIS = Prompt.user("What is the capital of France?")


def test_without_the_package_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "spaces", None)
    with pytest.raises(NotAllowed, match="spaces") as refused:
        Workbench(Settings(data_dir=tmp_path, zero_gpu="on"))
    assert "pip install spaces" in refused.value.hint


def test_elsewhere_the_package_is_never_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "spaces", None)
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        assert type(bench._trainer).__name__ == "WorkerProcess"


@pytest.mark.slow
def test_a_model_answers_and_a_run_trains_on_lent_gpus(tmp_path, monkeypatch):
    asked = []

    def lend(duration):
        def decorate(task):
            def lent(method, arguments, stop):
                asked.append((method, duration(method, arguments, stop)))
                return task(method, arguments, stop)

            return lent

        return decorate

    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lend))
    with closing(Workbench(Settings(data_dir=tmp_path, zero_gpu="on", threads=1))) as bench:
        bench.start()
        *_, (text,) = bench.completions.stream("local", ["pocket-sft"], PARIS, Sampling(temperature=0.0))
        assert "Paris" in text
        assert bench._trainer.ready.wait(120)
        spec = bench.runs.start("local", "sft", {"examples": 40})
        while bench.runs.find("local", spec.id).active:
            time.sleep(0.1)
        assert bench.runs.find("local", spec.id).status == "done", bench.runs.find("local", spec.id)
    (seconds,) = [seconds for method, seconds in asked if method == "train"]
    assert seconds > spec.estimate_s
