"""A real app in its own process, and a real browser in front of it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from playground.settings import ROOT

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FRAMES = "() => new Promise((done) => { let n = 5; const f = () => n-- ? requestAnimationFrame(f) : done(); f(); })"


class App:
    """`python app.py` on a free port with a data folder of its own."""

    def __init__(self, data_dir: Path, wait: bool = True, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment
        self.start(wait)

    def start(self, wait: bool = True) -> None:
        """Launch, and wait until models and trainer are ready."""
        own = {"PLAYGROUND_DATA_DIR": str(self.data_dir), "PLAYGROUND_PORT": str(self.port), **self._environment}
        log = (self.data_dir / "app.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **own}, stdout=log, stderr=log
        )
        if wait:
            self.wait()

    def wait(self, limit_s: float = 240) -> None:
        """Until models and trainer are ready."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.data_dir / "app.log").read_text()
            try:
                if httpx.get(f"{self.url}/api/status", timeout=5).json()["ready"]:
                    return
            except (httpx.HTTPError, ValueError):
                pass
            time.sleep(0.3)
        raise TimeoutError((self.data_dir / "app.log").read_text())

    def kill(self) -> None:
        """As the power cut does it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()


def child_of(app: App, service: str) -> int:
    """Process id of the app's child that serves sampler or trainer."""
    log = str(app.data_dir / "logs" / f"{service}.log")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "fd" / "1") == log:
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError(f"no {service} process")


def open_tab(page, title: str) -> None:
    """Open a tab of the page; returns when its fields keep what is typed into them."""
    page.get_by_role("tab", name=title).click()
    _mounted(page)


def fold_out(page, text: str) -> None:
    """Open a fold; returns when its fields keep what is typed into them."""
    page.get_by_role("button", name=text).first.click()
    _mounted(page)


def _mounted(page) -> None:
    # Gradio mounts what was hidden and, one animation frame later, tells it its first values once more: on a busy
    # machine that frame is late enough for a robot's hand, and undoes it.
    page.evaluate(FRAMES)
