"""The Rank tab's routes, against a bench that records what it was asked."""

import uuid

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.api.rank_routes import rank_routes
from playground.errors import NotAllowed, NotFound, PlaygroundError, WorkerDied
from playground.preferences.store import PreferenceStore
from playground.types import CHOICES, Completion, Prompt
from playground.workbench.preferences import Shown

SECRET = "0123456789abcdef0123456789abcdef"
MODEL_NAMES = ("pocket", "sft", "dpo-1")


class Bench:
    """A real store without models: completions by two checkpoints, whose names no answer may hold."""

    def __init__(self, url):
        self.store = PreferenceStore(url)
        self.asked = []
        self.preferences = self  # the routes use no other part

    def workspace_of(self, cookies):
        if "playground_workspace" not in cookies:
            raise NotAllowed("This browser has no workspace yet.", hint="Allow cookies for this page and reload it.")
        return "w" + cookies["playground_workspace"]

    def person(self, workspace):
        return self.store.annotator(workspace, "person", "you")

    def next_pair(self, workspace, checkpoint_ids, prompt=None, hand=""):
        self.asked.append((workspace, checkpoint_ids, prompt))
        if "gone" in checkpoint_ids:
            raise NotFound("There is no checkpoint 'gone' here.", hint="Choose one from the list.")
        asked = prompt or Prompt.user("Why is the sky blue?", "pocket")
        left = Completion(asked, f"one {uuid.uuid4()}", "pocket-sft")
        right = Completion(asked, f"two {uuid.uuid4()}", "dpo-1")
        token = self.store.show_pair(workspace, self.person(workspace), left, right)
        return Shown(token, asked.text, (left.text, right.text))

    def choose(self, workspace, token, choice, *, judgment_id, strength=None, decision_ms=None, source="button"):
        self.store.judge(
            workspace, token, choice, id=judgment_id, strength=strength, decision_ms=decision_ms, input=source
        )

    def undo(self, workspace, judgment_id=None):
        token = self.store.undo(workspace, self.person(workspace), judgment_id)
        if token is None:
            return None
        pair = self.store.shown(workspace, token)
        return Shown(token, pair.prompt.text, (pair.left, pair.right))

    def next_set(self, workspace, checkpoint_ids, k, prompt=None):
        asked = prompt or Prompt.user("Write a poem.", "pocket")
        self.held = [Completion(asked, f"text {i}", "pocket-sft") for i in range(k)]
        return Shown("set-1", asked.text, tuple(c.text for c in self.held))

    def rank(self, workspace, token, order, *, judgment_id):
        if token != "set-1":
            raise NotFound("These completions are no longer waiting for a choice.", hint="Ask for the next ones.")
        return len(self.store.rank_many(workspace, self.person(workspace), self.held, order, id=judgment_id))

    def counts(self, workspace):
        return self.store.counts(workspace)

    def export(self, workspace, kind, form):
        raise PlaygroundError("The set is empty.", hint="Judge some pairs first.")


@pytest.fixture
def bench(tmp_path):
    made = Bench(f"sqlite:///{tmp_path / 'p.db'}")
    yield made
    made.store.close()


def visitor(bench, secret=SECRET):
    app = FastAPI()
    app.include_router(rank_routes(bench))
    client = TestClient(app)
    if secret:
        client.cookies.set("playground_workspace", secret)
    return client


@pytest.fixture
def client(bench):
    return visitor(bench)


def asked_pair(client, **more):
    return client.post("/api/rank/pair", json={"checkpoints": ["pocket-sft"], **more}).json()


def choice_of(pair, choice="left", **more):
    return {
        "id": str(uuid.uuid4()),
        "token": pair["token"],
        "choice": choice,
        "decision_ms": 900,
        "input": "key",
        **more,
    }


def test_a_pair_names_no_model(client):
    answer = client.post("/api/rank/pair", json={"checkpoints": ["pocket-sft", "dpo-1"]})
    assert set(answer.json()) == {"token", "prompt", "left", "right"}
    assert not any(name in answer.text for name in MODEL_NAMES)


def test_a_set_names_no_model(client):
    answer = client.post("/api/rank/set", json={"checkpoints": ["pocket-sft"], "k": 5})
    assert set(answer.json()) == {"token", "prompt", "completions"}
    assert len(answer.json()["completions"]) == 5
    assert not any(name in answer.text for name in MODEL_NAMES)


def test_a_typed_prompt_reaches_the_bench_as_a_users_turn(client, bench):
    pair = asked_pair(client, prompt="Sing!")
    assert pair["prompt"] == "Sing!"
    assert bench.asked == [("w" + SECRET, ["pocket-sft"], Prompt.user("Sing!"))]


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_is_stored_as_what_it_is(client, bench, choice):
    answer = client.post("/api/rank/choice", json=choice_of(asked_pair(client), choice))
    assert answer.json() == {"saved": True, "counts": {"yours": 1, "persona": 0, "total": 1}}
    assert [row.choice for row in bench.store.rows("w" + SECRET)] == [choice]


def test_strength_time_and_input_are_stored(client, bench):
    client.post("/api/rank/choice", json=choice_of(asked_pair(client), strength=3))
    assert bench.store.preferences("w" + SECRET)[0].strength == 3


def test_the_same_choice_sent_again_is_stored_once(client):
    made = choice_of(asked_pair(client))
    first = client.post("/api/rank/choice", json=made)
    again = client.post("/api/rank/choice", json=made)
    assert again.status_code == 200
    assert again.json() == first.json() == {"saved": True, "counts": {"yours": 1, "persona": 0, "total": 1}}


def test_a_second_choice_on_one_pair_is_refused_in_words(client):
    pair = asked_pair(client)
    client.post("/api/rank/choice", json=choice_of(pair, "left"))
    answer = client.post("/api/rank/choice", json=choice_of(pair, "right"))
    assert answer.status_code == 403
    assert answer.json()["message"] == "This pair has been judged already."
    assert answer.json()["hint"]


def test_undo_shows_the_pair_again_and_it_can_be_judged_anew(client, bench):
    pair = asked_pair(client)
    client.post("/api/rank/choice", json=choice_of(pair, "left"))
    undone = client.post("/api/rank/undo").json()
    assert {key: undone[key] for key in pair} == pair
    assert undone["counts"]["total"] == 0
    client.post("/api/rank/choice", json=choice_of(undone, "right"))
    assert [row.choice for row in bench.store.rows("w" + SECRET)] == ["right"]


def test_one_page_does_not_take_back_what_another_page_chose(client, bench):
    mine, theirs = asked_pair(client), asked_pair(client)
    first = choice_of(mine, "left")
    client.post("/api/rank/choice", json=first)
    client.post("/api/rank/choice", json=choice_of(theirs, "right"))
    undone = client.post("/api/rank/undo", json={"id": first["id"]}).json()
    assert undone["token"] == mine["token"]
    assert [row.choice for row in bench.store.rows("w" + SECRET)] == ["right"]
    assert client.post("/api/rank/undo", json={"id": first["id"]}).json() == {}


def test_undo_without_any_choice_answers_with_nothing(client):
    assert client.post("/api/rank/undo").json() == {}


def test_an_order_gives_its_preferences_once(client):
    client.post("/api/rank/set", json={"checkpoints": ["pocket-sft"], "k": 4})
    made = {"id": "order-1", "token": "set-1", "order": [[2], [0], [1], [3]]}
    first, again = (client.post("/api/rank/order", json=made).json() for _ in range(2))
    assert first == again == {"saved": True, "preferences": 6, "counts": {"yours": 6, "persona": 0, "total": 6}}


def test_an_order_that_leaves_one_out_is_refused(client):
    client.post("/api/rank/set", json={"checkpoints": ["pocket-sft"], "k": 3})
    answer = client.post("/api/rank/order", json={"id": "o", "token": "set-1", "order": [[0], [1]]})
    assert answer.status_code == 403
    assert "must stand in it once" in answer.json()["message"]


def test_a_visitor_cannot_judge_another_workspaces_pair(client, bench):
    pair = asked_pair(client)
    answer = visitor(bench, "f" * 32).post("/api/rank/choice", json=choice_of(pair))
    assert answer.status_code == 404
    assert bench.store.counts("w" + SECRET).total == bench.store.counts("w" + "f" * 32).total == 0


def test_counts_are_those_of_the_cookies_workspace(client, bench):
    client.post("/api/rank/choice", json=choice_of(asked_pair(client)))
    assert client.get("/api/rank/counts").json()["total"] == 1
    assert visitor(bench, "f" * 32).get("/api/rank/counts").json()["total"] == 0


@pytest.mark.parametrize("path", ["pair", "choice", "undo", "set", "order"])
def test_without_a_workspace_every_post_is_refused_in_words(bench, path):
    body = {
        "pair": {"checkpoints": ["pocket-sft"]},
        "choice": choice_of({"token": "t"}),
        "set": {"checkpoints": ["pocket-sft"], "k": 3},
        "order": {"id": "o", "token": "t", "order": [[0], [1]]},
    }.get(path)
    answer = visitor(bench, secret=None).post(f"/api/rank/{path}", json=body)
    assert answer.status_code == 403
    assert answer.json() == {
        "message": "This browser has no workspace yet.",
        "hint": "Allow cookies for this page and reload it.",
    }


def test_a_missing_checkpoint_is_a_404_with_message_and_hint(client):
    answer = client.post("/api/rank/pair", json={"checkpoints": ["gone"]})
    assert answer.status_code == 404
    assert answer.json() == {"message": "There is no checkpoint 'gone' here.", "hint": "Choose one from the list."}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (WorkerDied("The sampler process ended."), 503),  # the panel tries a 5xx again and gives a 4xx up
        (PlaygroundError("The model gave the same completion every time."), 422),
    ],
)
def test_the_status_says_whether_trying_again_can_help(client, bench, error, status):
    def refuse(*_):
        raise error

    bench.next_pair = refuse
    assert client.post("/api/rank/pair", json={"checkpoints": ["pocket-sft"]}).status_code == status


def test_an_error_from_a_child_process_keeps_its_status(client, bench):
    import pickle

    def refuse(*_):
        raise pickle.loads(pickle.dumps(NotFound("There is no such thing.")))

    bench.next_pair = refuse
    assert client.post("/api/rank/pair", json={"checkpoints": ["pocket-sft"]}).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("pair", {"checkpoints": []}, "checkpoints"),
        ("pair", {"checkpoints": ["a", "b", "c"]}, "checkpoints"),
        ("pair", {"checkpoints": ["a"], "prompt": "x" * 20_001}, "prompt"),
        ("set", {"checkpoints": ["a"], "k": 7}, "k"),
        ("choice", {"id": "1", "token": "t", "choice": "best"}, "choice"),
        ("choice", {"id": "", "token": "t", "choice": "left"}, "id"),
        ("choice", {"id": "1", "token": "t", "choice": "left", "strength": 4}, "strength"),
        ("choice", {"id": "1", "token": "t", "choice": "left", "decision_ms": -1}, "decision_ms"),
        ("order", {"id": "1", "token": "t", "order": []}, "order"),
    ],
)
def test_a_malformed_request_is_refused_by_the_name_of_its_field(client, path, body, named):
    answer = client.post(f"/api/rank/{path}", json=body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"message", "hint"}
    assert answer.json()["message"].startswith(f"{named}")


def test_a_body_that_is_no_json_is_refused_in_words(client):
    answer = client.post("/api/rank/choice", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert set(answer.json()) == {"message", "hint"}


def test_an_export_that_is_refused_says_why(client):
    assert client.get("/api/rank/export/jsonl").json()["message"] == "The set is empty."
    assert client.get("/api/rank/export/exe").status_code == 422


def test_an_exported_file_comes_as_a_download_byte_for_byte(client, bench, tmp_path):
    path = tmp_path / "preferences.csv"
    path.write_bytes(b'"- a bullet","=1+1"\n')
    asked = []
    bench.export = lambda *given: asked.append(given) or path
    for form, name in (("", "preferences"), ("?form=trl", "preferences"), ("?form=everything", "judgments")):
        answer = client.get(f"/api/rank/export/csv{form}")
        assert answer.content == b'"- a bullet","=1+1"\n'
        assert f'attachment; filename="{name}.csv"' in answer.headers["content-disposition"]
    assert asked == [("w" + SECRET, "csv", form) for form in ("trl", "trl", "everything")]
    assert client.get("/api/rank/export/csv?form=half").status_code == 422
