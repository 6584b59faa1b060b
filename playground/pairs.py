"""Sampled completions waiting to be shown, so that a choice never waits for the next pair."""

from __future__ import annotations

import queue
import random
import threading
import uuid
from collections.abc import Callable

from playground.errors import NotFound, PlaygroundError
from playground.pocket import prompt_set, training_mix
from playground.types import Completion, Prompt, Sampling

_AHEAD = 8  # refill when fewer pairs than this wait
_BATCH = 16
_HELD = 1000  # K-way sets remembered until they are ranked

Sample = Callable[..., list[list[Completion]]]  # Workbench.sample
CheckpointIds = tuple[str, ...]


class PairPool:
    """Pairs a workspace and checkpoints, sampled ahead in batches."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._ready: dict[tuple[str, CheckpointIds], queue.SimpleQueue] = {}
        self._held: dict[tuple[str, str], list[Completion]] = {}
        self._filling: set[tuple[str, CheckpointIds]] = set()
        self._lock = threading.Lock()
        self._rng = random.Random()

    def take(self, workspace: str, ids: CheckpointIds, prompt: Prompt | None) -> tuple[Completion, Completion]:
        """Two completions with different texts, on `prompt` or on one of the pocket's; from two ids in their order."""
        if prompt is not None:
            first, second = self.take_set(workspace, ids, 2, prompt)
            return first, second
        key = (workspace, ids)
        with self._lock:
            ready = self._ready.setdefault(key, queue.SimpleQueue())
        if ready.empty():
            self._fill(key)
        elif ready.qsize() < _AHEAD:
            threading.Thread(target=self._fill, args=(key,), daemon=True).start()
        try:
            return ready.get(timeout=60)
        except queue.Empty:
            raise PlaygroundError("No pair came within a minute.", hint="Try again; the models may be busy.") from None

    def take_set(self, workspace: str, ids: CheckpointIds, k: int, prompt: Prompt | None) -> list[Completion]:
        """Up to k completions of one prompt with different texts, two at least, the checkpoints by turns."""
        asked = prompt or prompt_set(1, self._rng.randrange(2**31), kinds=training_mix())[0]
        sampling = Sampling(seed=self._rng.randrange(2**31))
        drawn = [self._sample(workspace, one, [asked], sampling, n=4 * k)[0] for one in ids]
        by_turns = [completion for turn in zip(*drawn, strict=True) for completion in turn]
        distinct = list({c.text: c for c in by_turns}.values())[:k]
        if len(distinct) < 2:
            raise PlaygroundError(
                "The model gave the same completion every time, so there is nothing to choose between.",
                hint="Try another prompt, or a checkpoint that is less certain.",
            )
        return distinct

    def fresh(self, workspace: str, ids: CheckpointIds, n: int, seed: int) -> list[tuple[Completion, Completion]]:
        """Up to n pairs with different texts on fresh pocket prompts, one at least; from two ids in their order."""
        rng = random.Random(seed)
        pairs: list[tuple[Completion, Completion]] = []
        for _ in range(8):
            prompts = prompt_set(n, rng.randrange(2**31), kinds=training_mix())
            drawn = self._draw_two(workspace, ids, prompts, rng.randrange(2**31))
            pairs += [pair for pair in drawn if pair[0].text != pair[1].text]
            if len(pairs) >= n:
                return pairs[:n]
        if not pairs:
            raise PlaygroundError("This checkpoint answers every prompt in one way only.", hint="Choose another one.")
        return pairs

    def hold(self, workspace: str, completions: list[Completion]) -> str:
        """Remember a K-way set until it is ranked; returns its token."""
        token = uuid.uuid4().hex
        with self._lock:
            self._held[workspace, token] = completions
            while len(self._held) > _HELD:
                self._held.pop(next(iter(self._held)))
        return token

    def held(self, workspace: str, token: str) -> list[Completion]:
        """The K-way set of that token. Raises NotFound."""
        completions = self._held.get((workspace, token))
        if completions is None:
            raise NotFound("These completions are no longer waiting for a choice.", hint="Ask for the next ones.")
        return completions

    def _draw_two(self, workspace: str, ids: CheckpointIds, prompts: list[Prompt], seed: int) -> list[tuple]:
        if len(ids) == 1:
            return [tuple(two) for two in self._sample(workspace, ids[0], prompts, Sampling(seed=seed), n=2)]
        left = self._sample(workspace, ids[0], prompts, Sampling(seed=seed), n=1)
        right = self._sample(workspace, ids[1], prompts, Sampling(seed=seed + 1), n=1)
        return [(a[0], b[0]) for a, b in zip(left, right, strict=True)]

    def _fill(self, key: tuple[str, CheckpointIds]) -> None:
        with self._lock:
            if key in self._filling:
                return
            self._filling.add(key)
        try:
            for pair in self.fresh(*key, _BATCH, self._rng.randrange(2**31)):
                self._ready[key].put(pair)
        finally:
            with self._lock:
                self._filling.discard(key)
