from __future__ import annotations

import uuid

import pytest

from playground.preferences.store import PreferenceStore
from playground.types import Completion, Prompt

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # for what PostgreSQL has no like of


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'playground.db'}"
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
def store(url):
    store = PreferenceStore(url)
    yield store
    store.close()


@pytest.fixture
def vote(store):
    """Shows a pair to a person and judges it; returns the judgment's id."""

    def cast(choice="left", *, workspace="room", alias="Ann", prompt="Hello", left="yes", right="no", **more):
        annotator = store.annotator(workspace, "person", alias)
        asked = Prompt.user(prompt)
        token = store.show_pair(workspace, annotator, Completion(asked, left, "c1"), Completion(asked, right, "c1"))
        return store.judge(workspace, token, choice, id=str(uuid.uuid4()), **more)

    return cast
