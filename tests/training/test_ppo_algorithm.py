import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from playground.errors import ModelNotUsable, NonFiniteLoss, NothingToLearn
from playground.events import Phase, RunStarted, Sampled, Saved, StepDone, Warned, from_line, to_line
from playground.models.catalogue import fingerprint
from playground.models.loader import load
from playground.registry import algorithms
from playground.runs.folder import RunFolder
from playground.runs.run import Run
from playground.training.algorithms.ppo import PPOConfig, train_ppo
from playground.training.inputs import TrainInputs
from playground.types import Checkpoint, Completion, Example, Prompt, RunSpec
from playground.vocabulary import METRICS

SPECIAL = ("<|pad|>", "<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>")
PROMPTS = [Prompt.user(text) for text in ("ab?", "cab?", "a", "dad cab")]
PROBES = [Prompt.user("bad?"), Prompt.user("b")]
CONFIG = PPOConfig(
    iterations=4,
    rollouts=8,
    max_new_tokens=6,
    ppo_epochs=2,
    minibatch_size=4,
    microbatch_size=4,
    learning_rate=1e-3,
    normalise_rollouts=8,
    probe_every=2,
    save_every=2,
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Checkpoint:
    """A tiny Llama over letters, with a chat template, as a checkpoint on disk."""
    folder = tmp_path_factory.mktemp("start")
    words = [*SPECIAL, *"abcde ?"]
    raw = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="?"))
    raw.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    raw.decoder = decoders.Fuse()
    names = {"pad_token": SPECIAL[0], "bos_token": SPECIAL[1], "eos_token": SPECIAL[4], "unk_token": "?"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, additional_special_tokens=list(SPECIAL[2:4]), **names)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    tokenizer.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(words),
                hidden_size=32,
                intermediate_size=48,
                num_hidden_layers=2,
                num_attention_heads=2,
                num_key_value_heads=2,
                max_position_embeddings=64,
                tie_word_embeddings=True,
                initializer_range=0.1,
                pad_token_id=0,
                bos_token_id=1,
                eos_token_id=4,
            )
        )
    model.save_pretrained(folder)
    return Checkpoint("start", "Start", "policy", "tiny", str(folder), fingerprint=fingerprint(folder))


def count_a(completions: list[Completion]) -> list[float]:
    return [c.text.count("a") - 0.2 * len(c.text) for c in completions]


class World:
    """A run's folder and what its trainer is given."""

    def __init__(self, path: Path, start: Checkpoint, **spec) -> None:
        self.stop = threading.Event()
        given = {"id": "r1", "workspace": "w", "algorithm": "ppo", "config": {}, "start": start, "dtype": "float32"}
        self.run = Run(RunFolder(path), RunSpec(**given | spec), self.stop)
        if not path.exists():
            self.run.folder.create(self.run.spec, [])
        self.start = start

    def train(self, config: PPOConfig = CONFIG, **inputs) -> Checkpoint:
        loaded = load(self.start, device="cpu", trainable=True)
        given = {"prompts": PROMPTS, "probes": PROBES, "reward": count_a} | inputs
        return train_ppo(self.run, TrainInputs(loaded, **given), config)

    def events(self, kind) -> list:
        return [event for event in self.run.folder.events() if isinstance(event, kind)]

    def curve(self) -> list[dict[str, float]]:
        return [event.metrics for event in self.events(StepDone)]


def test_a_run_says_what_it_does_and_leaves_a_checkpoint(tmp_path, start):
    world = World(tmp_path / "run", start, name="Mine", data_hash="d")
    checkpoint = world.train(gold=lambda completions: [1.0] * len(completions))

    (started,) = world.events(RunStarted)
    assert (started.total_steps, started.train_count, started.dtype) == (4, 4, "float32")
    assert [phase.name for phase in world.events(Phase)] == ["preparing the prompts", "training"]
    assert [event.step for event in world.events(StepDone)] == [1, 2, 3, 4]
    assert [event.step for event in world.events(Sampled)] == [0, 2, 4]
    assert [event.step for event in world.events(Saved)] == [2, 4]
    for metrics in world.curve():
        assert set(metrics) <= set(METRICS)
        assert metrics["gold_reward"] == 1.0
    for probe in world.events(Sampled)[0].probes:
        assert {"prompt", "completion", "proxy_reward", "gold_reward"} <= set(probe)

    assert (checkpoint.parent, checkpoint.method, checkpoint.run_id) == ("start", "ppo", "r1")
    assert (checkpoint.data_hash, checkpoint.form, checkpoint.knows_chat) == ("d", "full", True)
    assert checkpoint.fingerprint not in ("", start.fingerprint)
    assert load(checkpoint, device="cpu").model is not None


def test_events_are_those_that_were_written(tmp_path, start):
    world = World(tmp_path / "run", start)
    world.train()
    for event in world.run.folder.events():
        assert from_line(to_line(event)) == event


def test_the_reward_rises_and_sees_prompts_texts_and_ends(tmp_path, start):
    seen: list[Completion] = []

    def reward(completions):
        seen.extend(completions)
        return count_a(completions)

    world = World(tmp_path / "run", start)
    world.train(
        replace(CONFIG, iterations=12, rollouts=32, minibatch_size=32, microbatch_size=32, kl_coef=0.0),
        reward=reward,
        probes=[],
    )
    rewards = [metrics["proxy_reward"] for metrics in world.curve()]
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.3
    assert {c.prompt for c in seen} == set(PROMPTS)
    assert {c.finish_reason for c in seen} == {"stop", "length"}
    assert all("<|" not in c.text for c in seen)
    kls = [abs(metrics["kl"]) for metrics in world.curve()]
    assert kls[0] < 1e-5 < 0.01 < kls[-1]  # the policy starts as the reference and leaves it


def test_the_same_seed_gives_the_same_curve_and_weights(tmp_path, start):
    worlds = [World(tmp_path / str(i), start) for i in range(3)]
    first, second = worlds[0].train(), worlds[1].train(probes=[])
    other = worlds[2].train(replace(CONFIG, seed=1))
    assert worlds[0].curve() == worlds[1].curve() != worlds[2].curve()
    assert first.fingerprint == second.fingerprint != other.fingerprint


@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(adapter, tmp_path, start):
    config = replace(CONFIG, adapter=adapter, lora_rank=2)
    whole = World(tmp_path / "whole", start)
    expected = whole.train(config)

    stopped, scored = World(tmp_path / "stopped", start), []

    def stop_in_the_third_iteration(completions):
        scored.append(completions)
        if len(scored) == 2 + 2 + 3 - 1:  # the scale, iterations 1 to 3, probes 0 and 2
            stopped.stop.set()
        return count_a(completions)

    kept = stopped.train(config, reward=stop_in_the_third_iteration)
    assert len(stopped.curve()) == 2
    assert [event.step for event in stopped.events(Saved)] == [2, 2]
    assert kept.fingerprint != expected.fingerprint
    assert load(kept, device="cpu", resolve=lambda id: start).model is not None

    went_on = World(tmp_path / "stopped", start)
    got = went_on.train(config, resume=True)
    assert went_on.curve() == whole.curve()
    assert got.fingerprint == expected.fingerprint
    assert [event.step for event in went_on.events(Sampled)] == [0, 2, 4]


def test_lora_trains_an_adapter_whose_reference_is_the_start(tmp_path, start):
    world = World(tmp_path / "run", start)
    checkpoint = world.train(replace(CONFIG, adapter="lora", lora_rank=2, learning_rate=1e-2))
    assert checkpoint.form == "adapter"
    kls = [abs(metrics["kl"]) for metrics in world.curve()]
    assert kls[0] < 1e-5 < max(kls)
    assert max(metrics["grad_norm"] for metrics in world.curve()) > 0


def test_stop_before_the_first_iteration_keeps_the_start(tmp_path, start):
    world = World(tmp_path / "run", start)
    world.stop.set()
    checkpoint = world.train()
    assert world.curve() == []
    assert checkpoint.fingerprint == start.fingerprint


def test_a_reward_that_is_not_finite_ends_the_run_with_the_last_good_weights(tmp_path, start):
    world, whole = World(tmp_path / "run", start), World(tmp_path / "whole", start)
    expected = whole.train(replace(CONFIG, probe_every=100), probes=[])
    calls = []

    def reward(completions):
        calls.append(None)
        return [float("nan")] * len(completions) if len(calls) > 3 else count_a(completions)

    with pytest.raises(NonFiniteLoss):
        world.train(replace(CONFIG, probe_every=100), reward=reward, probes=[])
    saves = world.events(Saved)
    assert [event.step for event in saves] == [2, 2]
    assert saves[-1].checkpoint.fingerprint == whole.events(Saved)[0].checkpoint.fingerprint != expected.fingerprint


def test_demonstrations_are_mixed_in_where_asked_for(tmp_path, start):
    world = World(tmp_path / "run", start)
    world.train(replace(CONFIG, ptx_coef=1.0), examples=[Example(PROMPTS[0], "bead")])
    losses = [metrics["ptx_loss"] for metrics in world.curve()]
    assert losses[-1] < losses[0]


def test_what_is_missing_is_named(tmp_path, start):
    world = World(tmp_path / "run", start)
    with pytest.raises(ModelNotUsable, match="no reward model"):
        world.train(reward=None)
    with pytest.raises(NothingToLearn, match="no prompts"):
        world.train(prompts=[])
    with pytest.raises(NothingToLearn, match="no demonstrations"):
        world.train(replace(CONFIG, ptx_coef=0.5))


def test_prompts_that_are_too_long_are_left_out_and_counted(tmp_path, start):
    world = World(tmp_path / "run", start)
    world.train(replace(CONFIG, iterations=1), prompts=[*PROMPTS, Prompt.user("a" * 100)])
    (warning,) = world.events(Warned)
    assert "1 of 5" in warning.text
    with pytest.raises(NothingToLearn):
        world.train(prompts=[Prompt.user("a" * 100)])


def test_the_estimate_grows_with_the_work():
    entry = algorithms()["ppo"]
    small, large = (entry.workload(replace(CONFIG, iterations=n), 4, 10) for n in (10, 20))
    assert large.train_tokens == 2 * small.train_tokens
    assert large.score_tokens == 2 * small.score_tokens
    assert (
        entry.workload(replace(CONFIG, ptx_coef=0.1), 4, 10).train_tokens > entry.workload(CONFIG, 4, 10).train_tokens
    )


def test_the_algorithm_registers_without_torch():
    code = "import sys, playground.training.algorithms.ppo; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
