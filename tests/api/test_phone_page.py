"""The phone page's words, and a device that asks too often: by a clock of the test's own."""

import json
import re
import uuid
from contextlib import closing
from typing import get_args

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.api.routes import api_routes
from playground.api.workshop_routes import STATIC
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import CHOICES, Completion, Prompt
from playground.workbench import Workbench
from playground.workbench.pace import Pace
from playground.workbench.session_runs import Phase

BURST = 5
SCRIPT = (STATIC / "workshop.js").read_text(encoding="utf-8")
PAGE = (STATIC / "workshop.html").read_text(encoding="utf-8")
WORDS = json.loads((STATIC / "workshop_words.json").read_text(encoding="utf-8"))
REFUSAL = re.compile(r"(session|join|pairs|vote|undo|propose)(403|404|422)")  # made of path and status by the script


def used() -> set[str]:
    """Every word that the page or its script names."""
    titled = set(re.findall(r'(?:wait\(|over = )"(\w+)"', SCRIPT)) | set(get_args(Phase))
    said = set(re.findall(r'word\("(\w+)"', SCRIPT)) | set(re.findall(r'"(practice(?:Good|Bad))"', SCRIPT))
    return titled | {f"{name}Title" for name in titled} | said | set(re.findall(r'data-word="(\w+)"', PAGE)) | shown()


def shown() -> set[str]:
    """The choices that have a button."""
    return set(re.findall(r'data-choice="(\w+)"', PAGE))


def test_every_choice_but_skip_has_a_button():
    assert shown() == set(CHOICES) - {"skip"}


@pytest.mark.parametrize("language", WORDS)
def test_a_language_has_every_word_that_is_used_and_none_that_is_not(language):
    assert set(re.findall(r'<option value="(\w+)"', PAGE)) == WORDS.keys()
    assert {name for name in WORDS[language] if not REFUSAL.fullmatch(name)} == used()
    assert WORDS[language].keys() == WORDS["en"].keys()
    assert all(WORDS[language].values())


@pytest.mark.parametrize("language", WORDS)
def test_a_language_fills_in_what_the_english_one_does(language):
    blanks = {name: set(re.findall(r"{\w+}", text)) for name, text in WORDS["en"].items()}
    assert {name: set(re.findall(r"{\w+}", text)) for name, text in WORDS[language].items()} == blanks


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def bench(tmp_path, now):
    with closing(Workbench(Settings(data_dir=tmp_path, mode="workshop", host_password="a long password"))) as made:
        made.workshop._asking = Pace(BURST, per_s=1, clock=lambda: now[0])
        yield made


@pytest.fixture
def device(bench):
    """Makes a function that posts as one who joined."""
    client = TestClient(FastAPI(routes=api_routes(bench)))
    prompt = Prompt.user("Question")
    pairs = [(Completion(prompt, "yes", "pocket-sft"), Completion(prompt, "no", "pocket-base"))]
    session = bench.store.sessions.create("local", Rules("T", "Which?", "We store."), pairs)
    code = bench.workshop.move("local", session.id, "open").code

    def joined():
        key = uuid.uuid4().hex
        client.post("/api/workshop/join", json={"code": code, "secret": key, "scope": "train"})
        return lambda path: client.post(f"/api/workshop/{path}", headers={"X-Device-Key": key}).status_code

    return joined


def test_a_device_that_asks_without_end_is_slowed_down_and_the_room_goes_on(device, now):
    ann, bob = device(), device()
    assert [ann("pairs") for _ in range(BURST + 2)] == [200] * BURST + [429] * 2
    assert bob("pairs") == 200  # from the same address
    now[0] += 1
    assert [ann("pairs") for _ in range(2)] == [200, 429]


def test_whoever_was_slowed_down_can_still_withdraw(device):
    ann = device()
    assert [ann("pairs") for _ in range(BURST + 1)][-1] == 429
    assert ann("withdraw") == 200
