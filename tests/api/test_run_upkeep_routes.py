"""Renaming and deleting a run over HTTP: what is done, and what is refused in plain words."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.api.run_routes import run_routes
from playground.events import RunEnded
from playground.settings import Settings
from playground.types import Checkpoint, RunSpec
from playground.workbench import Workbench

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")


@pytest.fixture
def bench(tmp_path):
    made = Workbench(Settings(data_dir=tmp_path))
    made.shelf.folder("local", "dpo-1").create(RunSpec("dpo-1", "local", "dpo", {}, START, name="DPO 1"), [])
    yield made
    made.close()


@pytest.fixture
def client(bench):
    app = FastAPI()
    app.include_router(run_routes(bench))
    return TestClient(app)


def test_a_run_is_renamed_and_deleted(bench, client):
    bench.shelf.folder("local", "dpo-1").append(RunEnded("done"))
    assert client.post("/api/runs/dpo-1/name", json={"name": "Mine"}).status_code == 200
    assert [s.spec.name for s in bench.runs.all("local")] == ["Mine"]
    assert client.delete("/api/runs/dpo-1").status_code == 200
    assert bench.runs.all("local") == []


def test_what_cannot_be_done_is_said_with_what_to_do(client):
    waiting = client.delete("/api/runs/dpo-1")
    assert waiting.status_code == 403 and "Stop it" in waiting.json()["hint"]
    unnamed = client.post("/api/runs/dpo-1/name", json={"name": " "})
    assert unnamed.status_code == 422 and unnamed.json()["hint"]
    assert client.delete("/api/runs/none").status_code == 404
