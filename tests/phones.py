"""A room with one session, served for real, and a phone in front of it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from playground.api.routes import api_routes
from playground.preferences.record import Judgment, Rules, Session, Translation
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench

HOSTILE = '<img src=x onerror="window.ran = 1"> **bold** \u202eright to left'
GERMAN = Translation("de", "Welche Antwort hilft mehr?", "Wir speichern, was Sie wählen.")
RULES = Rules("Tuesday", "Which answer helps more?", "We store your choices.", translations=(GERMAN,))
VOTE, PAIRS = "**/api/workshop/vote", "**/api/workshop/pairs"


@dataclass(frozen=True, slots=True)
class Room:
    """An open session, the workbench behind it and the address of its server."""

    bench: Workbench
    session: Session
    address: str

    @property
    def stored(self) -> list[Judgment]:
        """The choices that count."""
        return self.bench.store.judgments(self.session.id)

    @property
    def people(self) -> int:
        """How many joined, those who withdrew too."""
        return self.bench.workshop.live("local", self.session.id)[0].joined


@contextmanager
def open_room(folder: Path, pairs: int = 40) -> Iterator[Room]:
    """A room whose session has so many pairs."""
    asked = [Prompt.user(f"Question {i}\n{HOSTILE}") for i in range(pairs)]
    compared = [(Completion(p, f"yes {HOSTILE}", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
    with closing(Workbench(Settings(data_dir=folder, mode="workshop", host_password="a long password"))) as bench:
        made = bench.store.sessions.create("local", RULES, compared)
        with _served(bench) as address:
            yield Room(bench, bench.workshop.move("local", made.id, "open"), address)


@contextmanager
def _served(bench: Workbench) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(FastAPI(routes=api_routes(bench)), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@contextmanager
def phone_in(browser: Browser, language: str = "en-GB") -> Iterator[Page]:
    """A narrow phone with nothing stored; an error in its script fails the test."""
    shape = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**shape, locale=language)
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def join(phone: Page, room: Room) -> None:
    """Consent, practise, and have the first pair on the screen."""
    consent(phone, room)
    choose(phone, "A is better")
    expect(phone.locator("#prompt")).to_contain_text("Question")


def consent(phone: Page, room: Room) -> None:
    """As far as the practice pair."""
    phone.goto(f"{room.address}/join/{room.session.code}")
    expect(phone.locator("#consent-text")).to_have_text("We store your choices.")
    phone.get_by_role("button", name="I agree, let me begin").click()
    expect(phone.get_by_text("Practice: this one is not counted.")).to_be_visible()


def choose(phone: Page, name: str) -> None:
    """Tap a choice, later than the page takes it for a double tap."""
    button = phone.get_by_role("button", name=name)
    expect(button).to_be_visible()
    phone.wait_for_timeout(200)
    button.click()
