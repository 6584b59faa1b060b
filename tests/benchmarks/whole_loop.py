"""The figures a visitor feels, measured on the real app: start-up in a browser, the loop through the page's API."""

from __future__ import annotations

import json
import os
import signal
import statistics
import threading
import time
import uuid
from pathlib import Path

import httpx
from gradio_client import Client
from playwright.sync_api import sync_playwright

from tests.driven import CHROMIUM, FLAGS, App, child_of

PARIS = "What is the capital of France?"


def start_up(data_dir: Path) -> tuple[App, dict[str, float]]:
    """Start the app; seconds from the command to a usable page, and to the first streamed completion."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page()
        began = time.monotonic()
        app = App(data_dir, wait=False)
        while not answers(app.url):
            time.sleep(0.05)
        page.goto(app.url)
        page.get_by_role("tab", name="Compare").click()
        page.locator("#compare-prompt textarea").fill(PARIS)
        usable = time.monotonic() - began
        page.locator("#compare-run").click()
        page.wait_for_function(
            "document.querySelector('#compare-pane-1')?.innerText.includes('Paris')", timeout=120_000
        )
        first = time.monotonic() - began
        browser.close()
    app.wait()
    return app, {"page usable, s": usable, "first completion, s": first}


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


class Loop:
    """A script at the page's API: the endpoints that the buttons use, and the plain routes of ranking."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.client = Client(app.url, verbose=False)
        self.http = httpx.Client(base_url=app.url, timeout=120)
        self.figures: dict[str, float] = {}

    def run(self) -> dict[str, float]:
        """Compare, rank 12, a persona labels 88, reward model, DPO, PPO, compare; seconds of each and of all."""
        began = time.monotonic()
        self.client.predict(["pocket-base", "pocket-sft"], PARIS, api_name="/compare")
        self.figures["a vote, ms (median)"] = 1000 * statistics.median(self._vote() for _ in range(12))
        self.client.predict("polite", 88, ["pocket-sft"], "", api_name="/persona_label")
        reward = self._train("reward model on 100 pairs, s", "/reward_train")
        self._train("DPO on 100 pairs x 2 epochs, s", "/policy_train", method="dpo", reward=None)
        voter = Voter(self)
        voter.start()
        policy = self._train("PPO, 40 iterations of 32, s", "/policy_train", method="ppo", reward=reward)
        self.figures["a vote while PPO trains, ms (median)"] = 1000 * statistics.median(voter.finish())
        self.client.predict(["pocket-sft", policy], PARIS, api_name="/compare")
        self.figures["the whole loop, s"] = time.monotonic() - began
        self.killed(reward)
        return self.figures

    def killed(self, reward: str) -> None:
        """The trainer is killed while PPO trains: seconds until whoever follows the run is told."""
        _, view = self.client.predict(method="ppo", reward=reward, api_name="/policy_train")
        fell = None
        with self.http.stream("GET", f"/api/runs/{view['run']}/events") as response:
            for line in response.iter_lines():
                kinds = [event["kind"] for event in json.loads(line[5:])["events"]] if line.startswith("data:") else []
                if fell is None and "StepDone" in kinds:
                    os.kill(child_of(self.app, "trainer"), signal.SIGKILL)
                    fell = time.monotonic()
                if fell is not None and "RunEnded" in kinds:
                    self.figures["killed trainer told, s"] = time.monotonic() - fell
                    return
        raise RuntimeError("The run never said that its trainer was killed.")

    def _vote(self) -> float:
        shown = self.http.post("/api/rank/pair", json={"checkpoints": ["pocket-sft"]}).raise_for_status().json()
        body = {"id": uuid.uuid4().hex, "token": shown["token"], "choice": "left", "decision_ms": 900, "input": "key"}
        began = time.monotonic()
        self.http.post("/api/rank/choice", json=body).raise_for_status()
        return time.monotonic() - began

    def _train(self, title: str, endpoint: str, **values: object) -> str:
        """Train to the end; seconds from the click to the end, and the largest wait for a first point."""
        clicked = time.time()
        _, view = self.client.predict(**values, api_name=endpoint)
        run_id = view["run"]
        first = None
        with self.http.stream("GET", f"/api/runs/{run_id}/events") as response:
            for line in response.iter_lines():
                events = json.loads(line[5:])["events"] if line.startswith("data:") else []
                if first is None and any(event["kind"] == "StepDone" for event in events):
                    first = time.time() - clicked
        self.figures[title] = time.time() - clicked
        slowest = self.figures.get("click to first point, s (slowest)", 0.0)
        self.figures["click to first point, s (slowest)"] = max(slowest, first or float("inf"))
        return run_id


class Voter(threading.Thread):
    """Votes every half second until told to finish."""

    def __init__(self, loop: Loop) -> None:
        super().__init__(daemon=True)
        self._loop, self._over, self._seconds = loop, threading.Event(), []

    def run(self) -> None:
        while not self._over.wait(0.5):
            self._seconds.append(self._loop._vote())

    def finish(self) -> list[float]:
        """Seconds of each vote."""
        self._over.set()
        self.join()
        return self._seconds
