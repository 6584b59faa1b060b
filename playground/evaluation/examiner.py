"""Asks checkpoints and remembers what they said: a question that was put once, with one seed, is not put again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from playground.evaluation.plan import POCKET, Ask
from playground.types import Checkpoint, Completion, Likelihood, Prompt, Sampling, TokenScore, content_hash

AT_ONCE, FEW_AT_ONCE = 256, 8  # rows a call: others wait for the sampling process no longer than one call takes


class Instruments(Protocol):
    """What reaches the models."""

    def sample(
        self, checkpoint: Checkpoint, prompts: Sequence[Prompt], sampling: Sampling, n: int
    ) -> list[list[Completion]]:
        """n completions for each prompt."""

    def score(self, reward: Checkpoint, completions: Sequence[Completion]) -> list[float]:
        """Raw rewards."""

    def likelihoods(
        self, checkpoint: Checkpoint, completions: Sequence[Completion], knows_chat: bool
    ) -> list[Likelihood]:
        """How likely completions are after their prompts."""

    def text_likelihoods(self, checkpoint: Checkpoint, texts: Sequence[str]) -> list[Likelihood]:
        """How likely documents are."""

    def token_scores(self, checkpoint: Checkpoint, reference: Checkpoint, completion: Completion) -> list[TokenScore]:
        """Each token of a completion under both."""


class Kept(Protocol):
    """Where answers lie between two evaluations."""

    def get(self, fingerprint: str, name: str) -> Any | None:
        """What was put there; None where nothing was."""

    def put(self, fingerprint: str, name: str, value: Any) -> None:
        """Keep a value that JSON can hold."""


class EvaluationStopped(Exception):
    """Somebody pressed Stop. What was answered until then is kept."""


class Examiner:
    """Asks in parts, so that a stop is heard and others get their turn."""

    def __init__(
        self,
        instruments: Instruments,
        kept: Kept,
        on_rows: Callable[[int], None] = lambda rows: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._instruments = instruments
        self._kept = kept
        self._on_rows = on_rows
        self._stopped = stopped
        self.reused = 0  # rows that were known and not asked for again

    def sample(self, ask: Ask) -> list[list[Completion]]:
        """The completions of one checkpoint, n for each prompt."""
        found: list[list[Completion]] = []
        for begin, end in _parts(len(ask.prompts), ask.checkpoint):
            part = ask.part(begin, end)
            rows = self._once(
                ask.checkpoint,
                f"said-{part.key}-{part.sampling.seed}",
                lambda part=part: self._drawn(part),
                rows=(end - begin) * ask.n,
            )
            found += [
                [_completion(part, prompt, *one) for one in row] for prompt, row in zip(part.prompts, rows, strict=True)
            ]
        return found

    def one_each(self, ask: Ask) -> list[Completion]:
        """The first completion for each prompt."""
        return [row[0] for row in self.sample(ask)]

    def known(self, ask: Ask) -> int:
        """How many of the completions need not be asked for again."""
        parts = [(end - begin, ask.part(begin, end)) for begin, end in _parts(len(ask.prompts), ask.checkpoint)]
        here = [
            rows * ask.n
            for rows, part in parts
            if self._kept.get(ask.checkpoint.fingerprint, f"said-{part.key}-{part.sampling.seed}") is not None
        ]
        return sum(here)

    def rewards(self, reward: Checkpoint, completions: Sequence[Completion]) -> list[float]:
        """What a reward model makes of completions."""
        return self._in_parts(reward, completions, "reward", lambda part: self._instruments.score(reward, part))

    def likelihoods(
        self, checkpoint: Checkpoint, completions: Sequence[Completion], knows_chat: bool
    ) -> list[Likelihood]:
        """How likely completions are to a checkpoint; knows_chat is their writer's."""

        def ask(part: Sequence[Completion]) -> list[Any]:
            return [asdict(one) for one in self._instruments.likelihoods(checkpoint, part, knows_chat)]

        return [Likelihood(**row) for row in self._in_parts(checkpoint, completions, f"likely-{knows_chat}", ask)]

    def text_likelihoods(self, checkpoint: Checkpoint, texts: Sequence[str]) -> list[Likelihood]:
        """How likely documents are to a checkpoint."""

        def ask() -> list[Any]:
            return [asdict(one) for one in self._instruments.text_likelihoods(checkpoint, texts)]

        name = f"texts-{content_hash(list(texts))[:16]}"
        return [Likelihood(**row) for row in self._once(checkpoint, name, ask, len(texts))]

    def token_scores(
        self, checkpoint: Checkpoint, reference: Checkpoint, completion: Completion
    ) -> tuple[TokenScore, ...]:
        """Each token of the checkpoint's own completion, as it and the reference find it."""

        def ask() -> list[Any]:
            return [asdict(one) for one in self._instruments.token_scores(checkpoint, reference, completion)]

        name = f"tokens-{reference.fingerprint}-{content_hash([completion.prompt.key, completion.text])[:16]}"
        return tuple(TokenScore(**row) for row in self._once(checkpoint, name, ask, 1))

    def looked(self, rows: int) -> None:
        """So many texts were looked through without a model. Raises EvaluationStopped."""
        if self._stopped():
            raise EvaluationStopped
        self._on_rows(rows)

    def _in_parts(
        self,
        checkpoint: Checkpoint,
        completions: Sequence[Completion],
        what: str,
        ask: Callable[[Sequence[Completion]], list[Any]],
    ) -> list[Any]:
        found: list[Any] = []
        for begin, end in _parts(len(completions), checkpoint):
            part = completions[begin:end]
            name = f"{what}-{content_hash([[c.prompt.key, c.text, c.finish_reason] for c in part])[:16]}"
            found += self._once(checkpoint, name, lambda part=part: ask(part), len(part))
        return found

    def _drawn(self, ask: Ask) -> list[list[list[str]]]:
        drawn = self._instruments.sample(ask.checkpoint, ask.prompts, ask.sampling, ask.n)
        return [[[one.text, one.finish_reason] for one in row] for row in drawn]

    def _once(self, checkpoint: Checkpoint, name: str, ask: Callable[[], Any], rows: int) -> Any:
        if self._stopped():
            raise EvaluationStopped
        value = self._kept.get(checkpoint.fingerprint, name)
        if value is None:
            value = ask()
            self._kept.put(checkpoint.fingerprint, name, value)
        else:
            self.reused += rows
        self._on_rows(rows)
        return value


def _completion(ask: Ask, prompt: Prompt, text: str, finish_reason: Any) -> Completion:
    source = ask.checkpoint
    return Completion(prompt, text, source.id, finish_reason, ask.sampling, source.fingerprint)


def _parts(count: int, checkpoint: Checkpoint) -> list[tuple[int, int]]:
    step = AT_ONCE if checkpoint.card == POCKET else FEW_AT_ONCE
    return [(begin, min(begin + step, count)) for begin in range(0, count, step)]
