"""The app as a free Space starts it: its variables, its port, a home that cannot be written, no token; then a crowd."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from gradio_client import Client

from playground.settings import ROOT
from tests.driven import App

CROWD = 20
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]  # root, but what is read-only stays so
SPACE = {"SPACE_ID": "someone/playground", "SPACE_HOST": "someone-playground.hf.space", "SYSTEM": "spaces"}
OF_A_HOST = ("HF_", "PLAYGROUND_", "GRADIO_", "XDG_")  # what a developer's shell may hold and a Space does not


class Space(App):
    """`python app.py` in a home that cannot be written, not even by root, whose rights are taken away."""

    def __init__(self, root: Path) -> None:
        self.port, self.url, self.data_dir = 7860, "http://127.0.0.1:7860", root
        self.home, self.temporary = root / "home", root / "tmp"
        self.temporary.mkdir()
        app = self.home / "app"
        for part in ("playground", "assets"):
            shutil.copytree(ROOT / part, app / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "app.py", app)
        self.held = sorted(self.home.rglob("*"))
        for path in (self.home, *self.held):
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.start()

    def start(self, wait: bool = True) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_A_HOST)}
        own = {**kept, **SPACE, "HOME": str(self.home), "TMPDIR": str(self.temporary)}
        log = (self.data_dir / "app.log").open("ab")
        command = [*(WITHOUT_RIGHTS if os.geteuid() == 0 else []), sys.executable, "app.py"]
        self.process = subprocess.Popen(command, cwd=self.home / "app", env=own, stdout=log, stderr=log)
        self.wait()

    def close(self) -> None:
        super().close()
        for path in (self.home, *(path for path in self.held if path.is_dir())):
            path.chmod(0o755)


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 7860)) == 0:
            pytest.skip("something else listens on port 7860, the one that a Space must have")
    app = Space(tmp_path_factory.mktemp("space"))
    yield app
    app.close()


class Visitor:
    """A browser's worth of API client: a cookie, the plain routes, the page's endpoints."""

    def __init__(self, url: str) -> None:
        cookie = {"playground_workspace": uuid.uuid4().hex}
        self.http = httpx.Client(base_url=url, cookies=cookie, timeout=120)
        self.page = Client(
            url, headers={"cookie": f"playground_workspace={cookie['playground_workspace']}"}, verbose=False
        )
        self.secret = f"The secret of {uuid.uuid4().hex}?"
        self.pair = self.run = ""

    def make_something(self) -> None:
        """Judge a pair on a prompt of one's own, bring a file, and start a run."""
        asked = {"checkpoints": ["pocket-sft"], "prompt": self.secret}
        shown = self.http.post("/api/rank/pair", json=asked).raise_for_status().json()
        self.pair = shown["token"]
        made = {"id": uuid.uuid4().hex, "token": self.pair, "choice": "left"}
        assert self.http.post("/api/rank/choice", json=made).raise_for_status().json()["counts"]["yours"] == 1
        _, view = self.page.predict(api_name="/sft_train", file=None, sft_examples=60)
        self.run = view["run"]

    def refused_by(self, other: Visitor) -> list[int]:
        """The answers to everything one might try on another's pair and run."""
        run, choice = f"/api/runs/{other.run}", {"id": uuid.uuid4().hex, "token": other.pair, "choice": "right"}
        answers = [
            self.http.get(f"{run}/events"),
            self.http.get(f"{run}/download"),
            self.http.post(f"{run}/name", json={"name": "mine"}),
            self.http.delete(run),
            self.http.post("/api/rank/choice", json=choice),
            self.http.post("/api/rank/pair", json={"checkpoints": [other.run]}),
        ]
        assert self.http.get("/api/status", params={"run": other.run}).json()["runs"] == {other.run: None}
        self.page.predict({"run": other.run}, api_name="/policy_stop")
        self.page.predict({"run": other.run}, api_name="/sft_stop")
        return [answer.status_code for answer in answers]


def test_it_starts_with_nothing_but_what_a_space_gives_it(space):
    assert httpx.get(space.url).status_code == 200
    state = httpx.get(f"{space.url}/api/status").json()
    assert state["ready"]
    assert any("erased" in note for note in state["notes"]) and any("restart" in note for note in state["notes"])
    assert sorted(space.home.rglob("*")) == space.held
    assert (space.temporary / "alignment-playground" / "playground.db").exists()


@pytest.mark.slow
def test_of_twenty_at_once_nobody_reads_stops_or_deletes_what_is_anothers(space):
    with ThreadPoolExecutor(CROWD) as crowd:
        visitors = list(crowd.map(lambda _: Visitor(space.url), range(CROWD)))
        list(crowd.map(Visitor.make_something, visitors))
        assert len({v.run for v in visitors}) == CROWD
        around = list(zip(visitors, [*visitors[1:], visitors[0]], strict=True))
        for answers in crowd.map(lambda two: two[0].refused_by(two[1]), around):
            assert answers == [404] * len(answers)
        places = list(crowd.map(place_of, visitors))
        for own, texts in zip(visitors, crowd.map(everything_of, visitors), strict=True):
            assert own.secret in texts and own.run in texts
            assert not [v.run for v in visitors if v is not own and (v.run in texts or v.secret in texts)]
    waiting = sorted(place["ahead"] for place in places if place)
    assert waiting == list(range(waiting[0], waiting[0] + len(waiting))) and len(waiting) > CROWD // 2
    for visitor in visitors:
        assert visitor.http.get("/api/status", params={"run": visitor.run}).json()["runs"][visitor.run] is not None


def place_of(visitor: Visitor) -> dict | None:
    """What the run's own page is told first: its place in the queue."""
    with visitor.http.stream("GET", f"/api/runs/{visitor.run}/events") as answer:
        first = next(line for line in answer.iter_lines() if line.startswith("data:"))
    return json.loads(first[5:])["queue"]


def everything_of(visitor: Visitor) -> str:
    """All that this browser can list: its runs with their lineage, and its set as a file."""
    runs = visitor.page.predict(metric_now=None, api_name="/runs_open")
    return json.dumps(runs, default=str) + visitor.http.get("/api/rank/export/jsonl").text
