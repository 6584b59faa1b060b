"""Sets leave as a folder that `datasets` reads; runs and sets are pushed only where that is somebody's own right."""

import uuid
import zipfile
from contextlib import closing

import pytest

from playground.errors import NotAllowed, NotFound
from playground.events import RunEnded, Saved, StepDone
from playground.settings import Settings
from playground.types import Checkpoint, Completion, Message, Prompt, RunSpec
from playground.workbench import Workbench
from playground.workbench.hub_repository import HubRefused
from tests.workbench.hub_stand_in import StandInHub

TURNS = Prompt((Message("system", "Be brief."), Message("user", "What is the capital of France?")))
NAME = "someone/mine"


@pytest.fixture
def hub(monkeypatch):
    made = StandInHub()
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: made)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_somebodys")
    return made


@pytest.fixture
def bench(tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path / "data"))) as made:
        yield made


def judged(bench, workspace="local", choices=("left", "tie", "right")):
    for number, choice in enumerate(choices):
        left, right = Completion(TURNS, f"Paris {number}."), Completion(TURNS, f"Rome {number}.")
        token = bench.store.show_pair(workspace, bench.preferences.person(workspace), left, right)
        bench.preferences.choose(workspace, token, choice, judgment_id=uuid.uuid4().hex)


def trained(bench, workspace="local"):
    start = bench.checkpoints.shipped["pocket-sft"]
    folder = bench.shelf.folder(workspace, "dpo-1")
    folder.create(RunSpec("dpo-1", workspace, "dpo", {}, start, name="DPO 1", data_hash="abc123"), [])
    folder.checkpoint_path.mkdir()
    (folder.checkpoint_path / "model.safetensors").write_bytes(b"weights")
    for number in range(40):
        folder.append(StepDone(number + 1, {"loss": 1.0 / (number + 1)}))
    made = Checkpoint("dpo-1", "DPO 1", "policy", "pocket", "", parent=start.id, run_id="dpo-1")
    for event in (Saved(40, made), RunEnded("done")):
        folder.append(event)


def test_a_set_leaves_as_a_folder_that_datasets_reads_with_all_its_turns(bench, tmp_path):
    from datasets import load_dataset

    judged(bench)
    with zipfile.ZipFile(bench.takeaway.set_folder("local")) as archive:
        archive.extractall(tmp_path)
    folder = str(tmp_path / "preferences")
    cache = str(tmp_path / "cache")
    preferences = load_dataset(folder, "preferences", split="train", cache_dir=cache)
    judgments = load_dataset(folder, "judgments", split="train", cache_dir=cache)
    assert [row["content"] for row in preferences[0]["prompt"]] == [m.content for m in TURNS.messages]
    assert [row["chosen"][0]["content"] for row in preferences] == ["Paris 0.", "Rome 2."]
    assert judgments["choice"] == ["left", "tie", "right"]
    card = (tmp_path / "preferences" / "README.md").read_text()
    assert "3 judgments" in card and "2 of them are preferences" in card and "1 person (3)" in card


def test_a_set_of_ties_alone_has_no_empty_part(bench, tmp_path):
    from datasets import load_dataset

    judged(bench, choices=("tie",))
    with zipfile.ZipFile(bench.takeaway.set_folder("local")) as archive:
        archive.extractall(tmp_path)
    found = load_dataset(str(tmp_path / "preferences"), split="train", cache_dir=str(tmp_path / "cache"))
    assert found["choice"] == ["tie"]


def test_an_empty_set_is_refused(bench):
    with pytest.raises(NotFound, match="nothing"):
        bench.takeaway.set_folder("local")


def test_a_pushed_run_has_its_weights_and_card_on_top_and_all_that_made_it_below(bench, hub):
    trained(bench)
    assert bench.takeaway.push_run("local", "dpo-1", f" {NAME} ") == f"https://huggingface.co/{NAME}"
    files = hub.repositories["model", NAME]
    assert files["model.safetensors"] == b"weights"
    assert {"run/config.json", "run/events.jsonl", "run/data.jsonl", "run/reproduce.py"} <= set(files)
    card = files["README.md"].decode()
    assert "abc123" in card and "library_name: transformers" in card
    steps = [line.split("|")[1].strip() for line in card.split("## Curves")[1].splitlines() if line.startswith("| ")]
    assert steps[0] == "Step" and (steps[1], steps[-1], len(steps)) == ("1", "40", 13)


def test_a_pushed_set_is_the_folder(bench, hub):
    judged(bench)
    assert bench.takeaway.push_set("local", NAME).endswith(f"datasets/{NAME}")
    assert set(hub.repositories["dataset", NAME]) == {
        "README.md",
        "data/preferences.parquet",
        "data/judgments.parquet",
    }


def test_what_the_hub_refuses_is_said_with_what_to_do(bench, hub):
    judged(bench)
    hub.refuses = 403
    with pytest.raises(HubRefused, match="token") as refused:
        bench.takeaway.push_set("local", NAME)
    assert "HF_TOKEN" in refused.value.hint
    hub.refuses, hub.down = None, True
    with pytest.raises(HubRefused, match="cannot be reached"):
        bench.takeaway.push_set("local", NAME)


def test_without_a_token_nothing_is_pushed(bench, hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    judged(bench)
    assert not bench.takeaway.can_push
    with pytest.raises(NotAllowed, match="no token"):
        bench.takeaway.push_set("local", NAME)
    assert hub.repositories == {}


def test_a_demos_visitors_never_push_with_the_hosts_token(hub, tmp_path):
    with closing(Workbench(Settings(data_dir=tmp_path, mode="demo"))) as bench:
        anna = bench.workspace_of({"playground_workspace": "a" * 32})
        judged(bench, anna)
        trained(bench, anna)
        for push in (
            lambda: bench.takeaway.push_set(anna, NAME),
            lambda: bench.takeaway.push_run(anna, "dpo-1", NAME),
        ):
            with pytest.raises(NotAllowed):
                push()
    assert hub.repositories == {}
