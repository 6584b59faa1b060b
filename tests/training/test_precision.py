import json
from pathlib import Path

import pytest
import torch

from playground.events import StepDone
from playground.models.loader import load
from playground.runs.folder import RunFolder
from playground.runs.run import Run
from playground.training import precision
from playground.types import RunSpec


def run_in(dtype: str, start, tmp_path) -> Run:
    return Run(RunFolder(tmp_path / "run"), RunSpec("run", "test", "dpo", {}, start, dtype=dtype))


@pytest.mark.parametrize("dtype, expected", [("float32", None), ("bfloat16", torch.bfloat16), ("auto", "measured")])
def test_the_number_format_is_the_runs_own_or_measured(dtype, expected, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "autocast_dtype", lambda: "measured")
    assert precision.precision(run_in(dtype, tiny, tmp_path)) == expected


@pytest.mark.parametrize(
    "dtype, longest, attention",
    [(torch.bfloat16, 128, "eager"), (torch.bfloat16, 129, "sdpa"), (None, 8, "sdpa")],
)
def test_only_short_rows_in_bfloat16_get_plain_attention(dtype, longest, attention, tiny):
    model = load(tiny, device="cpu").model
    precision.suit_attention(model, dtype, longest)
    assert {layer.self_attn.config._attn_implementation for layer in model.model.layers} == {attention}


@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_in_bfloat16_policy_and_reference_still_agree_before_the_first_step(adapter, train, pairs):
    _, run = train("dpo", dtype="bfloat16", inputs={"preferences": pairs}, batch_size=8, epochs=1, adapter=adapter)
    first = next(e for e in run.folder.events() if isinstance(e, StepDone))
    assert first.metrics["margin"] == 0.0


def test_the_attention_of_a_training_is_not_written_into_its_checkpoint(train, examples):
    checkpoint, _ = train("sft", dtype="bfloat16", inputs={"examples": examples}, batch_size=8)
    config = json.loads((Path(checkpoint.path) / "config.json").read_text())
    assert "eager" not in config.values()
    assert load(checkpoint, device="cpu").model.config._attn_implementation == "sdpa"


def test_a_reward_networks_body_gets_the_attention_of_its_policy(train, pairs, monkeypatch):
    from playground.rewards.network import RewardNetwork

    seen, plain = set(), RewardNetwork.forward

    def forward(self, *args, **kwargs):
        seen.add((self.training, self.body.layers[0].self_attn.config._attn_implementation))
        return plain(self, *args, **kwargs)

    monkeypatch.setattr(RewardNetwork, "forward", forward)
    train("reward_model", dtype="bfloat16", inputs={"preferences": pairs}, batch_size=8, epochs=1)
    assert (True, "eager") in seen and (True, "sdpa") not in seen
