"""Files made for downloads do not pile up, and none is taken away while it is being fetched."""

import os
import time

import pytest

from playground.settings import Settings
from playground.workbench import Workbench
from playground.workbench.downloads import clear_downloads, downloads


def made(data_dir, workspace, name, hours_ago=0.0):
    path = downloads(data_dir, workspace) / name
    path.write_text("rows")
    then = time.time() - 3600 * hours_ago
    os.utime(path, (then, then))
    return path


def test_a_download_clears_away_everybodys_old_ones_and_keeps_the_young(tmp_path):
    young = made(tmp_path, "anna", "set.jsonl")
    old = [made(tmp_path, whose, "run.zip", hours_ago=2) for whose in ("anna", "ben")]
    downloads(tmp_path, "carla")
    assert young.exists()
    assert not any(path.exists() for path in old)


def test_a_start_clears_away_what_the_last_one_left_and_nothing_else(tmp_path, monkeypatch):
    left = made(tmp_path, "anna", "set.jsonl")
    kept = tmp_path / "workspaces" / "anna" / "evaluation" / "report.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    bench = Workbench(Settings(data_dir=tmp_path))
    monkeypatch.setattr(bench._sampler, "start", lambda: None)
    try:
        bench.start()
    finally:
        bench.close()
    assert not left.exists() and kept.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows does not delete what is open, and clearing leaves it there")
def test_what_is_being_sent_is_sent_to_its_end(tmp_path):
    path = made(tmp_path, "anna", "run.zip", hours_ago=2)
    with path.open() as sending:
        clear_downloads(tmp_path)
        assert sending.read() == "rows"
