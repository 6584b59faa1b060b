"""What checkpoints write and how they score: everything that the sampling process is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from playground.errors import EmptyPrompt
from playground.runs.process import WorkerProcess
from playground.types import Completion, Likelihood, Prompt, Sampling, Template, TokenScore
from playground.workbench.checkpoints import Checkpoints


class Completions:
    """Sampling and scoring, in the process that does nothing else."""

    def __init__(self, sampler: WorkerProcess, checkpoints: Checkpoints) -> None:
        self._sampler = sampler
        self._checkpoints = checkpoints

    def stream(
        self, workspace: str, checkpoint_ids: Sequence[str], prompt: Prompt, sampling: Sampling
    ) -> Iterator[list[str]]:
        """The completions of all checkpoints so far, growing together, one list a tenth of a second."""
        _refuse_empty(prompt)
        chosen = [self._checkpoints.find(workspace, c) for c in checkpoint_ids]
        family = self._checkpoints.family(workspace, *chosen)
        pending = self._sampler.post("stream", checkpoints=chosen, prompt=prompt, sampling=sampling, family=family)
        return _coalesced(pending.items(), every_s=0.1)

    def sample(
        self, workspace: str, checkpoint_id: str, prompts: Sequence[Prompt], sampling: Sampling, n: int = 1
    ) -> list[list[Completion]]:
        """n completions by one checkpoint for each prompt."""
        for prompt in prompts:
            _refuse_empty(prompt)
        checkpoint = self._checkpoints.find(workspace, checkpoint_id)
        family = self._checkpoints.family(workspace, checkpoint)
        return self._sampler.call(
            "sample", checkpoint=checkpoint, prompts=list(prompts), sampling=sampling, n=n, family=family
        )

    def token_scores(
        self,
        workspace: str,
        policy_id: str,
        reference_id: str,
        prompt: Prompt,
        completion: str,
        sampling: Sampling,
        ended: bool = False,
    ) -> list[TokenScore]:
        """Each token of a completion under policy and reference; ended: its end of turn as a last token."""
        policy, reference = (
            self._checkpoints.find(workspace, policy_id),
            self._checkpoints.find(workspace, reference_id),
        )
        return self._sampler.call(
            "token_scores",
            policy=policy,
            reference=reference,
            prompt=prompt,
            completion=completion,
            sampling=sampling,
            ended=ended,
            family=self._checkpoints.family(workspace, policy, reference),
        )

    def logit_difference(
        self, workspace: str, a_id: str, b_id: str, prompt: Prompt, template: Template = "auto"
    ) -> float:
        """Largest difference of two checkpoints' next-token logits: 0 means they are the same model."""
        a, b = self._checkpoints.find(workspace, a_id), self._checkpoints.find(workspace, b_id)
        family = self._checkpoints.family(workspace, a, b)
        return self._sampler.call("logit_difference", a=a, b=b, prompt=prompt, template=template, family=family)

    def surprise(self, text: str) -> float:
        """How strange the text is to the pocket world's base model, in nats a byte."""
        return self._sampler.call("surprise", base=self._checkpoints.shipped["pocket-base"], text=text)

    def merge(self, workspace: str, checkpoint_id: str, folder: Path) -> None:
        """Write a policy's weights into the folder, an adapter merged into its backbone."""
        checkpoint = self._checkpoints.find(workspace, checkpoint_id)
        family = self._checkpoints.family(workspace, checkpoint)
        self._sampler.call("merge", checkpoint=checkpoint, folder=folder, family=family)

    def score(self, workspace: str, reward_id: str, completions: Sequence[Completion]) -> list[float]:
        """Raw scores of completions by a reward model."""
        reward = self._checkpoints.find(workspace, reward_id)
        family = self._checkpoints.family(workspace, reward)
        return self._sampler.call("score", reward=reward, completions=list(completions), family=family)

    def likelihoods(
        self, workspace: str, checkpoint_id: str, completions: Sequence[Completion], knows_chat: bool
    ) -> list[Likelihood]:
        """How likely a policy finds completions; knows_chat is their writer's, whose prompt it reads."""
        checkpoint = self._checkpoints.find(workspace, checkpoint_id)
        return self._sampler.call(
            "likelihoods",
            checkpoint=checkpoint,
            completions=list(completions),
            knows_chat=knows_chat,
            family=self._checkpoints.family(workspace, checkpoint),
        )

    def text_likelihoods(self, workspace: str, checkpoint_id: str, texts: Sequence[str]) -> list[Likelihood]:
        """How likely a policy finds whole documents."""
        checkpoint = self._checkpoints.find(workspace, checkpoint_id)
        family = self._checkpoints.family(workspace, checkpoint)
        return self._sampler.call("text_likelihoods", checkpoint=checkpoint, texts=list(texts), family=family)


def _refuse_empty(prompt: Prompt) -> None:
    if not prompt.messages or not prompt.text.strip():
        raise EmptyPrompt


def _coalesced(items: Iterator[list[str]], every_s: float) -> Iterator[list[str]]:
    """At most one item every every_s seconds, and always the last."""
    shown, latest = 0.0, None
    for latest in items:
        now = time.monotonic()
        if now - shown >= every_s:
            shown = now
            yield latest
            latest = None
    if latest is not None:
        yield latest
