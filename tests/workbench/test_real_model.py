"""The whole loop once on SmolLM2-135M-Instruct, which comes out of a Python package: the Hub is not asked."""

from __future__ import annotations

import json
import os
import time
import uuid
from contextlib import closing

import pytest

from playground.errors import ModelNotUsable
from playground.models.hub import HubOutOfReach
from playground.models.shelf import RAW
from playground.settings import Settings
from playground.types import Completion, Prompt, Sampling
from playground.workbench import Workbench

pytestmark = pytest.mark.slow

SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
PARIS = Prompt.user("What is the capital of France?")
GREEDY = Sampling(temperature=0.0, max_new_tokens=16)
SPACE = "local"
PAIRS = [
    ("Name a colour.", "Blue.", "I do not know any colour, sorry."),
    ("What is two plus two?", "Four.", "That is hard to say."),
    ("Say hello.", "Hello!", "No."),
    ("Name an animal.", "A horse.", "Stone."),
    ("Which season is cold?", "Winter.", "Summer, I think, or perhaps none."),
    ("What do bees make?", "Honey.", "Wool."),
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A workbench with the model fetched. Without a package index the tests are skipped, unless CI asks for them."""
    made = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data")))
    with closing(made), pytest.MonkeyPatch.context() as patch:
        patch.setattr("playground.workbench.models.hub_facts", _out_of_reach)
        try:
            steps = list(made.models.fetch(SMOLLM2))
        except ModelNotUsable as error:
            if os.environ.get("PLAYGROUND_REQUIRE_INDEX"):
                raise
            pytest.skip(f"{error.message} {error.hint}")
        assert steps[-1].text == "It is here."
        assert max(step.done for step in steps) > 0
        made.start()
        yield made


def _out_of_reach(name):
    raise HubOutOfReach(f"The Hub cannot be reached from here, so {name} was not found.")


@pytest.fixture(scope="module")
def file_of_pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    rows = [{"prompt": p, "chosen": c, "rejected": r} for p, c, r in PAIRS]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def ended(bench, spec):
    """The checkpoint of the run once it has ended."""
    while bench.runs.find(SPACE, spec.id).active:
        time.sleep(0.2)
    summary = bench.runs.find(SPACE, spec.id)
    assert summary.status == "done", (summary.message, summary.hint)
    return summary.checkpoint


def answer(bench, checkpoint_id):
    return bench.completions.sample(SPACE, checkpoint_id, [PARIS], GREEDY)[0][0].text


def test_the_converted_model_answers_and_is_told_apart_from_its_raw_self(bench):
    chat, raw = [c for c in bench.checkpoints.all(SPACE) if c.id.startswith(SMOLLM2)]
    assert (chat.id, raw.id) == (SMOLLM2, SMOLLM2 + RAW)
    assert "Paris" in answer(bench, chat.id)
    *_, (as_chat, as_text) = bench.completions.stream(SPACE, [chat.id, raw.id], PARIS, GREEDY)
    assert as_chat != as_text
    (kept,) = bench.models.here()
    assert (kept.parameters, kept.template, kept.knows_chat) == (134_515_008, "its own", True)


def test_a_system_prompt_is_followed_by_the_real_template(bench):
    from playground.types import Message

    asked = Prompt((Message("system", "Answer with the single word Banana."), Message("user", "Say your word.")))
    assert "anana" in bench.completions.sample(SPACE, SMOLLM2, [asked], GREEDY)[0][0].text


def test_every_stage_trains_an_adapter_of_the_real_model(bench, file_of_pairs):
    bench.preferences.add_file(SPACE, file_of_pairs)
    shown = bench.preferences.next_pair(SPACE, [SMOLLM2], PARIS)
    bench.preferences.choose(SPACE, shown.token, "left", judgment_id=str(uuid.uuid4()))
    few = {"epochs": 1, "batch_size": 4, "lora_rank": 4}

    sft = ended(bench, bench.runs.start(SPACE, "sft", {"examples": 10, **few}, start_id=SMOLLM2))
    reward = ended(bench, bench.runs.start(SPACE, "reward_model", few, start_id=SMOLLM2))
    dpo = ended(bench, bench.runs.start(SPACE, "dpo", few, start_id=sft.id))
    short = {"iterations": 1, "rollouts": 4, "max_new_tokens": 8, "ppo_epochs": 1, "normalise_rollouts": 4}
    ppo = ended(bench, bench.runs.start(SPACE, "ppo", {**short, "lora_rank": 4}, start_id=sft.id, reward_id=reward.id))

    assert [c.form for c in (sft, dpo, ppo)] == ["adapter"] * 3
    assert (sft.parent, dpo.parent, ppo.parent, reward.parent) == (SMOLLM2, sft.id, sft.id, SMOLLM2)
    scores = bench.completions.score(SPACE, reward.id, [Completion(PARIS, "Paris."), Completion(PARIS, "No.")])
    assert scores[0] != scores[1]
    for child, parent in ((sft.id, SMOLLM2), (dpo.id, sft.id), (ppo.id, sft.id)):
        assert bench.completions.logit_difference(SPACE, child, parent, PARIS) > 0
        assert answer(bench, child)
    archive = bench.runs.download(SPACE, dpo.run_id)
    assert archive.stat().st_size < 50e6  # the backbone stays at home
