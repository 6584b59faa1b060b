"""Models looked up and fetched through the workbench: whose they are, how a fetch is followed, stopped and refused."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from safetensors.torch import save_file

from playground.errors import ModelNotUsable, NotAllowed, PlaygroundError
from playground.models.catalogue import CARDS
from playground.models.facts import ModelFacts, ModelFile
from playground.models.hub import HubOutOfReach
from playground.models.memory import Shape
from playground.registry import algorithms, build_config, suited
from playground.settings import Settings
from playground.types import Checkpoint, Speed
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.estimates import Estimates
from playground.workbench.models import Models
from tests.tiny import saved_tiny

SMOLLM2 = next(card for card in CARDS if card.name == "smollm2-135m")
LARGE = next(card for card in CARDS if card.name == "olmo-2-1b")


def no_hub(name):
    raise HubOutOfReach(f"The Hub cannot be reached from here, so {name} was not found.")


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A local playground that reaches no Hub and opens own models below tmp_path."""
    monkeypatch.setattr("playground.workbench.models.hub_facts", no_hub)
    return Models(Settings(data_dir=tmp_path / "data", model_dir=tmp_path))


def left(models):
    return list(models.shelf.folder.iterdir()) if models.shelf.folder.is_dir() else []


def test_a_fetched_model_joins_everybodys_checkpoints_and_leaves_them_again(models, tmp_path):
    saved_tiny(tmp_path / "mine")
    models.begin(str(tmp_path / "mine"))
    assert [step.text for step in models.follow()][-1] == "It is here."
    none = SimpleNamespace(summaries=lambda workspace: [])
    checkpoints = Checkpoints(none, models.shelf)
    chat, raw = checkpoints.all("anybody")[2:]
    assert (chat.name, raw.knows_chat) == ("mine", False)
    assert checkpoints.find("anybody", chat.id) == chat
    assert checkpoints.carried([chat, raw]) == []
    assert models.look(chat.id).here
    with pytest.raises(NotAllowed, match="already"):
        models.begin(chat.id)
    models.remove(chat.id)
    assert [c.card for c in checkpoints.all("anybody")] == ["pocket", "pocket"]


def test_without_the_hub_the_package_is_offered_with_its_size_before_anything_is_downloaded(models):
    offer = models.look(SMOLLM2.instruct_id)
    assert (offer.facts.source, offer.facts.download) == ("package", SMOLLM2.package.size)
    assert "4 bits" in offer.facts.note
    assert left(models) == []
    with pytest.raises(HubOutOfReach) as refused:
        models.look(SMOLLM2.base_id)
    assert SMOLLM2.instruct_id in refused.value.hint


@pytest.mark.parametrize(
    "name", ["", "  ", "a/b/c", "../etc", "https://huggingface.co/gpt2", "a/..", "/no/such/folder"]
)
def test_names_that_are_no_models_are_refused(models, name):
    with pytest.raises((ModelNotUsable, NotAllowed)) as refused:
        models.look(name)
    assert refused.value.hint
    assert left(models) == []


def test_a_70b_model_is_refused_before_any_download(models, monkeypatch):
    facts = ModelFacts("big/llama-70b", "hub", 70_000_000_000, Shape(80, 8192, 128_256, 1024), (ModelFile("m", 1),))
    monkeypatch.setattr("playground.workbench.models.hub_facts", lambda name: facts)
    monkeypatch.setattr("playground.workbench.models.free_memory", lambda: 16 * 2**30)
    for attempt in (models.look, models.begin):
        with pytest.raises(ModelNotUsable, match="memory"):
            attempt(facts.id)
    assert left(models) == []


def test_a_corrupt_file_that_is_found_in_the_other_process_is_told_and_leaves_nothing(models, tmp_path):
    saved_tiny(tmp_path / "mine")
    config = json.loads((tmp_path / "mine" / "config.json").read_text())
    (tmp_path / "mine" / "config.json").write_text(json.dumps(config | {"hidden_size": 64}))
    models.begin(str(tmp_path / "mine"))
    with pytest.raises(PlaygroundError, match="other sizes than its config"):
        list(models.follow())
    assert left(models) == []


def test_a_second_fetch_waits_for_the_first_and_a_stop_that_comes_too_late_is_not_claimed(models, tmp_path):
    saved_tiny(tmp_path / "mine")
    saved_tiny(tmp_path / "other")
    models.begin(str(tmp_path / "mine"))
    with pytest.raises(NotAllowed, match="Another model"):
        models.begin(str(tmp_path / "other"))
    models.stop()
    last = [step.text for step in models.follow()][-1]
    assert last.startswith("Stopped" if left(models) == [] else "It is here.")


def test_in_a_demo_only_small_cards_may_be_fetched_and_nothing_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("playground.workbench.models.hub_facts", no_hub)
    demo = Models(Settings(data_dir=tmp_path, model_dir=tmp_path, mode="demo"))
    for name in ("owner/model", str(tmp_path), LARGE.instruct_id):
        with pytest.raises(NotAllowed):
            demo.look(name)
    assert demo.look(SMOLLM2.instruct_id).facts.source == "package"
    for refused in (lambda: demo.remove(SMOLLM2.instruct_id), demo.stop):
        with pytest.raises(NotAllowed):
            refused()


@pytest.mark.parametrize("name", sorted(algorithms()))
def test_a_real_model_is_trained_by_an_adapter_unless_one_says_otherwise(name):
    entry = algorithms()[name]
    pocket, real = (Checkpoint("x", "x", "policy", card, "") for card in ("pocket", SMOLLM2.name))
    assert build_config(entry, suited(entry, real, {})).adapter == "lora"
    assert build_config(entry, suited(entry, real, {"adapter": "full"})).adapter == "full"
    assert suited(entry, pocket, {}) == {}


def test_a_larger_model_is_expected_to_take_longer_and_leaves_the_pockets_estimate_alone(models):
    pocket, real = (Checkpoint("x", "x", "policy", card, "") for card in ("pocket", SMOLLM2.name))
    slow = SimpleNamespace(
        status="done", seconds=9000.0, spec=SimpleNamespace(algorithm="sft", start=real, config={}, data_count=500)
    )
    estimates = [Estimates(SimpleNamespace(summaries=lambda _, p=past: p), models.shelf) for past in ([], [slow])]
    for one in estimates:
        one.speed = Speed(1000.0, 1000.0, 1000.0, "cpu", "float32", 1)
    before, after = (one.seconds("w", "sft", {}, 500, pocket) for one in estimates)
    assert before == after
    assert estimates[0].seconds("w", "sft", {}, 500, real) > 10 * before
    assert estimates[1].seconds("w", "sft", {}, 500, real) == pytest.approx(9000.0)


def test_weights_that_are_no_model_are_refused(models, tmp_path):
    import torch

    (tmp_path / "odd").mkdir()
    save_file({"a": torch.zeros(2)}, tmp_path / "odd" / "model.safetensors")
    with pytest.raises(ModelNotUsable, match=r"config\.json"):
        models.look(str(tmp_path / "odd"))
