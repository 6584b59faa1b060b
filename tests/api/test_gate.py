"""A workshop on a Space: all that the page can be asked, called directly by a stranger, a participant, the host."""

import json
import re
from contextlib import closing

import httpx
import pytest

from playground.api.body_limit import SmallBodies
from playground.api.gate import HostOnly, is_for_all
from playground.api.resting_page import RestingPage
from playground.api.routes import app_options
from playground.errors import NotAllowed
from playground.preferences.record import Rules
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.ui.page import build_page, launch_options
from playground.workbench import Workbench
from tests.fake_hub import served_hub

PASSWORD = "a long password"
REFUSED = {"message": "Only the host may do this.", "hint": "Sign in as the host at /host, or join by a code at /join."}
OF_A_BROWSER = {"playground_workspace": "a" * 32}
# Listeners that ask for no right: what they answer comes from the browser itself, or is shipped with the playground.
NEEDS_NO_RIGHT = {
    "start-recorded-pick.input <lambda>": "shows a recorded run",
    "load first_recorded": "shows a recorded run",
    "models-name.change <lambda>": "empties the field's answer",
    "compare-chips.pick _picked": "puts a prompt that was clicked into the field",
    "compare-edge.pick _picked": "puts a question that was clicked into the field",
    "rank-edge.pick _picked": "puts a question that was clicked into the field",
    "bench-edge.pick _picked": "puts a question that was clicked into the field",
    "compare-stop.click <lambda>": "says that it stopped",
    "compare-checkpoints.change clear": "empties the panes",
    "then after_run": "leaves the colours to another listener",
    "compare-switch.click <lambda>": "takes what was proposed",
    "rank-switch.click <lambda>": "takes what was proposed",
    "reward-start-switch.click <lambda>": "takes what was proposed",
    "policy-start-switch.click <lambda>": "takes what was proposed",
    "policy-reward-switch.click <lambda>": "takes what was proposed",
    "evaluate-switch.click <lambda>": "takes what was proposed",
    "sft-data.change sourced": "shows or hides fields",
    "rank-prompts.change <lambda>": "shows or hides fields",
    "rank-checkpoints.change kept": "keeps what was chosen",
    "rank-checkpoints.input <lambda>": "keeps what was chosen",
    "rank-hand-leave.click <lambda>": "forgets a hand",
    "rank-contest-leave.click <lambda>": "takes what was proposed",
    "persona-name.change persona_html": "describes a simulated annotator",
    "bench-more.click add": "shows another field",
    "workshop-session.change <lambda>": "hides a question",
    "workshop-session.change _of_session": "names the session whose prompts the page asks for",
    "workshop-asked.change turned": "shows or hides fields",
}
TO_DO = (
    "Let it begin with workspace(context, request); or, if it tells nothing of the host's and changes nothing, name it "
    "in NEEDS_NO_RIGHT with the reason."
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with served_hub() as hub:
        data = str(tmp_path_factory.mktemp("data"))
        env = {**hub.space, "PLAYGROUND_DATA_DIR": data, "PLAYGROUND_HOST_PASSWORD": PASSWORD}
        with closing(Workbench(Settings.from_environment(env))) as made:
            yield made


@pytest.fixture(scope="module")
def page(bench):
    """The whole page as app.py launches it, without the processes that hold the models."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SYSTEM", "spaces")  # by these two Gradio knows that it is on a Space
        patched.setenv("SPACE_ID", "someone/playground")
        patched.setenv("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")  # as app.py does
        blocks = build_page(bench)
    options = launch_options(bench.settings)
    app, url, _ = blocks.launch(prevent_thread_lock=True, app_kwargs=app_options(bench), **options)
    yield app, url.rstrip("/")
    blocks.close()


@pytest.fixture(scope="module")
def code(bench):
    asked = [Prompt.user(f"Question {i}") for i in range(9)]
    pairs = [(Completion(p, "yes", "pocket-sft"), Completion(p, "no", "pocket-base")) for p in asked]
    made = bench.store.sessions.create("local", Rules("Tuesday", "Which?", "We store it."), pairs)
    return bench.workshop.move("local", made.id, "open").code


@pytest.fixture
def stranger(page):
    with httpx.Client(base_url=page[1], cookies=OF_A_BROWSER, timeout=30) as client:
        yield client


@pytest.fixture
def participant(page, code):
    secret = "s" * 32
    headers = {"X-Device-Key": secret, "Origin": page[1], "X-Forwarded-For": "127.0.0.1"}
    with httpx.Client(base_url=page[1], cookies=OF_A_BROWSER, headers=headers, timeout=30) as client:
        joined = client.post("/api/workshop/join", json={"code": code, "secret": secret, "scope": "train"})
        assert joined.status_code == 200
        yield client


@pytest.fixture
def host(page):
    with httpx.Client(base_url=page[1], timeout=30) as client:
        assert client.post("/host", data={"password": PASSWORD}).status_code == 303
        yield client


@pytest.fixture(params=["stranger", "participant"])
def nobody(request):
    """Whoever is not the host."""
    return request.getfixturevalue(request.param)


def test_every_route_of_the_page_refuses_whoever_is_not_the_host(page, nobody):
    tried = 0
    for route in every_route(page[0]):
        if is_for_all(route.path):
            continue
        path = re.sub(r"\{[^}]*\}", "x", route.path)
        for method in getattr(route, "methods", None) or ["GET"]:
            answer = nobody.request(method, path)
            tried += 1
            if route.path == "/":
                assert (answer.status_code, answer.headers["location"]) == (303, "/host")
            else:
                assert answer.status_code == 403, (method, path)
                assert method == "HEAD" or answer.json() == REFUSED, (method, path)
    assert tried > 80


def every_route(app):
    """Every route with its path and methods, also of the routers that FastAPI holds as they were included."""
    for route in app.routes:
        yield from route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]


@pytest.fixture
def open_gate(monkeypatch):
    """The gate lets everybody through: what is behind it has to refuse by itself."""

    async def pass_on(self, scope, receive, send):
        await self._app(scope, receive, send)

    monkeypatch.setattr(HostOnly, "__call__", pass_on)


def test_behind_the_gate_every_listener_asks_for_the_hosts_rights(page, bench, participant, open_gate, monkeypatch):
    require, refused = bench.rights.require, set()

    def watched(cookies):
        try:
            require(cookies)
        except NotAllowed:
            refused.add(cookies.get("asks"))
            raise

    monkeypatch.setattr(bench.rights, "require", watched)
    before, answered = everything_here(bench), set()
    config = participant.get("/config").json()
    parts = {one["id"]: one["props"] for one in config["components"]}
    for one in config["dependencies"]:
        if one["backend_fn"]:
            asks = str(one["id"])
            participant.cookies.set("asks", asks)  # what an earlier one still does is not counted as this one's
            call(participant, one["id"], [parts[part].get("value") for part in one["inputs"]])
            if asks not in refused:
                answered.add(name_of(one, parts, page[0]))
    assert len(refused) > 100
    told = (
        "answered a participant. Let it begin with workspace(context, request); or, if it tells nothing of the host's"
    )
    told = f"{told} and changes nothing, name it in NEEDS_NO_RIGHT with the reason."
    assert answered <= NEEDS_NO_RIGHT.keys(), f"{sorted(answered - NEEDS_NO_RIGHT.keys())} {told}"
    gone = sorted(NEEDS_NO_RIGHT.keys() - answered)
    assert not gone, f"{gone} asked for the host's rights or is gone. Take it out of NEEDS_NO_RIGHT."
    assert everything_here(bench) == before


def call(client, number, data):
    """One listener with those inputs, until it has ended."""
    session = {"session_hash": "of a participant"}
    asked = client.post("/gradio_api/queue/join", json={"fn_index": number, "data": data, **session})
    assert asked.status_code == 200
    with client.stream("GET", "/gradio_api/queue/data", params=session) as told:
        lines = [json.loads(line[5:]) for line in told.iter_lines() if line.startswith("data:")]
    assert "process_completed" in {line["msg"] for line in lines}


def name_of(listener, parts, app):
    """What triggers it, and the name of its function."""
    part, event = listener["targets"][0]
    where = parts[part].get("elem_id") if part in parts else None
    return f"{f'{where}.' if where else ''}{event} {app.get_blocks().fns[listener['id']].fn.__name__}"


def everything_here(bench):
    """What a participant must not change."""
    files = {path for path in bench.settings.data_dir.rglob("*") if "logs" not in path.parts}
    return bench.runs.all("local"), bench.workshop.all("local"), bench.preferences.version("local"), files


def test_no_listener_of_the_page_can_be_called_by_whoever_is_not_the_host(bench, host, nobody):
    config = host.get("/config").json()
    listeners = [one for one in config["dependencies"] if one["backend_fn"]]
    assert len(listeners) > 60
    for one in listeners:
        asked = {"fn_index": one["id"], "data": [None] * len(one["inputs"]), "session_hash": "s"}
        answers = [nobody.post("/gradio_api/queue/join", json=asked)]
        if one["api_name"]:
            ways = ("run", "api", "call", "call/v2")
            answers += [nobody.post(f"/gradio_api/{way}/{one['api_name']}", json=asked) for way in ways]
        assert {answer.status_code for answer in answers} == {403}
    assert nobody.get("/gradio_api/queue/data", params={"session_hash": "s"}).status_code == 403
    assert bench.runs.all("local") == []


def test_nothing_of_the_page_is_told_to_whoever_is_not_the_host(nobody):
    for path in ("/", "/config", "/config/", "/gradio_api/info", "/gradio_api/openapi.json", "/monitoring", "//config"):
        answer = nobody.get(path)
        assert "pocket-sft" not in answer.text and "components" not in answer.text, path
        assert answer.status_code in (303, 403)


def test_no_file_comes_in_or_goes_out_but_for_the_host(bench, nobody, host):
    database = bench.settings.data_dir / "playground.db"
    for path in (f"/gradio_api/file={database}", "/gradio_api/file=app.py", "/file=app.py", "/join/../config"):
        assert nobody.get(path).status_code in (403, 404), path
    sent = {"files": ("a.jsonl", b"{}")}
    assert nobody.post("/gradio_api/upload", files=sent).status_code == 403
    assert host.post("/gradio_api/upload", files=sent).status_code == 200


@pytest.mark.parametrize(
    "cookies", [{}, {"playground_host": ""}, {"playground_host": PASSWORD}, {"playground_host": "x"}]
)
def test_a_made_up_cookie_makes_no_host(page, cookies):
    assert httpx.get(f"{page[1]}/config", cookies=cookies).status_code == 403


def test_the_host_gets_the_page_and_its_listeners_work(host):
    assert "Alignment Playground" in host.get("/").text
    known = {one["api_name"] for one in host.get("/config").json()["dependencies"]}
    assert {"workshop_make", "workshop_freeze", "policy_train"} <= known
    with httpx.Client(base_url=host.base_url, cookies=host.cookies, timeout=30) as client:
        asked = client.post("/gradio_api/call/runs_open", json={"data": [None] * 4}).json()
        with client.stream("GET", f"/gradio_api/call/runs_open/{asked['event_id']}") as answer:
            told = "".join(answer.iter_text())
    assert "event: complete" in told


def test_what_is_for_all_is_only_what_phones_and_the_sign_in_need(page):
    open_to_all = {route.path for route in every_route(page[0]) if is_for_all(route.path)}
    assert open_to_all == {
        "/api/status",
        "/vendor/plotly.min.js",
        "/join",
        "/join/{code}",
        "/host",
        "/host/hub",
        "/host/hub/back",
        "/workshop/{name}",
        "/gradio_api/startup-events",
        *(
            f"/api/workshop/{name}"
            for name in ("join", "pairs", "vote", "undo", "leave", "withdraw", "propose", "reveal")
        ),
        "/api/workshop/session/{code}",
        "/api/workshop/curves/{code}",
    }


def test_the_status_tells_a_stranger_nothing_of_sets_and_runs(nobody):
    told = nobody.get("/api/status", params={"run": "dpo-1"}).json()
    assert told["versions"] == {} and told["runs"] == {"dpo-1": None}
    assert "pocket" not in json.dumps(told)


def test_without_a_password_everybody_gets_the_page(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path))) as bench:
        assert [one.cls for one in app_options(bench)["middleware"]] == [SmallBodies, RestingPage]
