"""Following a run over HTTP: the backlog, the resume point, and what a stranger is told."""

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.api.run_routes import run_routes
from playground.events import RunEnded, RunStarted, StepDone
from playground.runs.tail import RunShelf
from playground.types import Checkpoint, RunSpec
from playground.workbench.queue import Place

START = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")


class Bench:
    """The methods that the routes use."""

    def __init__(self, shelf):
        self.tail = shelf.tail
        self.runs = self

    def find(self, workspace, run_id):
        return self.tail(workspace, run_id).summary

    def workspace_of(self, cookies):
        return cookies.get("who", "local")

    def place(self, workspace, run_id):
        return None


@pytest.fixture
def client(tmp_path):
    shelf = RunShelf(tmp_path)
    folder = shelf.folder("local", "dpo-1")
    folder.create(RunSpec("dpo-1", "local", "dpo", {"beta": 0.1}, START, name="DPO 1"), [])
    folder.append(RunStarted(3, 90, 10))
    for step in (1, 2, 3):
        folder.append(StepDone(step, {"loss": 1.0 / step}))
    folder.append(RunEnded("done", seconds=2.0))
    app = FastAPI()
    app.include_router(run_routes(Bench(shelf)))
    return TestClient(app)


def messages(response):
    return [json.loads(line[5:]) for line in response.text.splitlines() if line.startswith("data:")]


def test_the_stream_of_an_ended_run_gives_all_its_events_and_closes(client):
    (message,) = messages(client.get("/api/runs/dpo-1/events"))
    assert [event["kind"] for event in message["events"]] == ["RunStarted", *["StepDone"] * 3, "RunEnded"]
    assert message["run"]["name"] == "DPO 1"
    assert {"title", "unit", "healthy", "sick"} <= set(message["run"]["metrics"]["loss"])


def test_a_browser_that_comes_back_gets_only_what_it_lacks(client):
    response = client.get("/api/runs/dpo-1/events", headers={"Last-Event-ID": "2"})
    (message,) = messages(response)
    assert [event.get("step") for event in message["events"]] == [3, None]
    assert "id: 4" in response.text


def test_a_run_that_waits_is_told_its_place_whenever_that_changes(tmp_path):
    shelf = RunShelf(tmp_path)
    folder = shelf.folder("local", "dpo-2")
    folder.create(RunSpec("dpo-2", "local", "dpo", {"beta": 0.1}, START, name="DPO 2"), [])
    places = [Place(2, 31.0), Place(2, 30.9), Place(1, 12.0), Place(1, None)]
    bench = Bench(shelf)
    bench.place = lambda *_: places.pop(0) if places else folder.append(RunEnded("stopped"))
    app = FastAPI()
    app.include_router(run_routes(bench))
    told = messages(TestClient(app).get("/api/runs/dpo-2/events"))
    assert [message["queue"] for message in told[:4]] == [
        {"ahead": 2, "wait_s": 35},
        {"ahead": 1, "wait_s": 15},
        {"ahead": 1, "wait_s": None},
        None,
    ]
    assert [len(message["events"]) for message in told[:3]] == [0, 0, 0]


@pytest.mark.parametrize("path", ["/api/runs/none/events", "/api/runs/..%2F..%2Fx/events"])
def test_an_unknown_run_is_a_404_in_plain_words(client, path):
    assert client.get(path).status_code == 404


def test_another_workspace_is_told_that_there_is_no_such_run(client):
    client.cookies.set("who", "stranger")
    answer = client.get("/api/runs/dpo-1/events")
    assert answer.status_code == 404
    assert answer.json()["hint"]


def test_the_gold_reward_of_an_answer_is_taken_apart_for_the_runs_own_persona(client, tmp_path):
    folder = RunShelf(tmp_path).folder("local", "ppo-1")
    folder.create(RunSpec("ppo-1", "local", "ppo", {}, START, persona="polite"), [])
    answer = {"prompt": "What is the capital of France?", "completion": "Of course! The capital of France is Paris."}
    found = client.post("/api/runs/ppo-1/gold", json=answer).json()
    assert found["annotator"] == "Polite"
    assert found["total"] == pytest.approx(sum(part["value"] for part in found["parts"]))
    assert {part["title"] for part in found["parts"]} == {"Courtesy", "Right or wrong", "Length"}


def test_a_run_that_people_taught_has_no_gold_reward(client):
    refused = client.post("/api/runs/dpo-1/gold", json={"prompt": "Hello", "completion": "Hi."})
    assert refused.status_code == 404
    assert "simulated" in refused.json()["message"]
