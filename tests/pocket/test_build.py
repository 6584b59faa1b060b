"""The build goes on where it was interrupted and leaves alone what is made."""

from contextlib import nullcontext
from dataclasses import replace
from itertools import islice

import pytest
import torch

from playground.pocket.build import finetune as finetuning
from playground.pocket.build import pretrain as pretraining
from playground.pocket.build import stages
from playground.pocket.build.edge import auc
from playground.pocket.build.figures import share
from playground.pocket.build.finetune import FinetuneConfig
from playground.pocket.build.pretrain import PretrainConfig
from playground.pocket.build.tokenizer import train_tokenizer
from playground.pocket.documents import documents

TINY = PretrainConfig(tokens=8 * 2 * 32, rows=2, window=32, save_every=4)


class Interrupted(Exception):
    """The power went."""


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(islice(documents(1), 400))


@pytest.fixture(autouse=True)
def float32(monkeypatch):
    for module in (pretraining, finetuning):
        monkeypatch.setattr(module, "fastest_autocast", lambda model: nullcontext())


def test_an_interrupted_pretraining_ends_as_an_uninterrupted_one_does(tmp_path, monkeypatch, tokenizer):
    whole = pretraining.pretrain(tokenizer, replace(TINY, save_every=0), tmp_path)
    update, calls = pretraining._update, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == 7:
            raise Interrupted
        return update(*arguments)

    monkeypatch.setattr(pretraining, "_update", failing)
    with pytest.raises(Interrupted):
        pretraining.pretrain(tokenizer, TINY, tmp_path)
    resumed = pretraining.pretrain(tokenizer, TINY, tmp_path)
    assert len(calls) == 7 + 4  # steps 5 to 8 once more
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_the_build_makes_what_is_missing_and_nothing_else(tmp_path, monkeypatch, tokenizer):
    monkeypatch.setattr(stages, "make_tokenizer", lambda: tokenizer)
    folder, work = tmp_path / "made", tmp_path / "work"
    stages.build(folder, work, TINY, FinetuneConfig(examples=32, rehearsed=4))
    assert stages.tuned_folders(folder, work) == [folder / "sft"]
    stages.build(folder, work, TINY, FinetuneConfig(examples=32, rehearsed=4), models=2)
    assert stages.tuned_folders(folder, work) == [folder / "sft", work / "sft-2"]
    parts = [stages.load(work / f"part-{seed}")[0] for seed in (1, 101, 201)]
    for mean, *apart in zip(*(m.parameters() for m in (stages.load(folder / "sft")[0], *parts)), strict=True):
        torch.testing.assert_close(mean, sum(apart) / 3, atol=1e-2, rtol=1e-2)  # kept in bfloat16
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    stages.build(folder, work, TINY, FinetuneConfig(examples=32, rehearsed=4), models=2)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")} == before
    shipped, other = (stages.load(place)[0] for place in (folder / "sft", work / "sft-2"))
    assert any(not torch.equal(a, b) for a, b in zip(shipped.parameters(), other.parameters(), strict=True))


def test_the_mean_of_models_has_the_mean_of_their_weights(tokenizer):
    one, other = (pretraining.new_model(tokenizer) for _ in range(2))
    name, was = "model.norm.weight", one.state_dict()["model.norm.weight"].clone()
    other.load_state_dict({**other.state_dict(), name: was + 1})
    torch.testing.assert_close(stages.mean_of([one, other]).state_dict()[name], was + 0.5)


@pytest.mark.parametrize(("low", "high", "area"), [([1, 2], [3, 4], 1), ([3, 4], [1, 2], 0), ([1], [1], 0.5)])
def test_the_area_under_the_curve_by_hand(low, high, area):
    assert auc(low, high) == area


def test_a_share_keeps_its_interval_around_it():
    figure = share("right", [True] * 9 + [False], at_least=0.9)
    assert figure.value == pytest.approx(0.9) and figure.low < 0.9 < figure.high and figure.cases == 10
    assert figure.reached
