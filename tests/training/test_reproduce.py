"""Making a run again: a model that everybody can fetch is not in the download, and is asked for by name."""

from __future__ import annotations

from playground.events import RunEnded
from playground.runs.folder import RunFolder
from playground.training.reproduce import reproduce
from playground.types import Checkpoint, RunSpec


def test_a_run_on_a_model_that_is_not_here_names_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    start = Checkpoint("owner/model", "Some model", "policy", "owner/model", "/elsewhere")
    folder = RunFolder(tmp_path / "run")
    folder.create(RunSpec("sft-1", "local", "sft", {}, start), [])
    folder.append(RunEnded("done"))
    (folder.path / "inputs").mkdir()
    (folder.path / "inputs" / "checkpoints.json").write_text("[]")
    assert reproduce(folder.path) == 1
    said = capsys.readouterr().out
    assert "Some model" in said and "owner/model" in said
