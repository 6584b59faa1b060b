"""Models on their way to the shelf: whole or not there at all. Own folders, GGUF files, downloads that fail."""

from __future__ import annotations

import shutil
import threading

import pytest
import torch
from transformers import BertConfig, BertLMHeadModel

from playground.errors import ModelNotUsable, NotAllowed, NotFound
from playground.models import fetching
from playground.models.catalogue import CARDS
from playground.models.facts import ModelFacts
from playground.models.fetching import FetchService
from playground.models.loader import load
from playground.models.memory import Shape
from playground.models.own import own_facts
from playground.models.shelf import RAW, KeptModel, ModelShelf, require_disk
from tests.tiny import saved_tiny, tiny_llama, tiny_tokenizer, write_tiny_gguf

INSTRUCT = next(card for card in CARDS if card.name == "smollm2-135m")
SHAPE = Shape(2, 32, 320, 32)


@pytest.fixture
def shelf(tmp_path):
    return ModelShelf(tmp_path / "shelf")


@pytest.fixture
def folder(tmp_path):
    saved_tiny(tmp_path / "mine")
    return tmp_path / "mine"


def fetch(facts, shelf, cancelled=None):
    return [progress.text for progress in FetchService().fetch(cancelled or threading.Event(), facts, shelf.folder)]


def put(shelf, model_id, knows_chat=True):
    model = KeptModel(model_id, model_id.split("/")[-1], "", 1, knows_chat, "its own", fingerprint="f")
    with shelf.adding(model_id) as part:
        return shelf.keep(part, model)


def test_a_folder_of_ones_own_is_used_where_it_lies(folder, shelf):
    assert fetch(own_facts(folder, folder.parent), shelf)[-1] == "It is here."
    (kept,) = shelf.all()
    (chat, raw) = shelf.checkpoints()
    assert (kept.path, kept.name, kept.parameters) == (
        str(folder),
        "mine",
        sum(p.numel() for p in tiny_llama().parameters()),
    )
    assert (chat.id, chat.knows_chat, chat.method) == (str(folder), True, "instruct")
    assert (raw.id, raw.knows_chat, raw.path) == (chat.id + RAW, False, chat.path)
    assert "raw text" in raw.name
    shelf.remove(kept.id)
    assert shelf.all() == [] and (folder / "model.safetensors").is_file()


def test_a_gguf_file_is_converted_once_and_writes_what_it_wrote(tmp_path, shelf):
    file = tmp_path / "tiny.gguf"
    write_tiny_gguf(file)
    facts = own_facts(file, tmp_path)
    assert (facts.shape.layers, facts.shape.vocabulary) == (2, 320)
    fetch(facts, shelf)
    (checkpoint,) = [c for c in shelf.checkpoints() if not c.id.endswith(RAW)]
    loaded = load(checkpoint)
    ids = torch.tensor([[1, 9, 30, 200, 7]])
    with torch.no_grad():
        now, then = loaded.model(input_ids=ids).logits, tiny_llama()(input_ids=ids).logits
    assert (now - then).abs().max() < 0.03 * then.abs().max()  # bfloat16 on the shelf
    assert loaded.tokenizer("the cat12")["input_ids"] == tiny_tokenizer()("the cat12")["input_ids"]
    assert not list(shelf.folder.rglob("*.gguf"))


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model at all", b"GGUF" + bytes(400)])
def test_a_broken_gguf_file_is_refused(tmp_path, content):
    file = tmp_path / "odd.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelNotUsable, match="GGUF"):
        own_facts(file, tmp_path)


@pytest.mark.parametrize("way", ["outside", "dots", "link"])
def test_a_path_outside_the_allowed_folder_is_refused(folder, tmp_path, way):
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "link").symlink_to(folder)
    path = {"outside": folder, "dots": allowed / ".." / "mine", "link": allowed / "link"}[way]
    with pytest.raises(NotAllowed, match="outside"):
        own_facts(path, allowed)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("config.json", r"config\.json is missing"),
        ("tokenizer.json", "no tokenizer"),
        ("model.safetensors", "holds no"),
    ],
)
def test_a_folder_that_lacks_a_part_is_refused_by_that_part(folder, name, said):
    (folder / name).unlink()
    with pytest.raises(ModelNotUsable, match=said):
        own_facts(folder, folder.parent)


def test_a_folder_with_a_pickle_for_weights_is_refused(folder):
    (folder / "model.safetensors").unlink()
    torch.save(tiny_llama().state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(ModelNotUsable, match="pickles"):
        own_facts(folder, folder.parent)


def test_an_adapter_without_its_backbone_is_refused(folder):
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelNotUsable, match="adapter"):
        own_facts(folder, folder.parent)


def test_an_encoder_that_calls_itself_a_writer_is_found_out_and_not_kept(tmp_path, shelf):
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    folder = tmp_path / "bert"
    BertLMHeadModel(BertConfig(vocab_size=320, initializer_range=0.2, **sizes)).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    with pytest.raises(ModelNotUsable, match="later tokens"):
        fetch(own_facts(folder, tmp_path), shelf)
    assert list(shelf.folder.iterdir()) == []


def hub_like(folder):
    return ModelFacts("owner/tiny", "hub", 1, SHAPE, knows_chat=True)


def test_a_download_is_tried_before_it_is_kept(folder, shelf, monkeypatch):
    monkeypatch.setattr(fetching, "download", lambda facts, part: shutil.copytree(folder, part, dirs_exist_ok=True))
    fetch(hub_like(folder), shelf)
    assert [c.id for c in shelf.checkpoints()] == ["owner/tiny", "owner/tiny:raw"]
    assert load(shelf.find_checkpoint("owner/tiny")).context > 0


def test_a_download_cut_short_leaves_nothing_behind(folder, shelf, monkeypatch):
    def cut(facts, part):
        shutil.copytree(folder, part, dirs_exist_ok=True)
        (part / "model.safetensors").write_bytes((part / "model.safetensors").read_bytes()[:5000])

    monkeypatch.setattr(fetching, "download", cut)
    with pytest.raises(ModelNotUsable, match="cannot be loaded"):
        fetch(hub_like(folder), shelf)
    assert list(shelf.folder.iterdir()) == []


def test_a_cancelled_fetch_leaves_nothing_behind(folder, shelf, monkeypatch):
    cancelled, begun = threading.Event(), threading.Event()

    def slow(facts, part):
        (part / "model.safetensors").write_bytes(b"half")
        begun.set()
        cancelled.wait(30)

    monkeypatch.setattr(fetching, "download", slow)
    steps = FetchService().fetch(cancelled, hub_like(folder), shelf.folder)
    next(steps)
    assert begun.wait(10)
    cancelled.set()
    assert "It is here." not in [progress.text for progress in steps]
    assert list(shelf.folder.iterdir()) == []


def test_what_a_killed_process_left_half_fetched_is_no_model_and_is_cleared(shelf):
    part = shelf.folder / ".part-owner-tiny"
    part.mkdir(parents=True)
    (part / "playground.json").write_text("{}")
    assert shelf.all() == []
    shelf.clear_parts()
    assert list(shelf.folder.iterdir()) == []


def test_an_instruct_model_stands_beside_its_base_where_that_is_here(shelf):
    put(shelf, INSTRUCT.instruct_id)
    assert [c.id for c in shelf.checkpoints()] == [INSTRUCT.instruct_id, INSTRUCT.instruct_id + RAW]
    put(shelf, INSTRUCT.base_id, knows_chat=False)
    chat = shelf.find_checkpoint(INSTRUCT.instruct_id)
    assert (chat.parent, chat.card) == (INSTRUCT.base_id, INSTRUCT.name)
    assert sorted(c.id for c in shelf.checkpoints()) == sorted([INSTRUCT.base_id, INSTRUCT.instruct_id])
    assert shelf.find_checkpoint(INSTRUCT.instruct_id + RAW) is not None  # runs may have been trained on it


def test_ids_become_folders_that_cannot_collide_or_leave_the_shelf(shelf):
    for model_id in ("a/b", "a-b", "../x", "/etc/passwd", ".hidden"):
        put(shelf, model_id)
    assert len(shelf.all()) == 5
    assert all(path.parent == shelf.folder for path in shelf.folder.iterdir())
    shelf.remove("a/b")
    assert shelf.find("a/b") is None and shelf.find("a-b") is not None
    with pytest.raises(NotFound):
        shelf.remove("a/b")


def test_a_full_disk_is_said_before_the_download(tmp_path):
    with pytest.raises(ModelNotUsable, match="on disk"):
        require_disk(tmp_path, 2**60)
    require_disk(tmp_path, 1)
