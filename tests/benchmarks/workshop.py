"""python -m tests.benchmarks.workshop: a room of phones in front of the real app, and the app killed while they vote.

First 300 phones give 10 votes each within a minute, once on a quiet app and once while PPO trains; a host's board is
open all the while. Then the app is killed with -9 at random moments, and every vote that a phone was told is saved must
be in the next export exactly once. Prints a table and appends one line to results.jsonl.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from gradio_client import Client

from playground.preferences.record import Rules
from playground.preferences.store import PreferenceStore
from playground.settings import Settings
from playground.types import Completion, Prompt
from tests.benchmarks.results import keep, show
from tests.benchmarks.whole_loop import answers
from tests.driven import App

PASSWORD = "a long password"
FEW = 2  # a phone asks for more pairs when so many are left, as workshop.js does
OPENING_S = 5.0  # within which a room has scanned the code
GOALS = {
    "tap to saved, ms (p50)": 60,
    "tap to saved, ms (p95)": 250,
    "requests refused or failed": 0,
    "votes lost": 0,
    "votes stored twice": 0,
    "acknowledged votes lost by kill -9": 0,
    "acknowledged votes stored twice after kill -9": 0,
}


@dataclass
class Told:
    """What the phones were told, and how long they waited."""

    seconds: list[float] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)
    failed: Counter = field(default_factory=Counter)


class Phone:
    """One person: joins, holds pairs ahead, and sends a vote again until it is saved."""

    def __init__(self, http: httpx.AsyncClient, code: str, told: Told) -> None:
        self._http, self._code, self._told = http, code, told
        self._secret = uuid.uuid4().hex
        self._pairs: list[dict] = []

    async def take_part(self, votes: int, within_s: float) -> None:
        """Join, then tap at random moments until the time is over."""
        await asyncio.sleep(random.uniform(0, OPENING_S))
        await self.join()
        began = time.monotonic()
        for moment in sorted(random.uniform(0, within_s - OPENING_S) for _ in range(votes)):
            await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
            await self.vote()

    async def join(self) -> None:
        """Consent, and get the first pairs."""
        await self._until_answered("join", {"code": self._code, "secret": self._secret, "scope": "publish"})
        await self._more()

    async def vote(self) -> None:
        """One tap."""
        if not self._pairs:
            await self._more()
        token = self._pairs.pop(0)["token"]
        body = {"id": uuid.uuid4().hex, "token": token, "choice": random.choice(("left", "right", "tie"))}
        tapped = time.monotonic()
        answer = await self._until_answered("vote", body)
        self._told.seconds.append(time.monotonic() - tapped)
        self._told.saved.append(answer["saved"])
        if len(self._pairs) <= FEW:
            await self._more()

    async def _more(self) -> None:
        self._pairs = (await self._until_answered("pairs", {}))["pairs"]

    async def _until_answered(self, path: str, body: dict) -> dict:
        headers = {"X-Device-Key": self._secret}
        for _ in range(60):
            try:
                answer = await self._http.post(f"/api/workshop/{path}", json=body, headers=headers)
                if answer.status_code == 200:
                    return answer.json()
                self._told.failed[f"{path} {answer.status_code}"] += 1
            except httpx.TransportError as error:
                self._told.failed[f"{path} {type(error).__name__}"] += 1
            await asyncio.sleep(1)
        raise RuntimeError(f"{path} was never answered: {dict(self._told.failed)}")


class Room:
    """An app with one open session over n pairs, its host, and its phones."""

    def __init__(self, data_dir: Path, pairs: int, overlap: int = 3) -> None:
        self.session = _open_session(data_dir, pairs, overlap)
        self.app = App(data_dir, wait=False, PLAYGROUND_HOST_PASSWORD=PASSWORD)
        self.sign_in()

    def sign_in(self) -> None:
        """As the host, once the app answers; a restart forgets it."""
        while not answers(f"{self.app.url}/host"):
            assert self.app.process.poll() is None, (self.app.data_dir / "app.log").read_text()
            time.sleep(0.1)
        self.host = httpx.Client(base_url=self.app.url, timeout=60)
        assert self.host.post("/host", data={"password": PASSWORD}).status_code == 303

    def vote(self, people: int, votes: int, within_s: float) -> Told:
        """Let so many phones vote; returns once all have."""
        told = Told()

        async def all_phones() -> None:
            limits = httpx.Limits(max_connections=people, max_keepalive_connections=people)
            async with httpx.AsyncClient(base_url=self.app.url, timeout=30, limits=limits) as http:
                phones = [Phone(http, self.session.code, told) for _ in range(people)]
                await asyncio.gather(*(phone.take_part(votes, within_s) for phone in phones))

        asyncio.run(all_phones())
        return told

    def exported(self) -> list[str]:
        """The ids of all votes in a file of everything."""
        file = self.host.get(f"/api/session/{self.session.id}/export/jsonl").raise_for_status().text
        return [json.loads(line)["id"] for line in file.splitlines()]


def _open_session(data_dir: Path, n: int, overlap: int):
    asked = [Prompt.user(f"Question {i}: which of these would you rather be given?") for i in range(n)]
    pairs = [(Completion(p, "One answer. " * 12, "old"), Completion(p, "Another answer. " * 9, "new")) for p in asked]
    with closing(PreferenceStore(Settings(data_dir=data_dir).sqlalchemy_url)) as store:
        made = store.sessions.create("local", Rules("Room", "Which is better?", "We store it.", overlap), pairs)
        return store.sessions.move("local", made.id, "open")


class Watcher(threading.Thread):
    """The host's board: asks for the figures every five seconds."""

    def __init__(self, room: Room) -> None:
        super().__init__(daemon=True)
        self._room, self._over = room, threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self._room.app.url, cookies=self._room.host.cookies, timeout=30) as http:
            while not self._over.wait(5):
                http.get(f"/api/session/{self._room.session.id}").raise_for_status()

    def finish(self) -> None:
        self._over.set()
        self.join()


def room_figures(people: int, votes: int, within_s: float, while_ppo: bool) -> dict[str, float]:
    """One room; what its phones felt, and what was stored of what they did."""
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder), pairs=max(votes, people * votes // 3))
        try:
            run_id = train_ppo(room) if while_ppo else ""
            watcher = Watcher(room)
            watcher.start()
            before = _page_cpu_s(room)
            told = room.vote(people, votes, within_s)
            cpu_s = _page_cpu_s(room) - before
            watcher.finish()
            if while_ppo:
                assert _takes_steps(room, run_id), "PPO ended before the phones did"
            lost, twice = _compare(set(told.saved), room.exported())
            tiles = room.host.get(f"/api/session/{room.session.id}").json()["tiles"]
        finally:
            room.app.close()
    if told.failed:
        print(dict(told.failed))
    when = "while PPO trains" if while_ppo else "quiet"
    print(when, tiles)
    return {
        f"{name}, {when}": value
        for name, value in {
            "tap to saved, ms (p50)": 1000 * statistics.median(told.seconds),
            "tap to saved, ms (p95)": 1000 * statistics.quantiles(told.seconds, n=20)[-1],
            "tap to saved, ms (slowest)": 1000 * max(told.seconds),
            "requests refused or failed": told.failed.total(),
            "votes saved": len(told.saved),
            "votes lost": lost,
            "votes stored twice": twice,
            "server, CPU-s": cpu_s,
        }.items()
    }


def _page_cpu_s(room: Room) -> float:
    times = psutil.Process(room.app.process.pid).cpu_times()
    return times.user + times.system


def train_ppo(room: Room) -> str:
    """Begin a PPO run that lasts longer than the votes do; returns its id once it takes steps."""
    room.app.wait()
    cookie = "; ".join(f"{name}={value}" for name, value in room.host.cookies.items())
    page = Client(room.app.url, headers={"cookie": cookie}, verbose=False)
    page.predict("polite", 60, ["pocket-sft"], "", api_name="/persona_label")
    _, view = page.predict(api_name="/reward_train")
    _wait_for(room, view["run"], "RunEnded")
    _, view = page.predict(method="ppo", reward=view["run"], ppo_iterations=400, api_name="/policy_train")
    _wait_for(room, view["run"], "StepDone")
    return view["run"]


def _takes_steps(room: Room, run_id: str) -> bool:
    before = _events(room, run_id)
    time.sleep(5)
    return _events(room, run_id) > before


def _events(room: Room, run_id: str) -> int:
    return room.host.get("/api/status", params={"run": run_id}).json()["runs"][run_id]


def _wait_for(room: Room, run_id: str, kind: str) -> None:
    with room.host.stream("GET", f"/api/runs/{run_id}/events", timeout=300) as answer:
        for line in answer.iter_lines():
            if line.startswith("data:") and any(event["kind"] == kind for event in json.loads(line[5:])["events"]):
                return
    raise RuntimeError(f"{run_id} ended without {kind}")


class Crowd(threading.Thread):
    """People who go on voting, whatever happens to the app, until told to finish."""

    def __init__(self, room: Room, people: int) -> None:
        super().__init__(daemon=True)
        self.told = Told()
        self._room, self._people, self._over = room, people, threading.Event()

    def run(self) -> None:
        asyncio.run(self._vote())

    def finish(self) -> None:
        """Returns once the last vote is saved."""
        self._over.set()
        self.join()

    async def _vote(self) -> None:
        async with httpx.AsyncClient(base_url=self._room.app.url, timeout=10) as http:
            phones = (Phone(http, self._room.session.code, self.told) for _ in range(self._people))
            await asyncio.gather(*(self._go_on(phone) for phone in phones))

    async def _go_on(self, phone: Phone) -> None:
        await phone.join()
        while not self._over.is_set():
            await phone.vote()
            await asyncio.sleep(random.uniform(0.6, 1.4))


def kill_figures(rounds: int, people: int) -> dict[str, float]:
    """Kill the app while phones vote, start it again, and look for every vote that a phone was told is saved."""
    lost = twice = 0
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder), pairs=400, overlap=10)
        crowd = Crowd(room, people)
        crowd.start()
        try:
            for number in range(rounds):
                time.sleep(random.uniform(0.2, 3))
                room.app.kill()
                saved = set(crowd.told.saved)
                room.app.start(wait=False)
                room.sign_in()
                lost, twice = _compare(saved, room.exported())
                print(f"round {number + 1}: {len(saved)} acknowledged so far, {lost} lost, {twice} twice", flush=True)
                if lost or twice:
                    break
            crowd.finish()
            lost, twice = _compare(set(crowd.told.saved), room.exported())
        finally:
            room.app.close()
    return {
        "kill -9, rounds": number + 1,
        "kill -9, votes acknowledged": len(crowd.told.saved),
        "acknowledged votes lost by kill -9": lost,
        "acknowledged votes stored twice after kill -9": twice,
    }


def _compare(saved: set[str], exported: list[str]) -> tuple[int, int]:
    """(saved and not exported, exported more than once)."""
    stored = Counter(exported)
    return len(saved - set(stored)), sum(n > 1 for n in stored.values())


def main() -> None:
    """Measure, print, append."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--votes", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=("quiet", "ppo", "kill"), default="")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    for name, while_ppo in (("quiet", False), ("ppo", True)):
        if arguments.only in ("", name):
            figures |= room_figures(arguments.people, arguments.votes, arguments.seconds, while_ppo)
    if arguments.only in ("", "kill"):
        figures |= kill_figures(arguments.rounds, people=30)
    goals = {f"{name}, {when}": goal for name, goal in GOALS.items() for when in ("quiet", "while PPO trains")}
    show(figures, goals | GOALS)
    keep(figures)


if __name__ == "__main__":
    main()
