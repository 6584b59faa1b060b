"""What changes is told whole, and only when it is another; what is over closes the stream."""

import json

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from playground.api.evaluation_routes import evaluation_routes
from playground.api.live import live
from playground.api.sweep_routes import sweep_routes
from playground.errors import PlaygroundError
from playground.settings import Settings
from playground.workbench import Workbench
from playground.workbench.sweep import Leg, Sweep, Wanted


def messages(response):
    return [json.loads(line[5:]) for line in response.text.splitlines() if line.startswith("data:")]


def test_a_value_is_told_when_it_is_another_and_the_last_one_too():
    steps = iter([1, 1, 2, 2, 3])
    app = FastAPI()

    @app.get("/")
    def follow(request: Request):
        def look():
            step = next(steps)
            return {"step": step, "over": step == 3}

        return live(request, look, every_s=0.0)

    assert [one["step"] for one in messages(TestClient(app).get("/"))] == [1, 2, 3]


@pytest.fixture
def bench(tmp_path):
    made = Workbench(Settings(data_dir=tmp_path))  # its processes never start
    yield made
    made.close()


@pytest.fixture
def client(bench):
    app = FastAPI()
    app.include_router(evaluation_routes(bench))
    app.include_router(sweep_routes(bench))
    return TestClient(app)


def test_where_nothing_is_asked_the_stream_says_so_and_closes(client):
    (message,) = messages(client.get("/api/evaluations/events"))
    assert (message["text"], message["over"]) == ("", True)


def test_what_went_wrong_is_told_to_whoever_looks_later(bench, client):
    def fails(tell, stopped):
        raise PlaygroundError("The disk is full.", hint="Make room.")

    bench.evaluations.begin_other("local", "hack", fails)
    with pytest.raises(PlaygroundError):
        list(bench.evaluations.follow("local"))
    (message,) = messages(client.get("/api/evaluations/events"))
    assert message == {"work": "hack", "problem": "The disk is full.", "hint": "Make room.", "over": True}


def test_a_sweep_that_is_not_on_its_way_is_drawn_once(bench, client):
    bench.sweeps._files("local").save(Sweep("abc", Wanted("kl", (0.0, 0.1)), (Leg(0.0), Leg(0.1)), 1.0))
    (message,) = messages(client.get("/api/sweeps/abc/events"))
    assert [leg["title"] for leg in message["legs"]] == ["KL coefficient 0", "KL coefficient 0.1"]
    assert message["over"] and not message["finished"]


def test_a_sweep_that_is_not_here_is_refused_in_words(client):
    answer = client.get("/api/sweeps/nothing/events")
    assert answer.status_code == 404 and "no such sweep" in answer.json()["message"]
