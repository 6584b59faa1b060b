"""An evaluation's way to the models: every call goes to the sampling process, where others have their turn between."""

from __future__ import annotations

from collections.abc import Sequence

from playground.types import Checkpoint, Completion, Likelihood, Prompt, Sampling, TokenScore
from playground.workbench.completions import Completions


class SamplerInstruments:
    """What playground.evaluation.examiner.Instruments asks for, on behalf of one workspace."""

    def __init__(self, completions: Completions, workspace: str) -> None:
        self._completions = completions
        self._workspace = workspace

    def sample(
        self, checkpoint: Checkpoint, prompts: Sequence[Prompt], sampling: Sampling, n: int
    ) -> list[list[Completion]]:
        """n completions for each prompt."""
        return self._completions.sample(self._workspace, checkpoint.id, prompts, sampling, n)

    def score(self, reward: Checkpoint, completions: Sequence[Completion]) -> list[float]:
        """Raw rewards."""
        return self._completions.score(self._workspace, reward.id, completions)

    def likelihoods(
        self, checkpoint: Checkpoint, completions: Sequence[Completion], knows_chat: bool
    ) -> list[Likelihood]:
        """How likely completions are after their prompts."""
        return self._completions.likelihoods(self._workspace, checkpoint.id, completions, knows_chat)

    def text_likelihoods(self, checkpoint: Checkpoint, texts: Sequence[str]) -> list[Likelihood]:
        """How likely documents are."""
        return self._completions.text_likelihoods(self._workspace, checkpoint.id, texts)

    def token_scores(self, checkpoint: Checkpoint, reference: Checkpoint, completion: Completion) -> list[TokenScore]:
        """Each token of a completion under both."""
        prompt, text, ended = completion.prompt, completion.text, completion.finish_reason == "stop"
        return self._completions.token_scores(
            self._workspace, checkpoint.id, reference.id, prompt, text, Sampling(), ended
        )
