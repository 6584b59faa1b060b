"""The table of models, and checkpoints for models outside it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from playground.errors import ModelNotUsable, NotFound
from playground.models import catalogue
from playground.models.catalogue import CARDS, external_checkpoint, find_checkpoint, fingerprint, shipped_checkpoints


@pytest.mark.parametrize("module", ["playground.models", "playground.models.catalogue", "playground.models.devices"])
def test_the_catalogue_loads_no_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_card_names_and_model_ids_are_unique():
    ids = [i for card in CARDS for i in (card.base_id, card.instruct_id)]
    assert len({card.name for card in CARDS}) == len(CARDS)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_card_gives_a_base_without_chat_and_an_instruct_with(card):
    base, instruct = find_checkpoint(card.base_id), find_checkpoint(card.instruct_id)
    assert (base.card, instruct.card) == (card.name, card.name)
    assert not base.knows_chat
    assert instruct.knows_chat


def test_the_shipped_sft_descends_from_the_shipped_base():
    base, sft = shipped_checkpoints()
    assert (base.id, base.method, base.parent) == ("pocket-base", "pretrained", None)
    assert (sft.id, sft.method, sft.parent) == ("pocket-sft", "sft", "pocket-base")
    assert all(Path(c.path).is_absolute() for c in (base, sft))


def test_the_fingerprint_follows_the_weights_and_nothing_else(tmp_path):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"one")
    first = fingerprint(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    assert fingerprint(tmp_path) == first
    weights.write_bytes(b"two, longer")
    assert fingerprint(tmp_path) != first
    assert len(first) == 12


def test_a_folder_without_weights_has_no_fingerprint(tmp_path):
    assert fingerprint(tmp_path) == ""


@pytest.mark.parametrize(
    ("name", "knows"),
    [("someone/tiny-instruct", True), ("someone/tiny-it-v2", True), ("someone/italian-base", False), ("gpt2", False)],
)
def test_an_unknown_hub_model_is_judged_by_its_name(name, knows):
    assert external_checkpoint(name).knows_chat is knows
    assert external_checkpoint(name).path == name


@pytest.mark.parametrize("template", ["tokenizer_config.json", "chat_template.jinja", None])
def test_a_folder_says_whether_it_knows_the_chat_template(tmp_path, template):
    (tmp_path / "config.json").write_text("{}")
    if template:
        (tmp_path / template).write_text(json.dumps({"chat_template": "x"}))
    found = external_checkpoint(str(tmp_path))
    assert found.knows_chat is (template is not None)
    assert (found.path, found.id) == (str(tmp_path), str(tmp_path))


def test_an_adapter_folder_names_its_parent(tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "pocket-base"}))
    found = external_checkpoint(str(tmp_path))
    assert (found.form, found.parent) == ("adapter", "pocket-base")


@pytest.mark.parametrize(
    "name", ["", "  ", "a/b/c", "../etc", "https://huggingface.co/gpt2", "/no/such/folder", "a/.."]
)
def test_names_that_are_no_models_are_refused(name):
    with pytest.raises(ModelNotUsable) as refused:
        external_checkpoint(name)
    assert refused.value.hint
    with pytest.raises(NotFound):
        find_checkpoint(name)


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(ModelNotUsable, match=r"config\.json is missing"):
        external_checkpoint(str(tmp_path))


def test_a_broken_config_is_refused(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{not json")
    with pytest.raises(ModelNotUsable, match="not readable JSON"):
        catalogue.external_checkpoint(str(tmp_path))
