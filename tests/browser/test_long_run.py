"""A page left open for a long run: thousands of steps come down the stream, and what the page holds does not grow."""

import socket
import threading
import time

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from playground.api.routes import api_routes
from playground.events import Measured, RunStarted, Sampled, StepDone, to_line
from playground.registry import algorithms
from playground.runs.kept import MOST_STEPS
from playground.settings import Settings
from playground.types import Checkpoint, RunSpec
from playground.ui.theme import head
from playground.workbench import Workbench

pytestmark = pytest.mark.browser
STEPS = 5000
PAGE = """<body><div id="view"><div class="run-view"></div></div><script>
Playground.runView(document.getElementById("view"), {value: {run: "ppo-1"}}, () => {}, () => {});</script></body>"""


@pytest.fixture
def bench(tmp_path):
    made = Workbench(Settings(data_dir=tmp_path))
    yield made
    made.close()


@pytest.fixture
def url(bench):
    """The routes and one run view, without Gradio and without models."""
    app = FastAPI(routes=api_routes(bench))
    app.get("/", response_class=HTMLResponse)(lambda: f"<head>{head()}</head>{PAGE}")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def folder(bench):
    start = Checkpoint("pocket-sft", "Pocket SFT", "policy", "pocket", "/nowhere")
    made = bench.shelf.folder("local", "ppo-1")
    made.create(RunSpec("ppo-1", "local", "ppo", {}, start, name="PPO 1"), [])
    made.append(RunStarted(10 * STEPS, 100))
    return made


def train(folder, begin, end):
    """The events of those steps, appended as a trainer does, only faster. Returns their size in bytes."""
    names = [name for panel in algorithms()["ppo"].charts for name in panel]
    probes = [{"prompt": f"Prompt {i}", "completion": "so many words " * 20, "proxy_reward": 1.0} for i in range(6)]
    lines = []
    for step in range(begin + 1, end + 1):
        lines.append(to_line(StepDone(step, {name: (step * 7 % 100) / 99 for name in names})))
        if step % 10 == 0:
            lines.append(to_line(Sampled(step, probes)))
            lines.append(to_line(Measured(step, "scores", {"chosen": [0.1 * step] * 50, "rejected": [0.0] * 50})))
    text = "".join(line + "\n" for line in lines)
    with folder.events_path.open("a") as file:
        file.write(text)
    return len(text)


def watch(page, folder, begin, end, batch=500):
    """Train from step to step, waiting until the page has drawn each batch. Returns the bytes sent."""
    sent = 0
    for first in range(begin, end, batch):
        sent += train(folder, first, first + batch)
        page.wait_for_selector(f".run-view[data-step='{first + batch}'][data-drawn=yes]", timeout=60_000)
    return sent


def held(page):
    """What the page holds once its garbage is collected: bytes of JavaScript, nodes, listeners."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        time.sleep(0.1)
    found = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"]


def test_a_page_that_follows_thousands_of_steps_does_not_grow(browser, url, folder):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    watch(page, folder, 0, 2 * MOST_STEPS + 500)  # from here on the oldest steps are thinned
    heap, nodes, listeners = held(page)
    sent = watch(page, folder, 2 * MOST_STEPS + 500, 2 * MOST_STEPS + 500 + STEPS)
    heap_after, nodes_after, listeners_after = held(page)
    drawn = "[...document.querySelectorAll('.chart')].filter((chart) => chart.data)"
    points = page.evaluate(drawn + ".map((chart) => chart.data[0].x.length)")
    page.close()
    assert max(points) <= 2 * MOST_STEPS
    assert heap_after - heap < sent / 2
    assert nodes_after <= 1.1 * nodes
    assert listeners_after <= 1.1 * listeners


def test_a_page_that_comes_late_gets_the_whole_curve_in_a_bounded_message(browser, url, folder):
    sent = train(folder, 0, 4 * STEPS)
    page = browser.new_page()
    streams, sizes = set(), []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.requestWillBeSent", lambda e: "/events" in e["request"]["url"] and streams.add(e["requestId"]))
    session.on("Network.dataReceived", lambda e: e["requestId"] in streams and sizes.append(e["dataLength"]))
    page.goto(url)
    page.wait_for_selector(f".run-view[data-step='{4 * STEPS}'][data-drawn=yes]", timeout=60_000)
    steps = page.evaluate("document.querySelector('.panel .chart').data[0].x")
    page.close()
    assert steps[0] == 1 and steps[-1] == 4 * STEPS and MOST_STEPS / 2 <= len(steps) <= 2 * MOST_STEPS
    assert 0 < sum(sizes) < sent / 3
