"""What a page's heartbeat is answered: how the models are, and how far the runs it shows have come."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.api.routes import api_routes
from playground.events import Phase, RunEnded
from playground.settings import Settings
from playground.types import Checkpoint, Completion, Prompt, RunSpec
from playground.workbench import Workbench

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")


@pytest.fixture
def bench(tmp_path):
    made = Workbench(Settings(data_dir=tmp_path, mode="demo"))
    yield made
    made.close()


@pytest.fixture
def client(bench):
    found = TestClient(FastAPI(routes=api_routes(bench)))
    found.cookies.set("playground_workspace", "a" * 32)
    return found


def runs(client, *ids):
    return client.get("/api/status", params=[("run", run_id) for run_id in ids]).json()["runs"]


def test_a_run_that_goes_on_has_more_events_than_before(bench, client):
    workspace = bench.workspace_of({"playground_workspace": "a" * 32})
    folder = bench.shelf.folder(workspace, "dpo-1")
    folder.create(RunSpec("dpo-1", workspace, "dpo", {}, START), [])
    folder.append(RunEnded("stopped"))
    assert runs(client, "dpo-1", "dpo-2") == {"dpo-1": 1, "dpo-2": None}
    folder.append(Phase("Waiting for its turn"))
    bench.runs.tail(workspace, "dpo-1").refresh(force=True)
    assert runs(client, "dpo-1") == {"dpo-1": 2}


def test_a_browser_without_a_workspace_is_still_told_how_the_models_are(client):
    client.cookies.clear()
    answer = client.get("/api/status", params={"run": "dpo-1"}).json()
    assert answer["text"] and answer["ready"] is False and answer["runs"] == {"dpo-1": None}
    assert answer["versions"] == {}


def versions(client):
    return client.get("/api/status").json()["versions"]


def test_a_run_that_was_named_or_deleted_makes_the_runs_others(bench, client):
    workspace = bench.workspace_of({"playground_workspace": "a" * 32})
    folder = bench.shelf.folder(workspace, "dpo-1")
    folder.create(RunSpec("dpo-1", workspace, "dpo", {}, START), [])
    folder.append(RunEnded("stopped"))
    seen = [versions(client)["runs"]]
    assert versions(client)["runs"] == seen[0]
    bench.runs.rename(workspace, "dpo-1", "Bold one")
    seen.append(versions(client)["runs"])
    bench.runs.delete(workspace, "dpo-1")
    seen.append(versions(client)["runs"])
    assert len(set(seen)) == 3


def test_a_choice_and_its_undoing_make_the_set_another(bench, client):
    workspace = bench.workspace_of({"playground_workspace": "a" * 32})
    who = bench.store.annotator(workspace, "person", "you")
    seen = [versions(client)["set"]]
    prompt = Prompt.user("Hello")
    token = bench.store.show_pair(workspace, who, Completion(prompt, "Hi."), Completion(prompt, "Yo."))
    bench.store.judge(workspace, token, "left", id="one")
    seen.append(versions(client)["set"])
    assert versions(client)["set"] == seen[1]
    bench.store.undo(workspace, who)
    seen.append(versions(client)["set"])
    assert len(set(seen)) == 3
