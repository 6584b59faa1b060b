"""The Hub's answers and refusals, as huggingface_hub raises them: sentences, and nothing left behind."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from types import SimpleNamespace

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import errors

from playground.errors import ModelNotUsable
from playground.models.hub import HubOutOfReach, download, hub_facts
from tests.tiny import tiny_llama

NAME = "owner/tiny-instruct"


def response(status):
    return httpx2.Response(status, request=httpx2.Request("GET", f"https://huggingface.co/api/models/{NAME}"))


REFUSALS = [
    (errors.GatedRepoError("403", response=response(403)), ModelNotUsable, "gated", "HF_TOKEN"),
    (errors.RepositoryNotFoundError("404", response=response(404)), ModelNotUsable, "no model", "spelling"),
    (errors.RemoteEntryNotFoundError("404", response=response(404)), ModelNotUsable, r"no config\.json", "another"),
    (errors.RevisionNotFoundError("404", response=response(404)), ModelNotUsable, r"no config\.json", "another"),
    (errors.HFValidationError("bad"), ModelNotUsable, "not a name", "owner/model"),
    (errors.HfHubHTTPError("503", response=response(503)), ModelNotUsable, "503", "again"),
    (errors.OfflineModeIsEnabled("offline"), HubOutOfReach, "cannot be reached", "internet"),
    (errors.LocalEntryNotFoundError("offline"), HubOutOfReach, "cannot be reached", "internet"),
    (httpx2.ConnectError("Name or service not known"), HubOutOfReach, "cannot be reached", "internet"),
    (httpx2.ReadTimeout("slow"), HubOutOfReach, "cannot be reached", "internet"),
    (OSError(errno.ENOSPC, "No space left on device"), ModelNotUsable, "disk is full", "room"),
    (ConnectionResetError(), HubOutOfReach, "cannot be reached", "internet"),
]
BY_NAME = [type(refusal[0]).__name__ for refusal in REFUSALS]


class FakeHub:
    """One repository: a config, and files with sizes."""

    def __init__(self, config, files, parameters=None):
        self.config, self.files, self.parameters = config, files, parameters
        self.brought: list[str] = []

    def model_info(self, repo, **_):
        return SimpleNamespace(
            sha="a1b2",
            siblings=[SimpleNamespace(rfilename=name, size=size) for name, size in self.files.items()],
            safetensors=SimpleNamespace(total=self.parameters) if self.parameters else None,
            card_data=SimpleNamespace(license="apache-2.0"),
        )

    def hf_hub_download(self, repo, filename, local_dir, **_):
        self.brought.append(filename)
        path = Path(local_dir) / filename
        path.write_text(json.dumps(self.config))
        return str(path)

    def join(self, monkeypatch):
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda: self)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", self.hf_hub_download)
        return self


FILES = {"config.json": 700, "model.safetensors": 9000, "tokenizer.json": 300, "pytorch_model.bin": 9000, "a.png": 5}


def test_the_size_is_known_when_only_the_config_was_downloaded(monkeypatch):
    hub = FakeHub(tiny_llama().config.to_dict(), FILES, parameters=1234).join(monkeypatch)
    facts = hub_facts(NAME)
    assert hub.brought == ["config.json"]
    assert (facts.parameters, facts.download, facts.licence) == (1234, 10_000, "apache-2.0")
    assert {f.name for f in facts.files} == {"config.json", "model.safetensors", "tokenizer.json"}
    assert facts.shape.layers == 2
    assert facts.knows_chat


def test_without_a_count_the_parameters_are_told_from_the_size(monkeypatch):
    FakeHub(tiny_llama().config.to_dict(), FILES).join(monkeypatch)
    assert hub_facts(NAME).parameters == 4500


@pytest.mark.parametrize(
    ("config", "files", "said"),
    [
        ({"architectures": ["BertModel"], "num_hidden_layers": 2}, FILES, "does not write"),
        ({"architectures": ["LlavaForConditionalGeneration"], "vision_config": {}}, FILES, "images"),
        (None, {"config.json": 1, "pytorch_model.bin": 9}, "pickles"),
    ],
)
def test_what_cannot_be_used_is_refused_before_its_weights_are_downloaded(monkeypatch, config, files, said):
    hub = FakeHub(config or tiny_llama().config.to_dict(), files).join(monkeypatch)
    with pytest.raises(ModelNotUsable, match=said):
        hub_facts(NAME)
    assert hub.brought == ["config.json"]


@pytest.mark.parametrize(("error", "kind", "said", "hint"), REFUSALS, ids=BY_NAME)
def test_a_refusal_of_the_hub_says_what_was_seen_and_what_to_do(monkeypatch, error, kind, said, hint):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", refuse)
    with pytest.raises(kind, match=said) as refused:
        hub_facts(NAME)
    assert NAME in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize(("error", "kind", "said", "hint"), REFUSALS, ids=BY_NAME)
def test_a_refusal_during_the_download_is_said_alike(monkeypatch, tmp_path, error, kind, said, hint):
    FakeHub(tiny_llama().config.to_dict(), FILES).join(monkeypatch)
    facts = hub_facts(NAME)

    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(kind, match=said):
        download(facts, tmp_path)


def test_nothing_but_the_named_files_of_the_seen_revision_is_downloaded(monkeypatch, tmp_path):
    FakeHub(tiny_llama().config.to_dict(), FILES).join(monkeypatch)
    asked = {}
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda repo, **options: asked.update(options))
    download(hub_facts(NAME), tmp_path)
    assert sorted(asked["allow_patterns"]) == ["config.json", "model.safetensors", "tokenizer.json"]
    assert (asked["revision"], asked["local_dir"]) == ("a1b2", tmp_path)
