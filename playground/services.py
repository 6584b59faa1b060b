"""What the two child processes can do. Built inside them; the page's process names the functions and loads no torch."""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from playground.models.memory import free_memory
from playground.types import Checkpoint, Completion, Likelihood, Prompt, Sampling, Speed, Template, TokenScore

_MODELS_KEPT = 6


class SamplerService:
    """Samples and scores. Keeps the models used last, in at most half of the memory that was free at start."""

    def __init__(self, checkpoints: list[Checkpoint]) -> None:
        self._warm = checkpoints
        self._models: OrderedDict[str, object] = OrderedDict()
        self._known: dict[str, Checkpoint] = {c.id: c for c in checkpoints}
        self._budget = free_memory() // 2  # bytes
        self._cores = 1

    def warm_up(self) -> str:
        """Load the shipped models; returns the device in words."""
        import torch

        from playground.models.devices import describe_device

        self._cores = torch.get_num_threads()
        torch.set_num_threads(1)
        for checkpoint in self._warm:
            self._policy(checkpoint)
        return describe_device()

    def stream(
        self,
        cancelled: threading.Event,
        checkpoints: list[Checkpoint],
        prompt: Prompt,
        sampling: Sampling,
        family: list[Checkpoint],
    ) -> Iterator[list[str]]:
        """The completions of all checkpoints so far, growing together. family: their ancestors, here and below."""
        from playground.completions.sampler import stream

        self._know(family)
        streams = [stream(self._policy(c), prompt, sampling, cancelled.is_set) for c in checkpoints]
        texts = [""] * len(streams)
        open_streams = dict(enumerate(streams))
        while open_streams:
            for i, one in list(open_streams.items()):
                text = next(one, None)
                if text is None:
                    del open_streams[i]
                else:
                    texts[i] = text
            yield list(texts)

    def sample(
        self,
        cancelled: threading.Event,
        checkpoint: Checkpoint,
        prompts: list[Prompt],
        sampling: Sampling,
        n: int,
        family: list[Checkpoint],
    ) -> list[list[Completion]]:
        """n completions for each prompt."""
        from playground.completions.sampler import sample

        self._know(family)
        loaded = self._policy(checkpoint)
        return sample(loaded, prompts, sampling, n, should_stop=cancelled.is_set, threads=self._cores)

    def token_scores(
        self,
        cancelled: threading.Event,
        policy: Checkpoint,
        reference: Checkpoint,
        prompt: Prompt,
        completion: str,
        sampling: Sampling,
        ended: bool,
        family: list[Checkpoint],
    ) -> list[TokenScore]:
        """Each token of the completion under policy and reference; ended: its end of turn too."""
        from playground.completions.sampler import token_scores

        self._know(family)
        return token_scores(self._policy(policy), self._policy(reference), prompt, completion, sampling.template, ended)

    def logit_difference(
        self,
        cancelled: threading.Event,
        a: Checkpoint,
        b: Checkpoint,
        prompt: Prompt,
        template: Template,
        family: list[Checkpoint],
    ) -> float:
        """Largest difference of the two checkpoints' next-token logits."""
        from playground.completions.sampler import logit_difference

        self._know(family)
        return logit_difference(self._policy(a), self._policy(b), prompt, template)

    def surprise(self, cancelled: threading.Event, base: Checkpoint, text: str) -> float:
        """How strange the text is to the pocket world's base model, in nats a byte."""
        from playground.pocket import surprise

        loaded = self._policy(base)
        return surprise(loaded.model, loaded.tokenizer, text)

    def score(
        self,
        cancelled: threading.Event,
        reward: Checkpoint,
        completions: list[Completion],
        family: list[Checkpoint],
    ) -> list[float]:
        """Raw scores by a reward model."""
        self._know(family)
        return self._reward(reward)(completions)

    def likelihoods(
        self,
        cancelled: threading.Event,
        checkpoint: Checkpoint,
        completions: list[Completion],
        knows_chat: bool,
        family: list[Checkpoint],
    ) -> list[Likelihood]:
        """How likely a policy finds completions; knows_chat is their writer's."""
        from playground.completions.likelihood import completion_likelihoods

        self._know(family)
        return completion_likelihoods(self._policy(checkpoint), completions, knows_chat)

    def text_likelihoods(
        self, cancelled: threading.Event, checkpoint: Checkpoint, texts: list[str], family: list[Checkpoint]
    ) -> list[Likelihood]:
        """How likely a policy finds whole documents."""
        from playground.completions.likelihood import text_likelihoods

        self._know(family)
        return text_likelihoods(self._policy(checkpoint), texts)

    def merge(self, cancelled: threading.Event, checkpoint: Checkpoint, folder: Path, family: list[Checkpoint]) -> None:
        """Write the checkpoint's adapter merged into its backbone, as a model that needs nothing else."""
        from playground.models.loader import load, save_weights

        self._know(family)
        loaded = load(checkpoint, resolve=self._known.__getitem__)
        if checkpoint.form == "adapter":
            loaded = replace(loaded, model=loaded.model.merge_and_unload())
        save_weights(loaded, folder)

    def _know(self, family: list[Checkpoint]) -> None:
        self._known |= {c.id: c for c in family}

    def _policy(self, checkpoint: Checkpoint):
        from playground.models.loader import load

        loaded = self._kept(checkpoint, lambda: load(checkpoint, resolve=self._known.__getitem__))
        return replace(loaded, checkpoint=checkpoint)  # the same weights may go by two names

    def _reward(self, checkpoint: Checkpoint):
        from playground.rewards.learned import load_reward

        def made():
            shared = self._policy(self._known[checkpoint.parent]) if checkpoint.form == "adapter" else None
            return load_reward(checkpoint, resolve=self._known.__getitem__, backbone=shared)

        return self._kept(checkpoint, made)

    def _kept(self, checkpoint: Checkpoint, make):
        key = f"{checkpoint.path} {checkpoint.fingerprint}"
        if key not in self._models:
            self._models[key] = make()
        self._models.move_to_end(key)
        while len(self._models) > 1 and (len(self._models) > _MODELS_KEPT or self._bytes_kept() > self._budget):
            self._models.popitem(last=False)
        return self._models[key]

    def _bytes_kept(self) -> int:
        networks = [getattr(one, "model", None) or one.network for one in self._models.values()]
        return sum(weight.nbytes for network in networks for weight in network.parameters())


class TrainerService:
    """Trains, one run after another."""

    def __init__(self, threads: int, model: Checkpoint) -> None:
        self._threads = threads
        self._model = model

    def warm_up(self) -> Speed:
        """Import everything a trainer needs, so that a first click does not wait for it; measure this machine."""
        import datasets  # noqa: F401
        import peft  # noqa: F401
        import torch
        import trl  # noqa: F401
        from trl import DPOTrainer, RewardTrainer, SFTTrainer  # noqa: F401

        from playground.models.devices import measure_speed, pick_threads
        from playground.models.loader import load
        from playground.registry import algorithms

        algorithms()
        self._threads = self._threads or pick_threads()
        torch.set_num_threads(self._threads)
        speed = measure_speed(load(self._model, trainable=True))
        gc.freeze()  # each training begins with a full collection; the libraries need not be looked through again
        return speed

    def train(self, cancelled: threading.Event, folder: Path, lineage: list[Checkpoint]) -> None:
        """Execute the run in that folder."""
        from playground.events import RunEnded
        from playground.runs.folder import RunFolder
        from playground.runs.run import Run
        from playground.training.execute import execute

        known = {c.id: c for c in lineage}
        run_folder = RunFolder(folder)
        if cancelled.is_set():  # stopped while it waited
            run_folder.append(RunEnded(status="stopped"))
            return
        execute(Run(run_folder, run_folder.spec(), cancelled), known.__getitem__, self._threads)


def sampler(checkpoints: list[Checkpoint]) -> SamplerService:
    """The sampling process's service."""
    return SamplerService(checkpoints)


def trainer(threads: int, model: Checkpoint) -> TrainerService:
    """The training process's service; `model` is what its speed is measured on."""
    return TrainerService(threads, model)
