"""A whole session in PostgreSQL: join, judge, watch, freeze, take away, delete."""

import uuid
from contextlib import closing

import pytest

from playground.api.board import board_json, people_json
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench


@pytest.fixture
def bench(tmp_path, postgres):
    with closing(Workbench(Settings(data_dir=tmp_path, database_url=postgres.new_database()))) as made:
        yield made


def test_a_session_goes_from_the_first_join_to_its_deletion(bench):
    asked = [Prompt.user(f"Question {i}") for i in range(9)]
    pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
    made = bench.store.sessions.create("local", Rules("Tuesday", "Which?", "We store it."), pairs)
    bench.workshop.move("local", made.id, "open")
    for person in range(4):
        secret = uuid.uuid4().hex
        bench.workshop.join(made.code, secret, f"Ann {person}", "publish")
        for _ in range(9):
            pair = bench.workshop.pairs(secret)[1][0]
            bench.workshop.vote(secret, pair.token, "left", judgment_id=uuid.uuid4().hex)
    bench.workshop.withdraw(secret)
    told = board_json(bench, "local", made.id)
    assert ["27", "preferences to train on"] in [list(tile) for tile in told["tiles"]]
    assert [row["choices"] for row in people_json(bench.workshop.people("local", made.id))] == [9] * 3
    assert len(bench.workshop.freeze("local", made.id).preferences) == 27
    bench.workshop.move("local", made.id, "closed")
    assert len(bench.preferences.export(made.id, "jsonl", "everything").read_text().splitlines()) == 27
    bench.deletion.delete("local", made.id)
    assert bench.workshop.all("local") == [] and bench.store.counts(made.id).total == 0
