"""Sampled completions waiting to be shown, so that a choice never waits for the next pair."""

from __future__ import annotations

import math
import random
import threading
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations

from playground.errors import NotFound, PlaygroundError
from playground.pocket import prompt_set, training_mix
from playground.types import Checkpoint, Completion, Prompt, Sampling
from playground.workbench.hands import Hands, Pair

_AHEAD = 8  # refill when fewer pairs than this wait
_BATCH = 16
_SHELVES = 200  # kept, the one asked for last the longest
_HELD = 100  # K-way sets remembered for each workspace
_WORKSPACES = 1000  # whose K-way sets are remembered

Sample = Callable[..., list[list[Completion]]]  # Workbench.sample
FindCheckpoint = Callable[[str, str], Checkpoint]  # Workbench.checkpoint: raises NotFound
CheckpointIds = tuple[str, ...]
Ask = Callable[[int, int], list[Prompt]]  # (how many, seed) -> so many prompts


def pairs_among(k: int) -> int:
    """Pairs of k completions, every one against every other."""
    return k * (k - 1) // 2


def pocket_prompts(n: int, seed: int) -> list[Prompt]:
    """Prompts of the pocket world with an answer to be right about."""
    return prompt_set(n, seed, training_mix())


@dataclass(eq=False, slots=True)
class _Shelf:
    """Pairs of the same weights, waiting to be shown."""

    fingerprints: tuple[str, ...]
    pairs: deque[Pair] = field(default_factory=deque)
    fill: Future | None = None  # the one on its way; everybody who finds nothing waits for it


@dataclass(slots=True)
class _Held:
    """A K-way set, and the judgment that put it in order last."""

    completions: list[Completion]
    judgment_id: str | None = None


class PairPool:
    """Pairs a workspace and checkpoints, sampled ahead in batches."""

    def __init__(self, sample: Sample, checkpoint: FindCheckpoint) -> None:
        self._sample = sample
        self._checkpoint = checkpoint
        self.hands = Hands()
        self._shelves: dict[tuple[str, CheckpointIds], _Shelf] = {}
        self._held: dict[str, dict[str, _Held]] = {}  # workspace -> token -> set
        self._lock = threading.Lock()
        self._rng = random.Random()

    def take(self, workspace: str, ids: CheckpointIds, prompt: Prompt | None) -> Pair:
        """Two completions with different texts, on `prompt` or on one of the pocket's; from two ids in their order."""
        if prompt is not None:
            first, second = self.take_set(workspace, ids, 2, prompt)
            return first, second
        while True:
            pair, fill = self._next(workspace, ids)
            if pair is not None:
                return pair
            fill.result()  # raises what the sampler raised

    def take_set(self, workspace: str, ids: CheckpointIds, k: int, prompt: Prompt | None) -> list[Completion]:
        """Up to k completions of one prompt with different texts, two at least, the checkpoints by turns."""
        asked = prompt or pocket_prompts(1, self._rng.randrange(2**31))[0]
        (distinct,) = self._draw_sets(workspace, ids, [asked], self._rng.randrange(2**31), k)
        if len(distinct) < 2:
            raise PlaygroundError(
                "The model gave the same completion every time, so there is nothing to choose between.",
                hint="Try another prompt, or a checkpoint that is less certain.",
            )
        return distinct

    def fresh(
        self, workspace: str, ids: CheckpointIds, n: int, seed: int, ask: Ask = pocket_prompts, k: int = 2
    ) -> list[Pair]:
        """Up to n pairs with different texts on what ask gives, one at least; from two ids in their order.

        k: completions of each prompt; of more than two every two are a pair, and the last prompt may bring some more.
        """
        rng = random.Random(seed)
        pairs: list[Pair] = []
        for _ in range(8):
            prompts = ask(math.ceil(n / pairs_among(k)), rng.randrange(2**31))
            draw = self._draw_two if k == 2 else partial(self._draw_all, k=k)
            drawn = draw(workspace, ids, prompts, rng.randrange(2**31))
            pairs += [pair for pair in drawn if pair[0].text != pair[1].text]
            if len(pairs) >= n:
                return pairs[:n] if k == 2 else pairs
        if not pairs:
            raise PlaygroundError("This checkpoint answers every prompt in one way only.", hint="Choose another one.")
        return pairs

    def hold(self, workspace: str, completions: list[Completion]) -> str:
        """Remember a K-way set; returns its token."""
        token = uuid.uuid4().hex
        with self._lock:
            mine = self._held.pop(workspace, {})
            self._held[workspace] = mine  # the last in the dict is the last to be forgotten
            mine[token] = _Held(completions)
            _forget_oldest(mine, _HELD)
            _forget_oldest(self._held, _WORKSPACES)
        return token

    def held(self, workspace: str, token: str) -> list[Completion]:
        """The K-way set of that token. Raises NotFound."""
        return self._find(workspace, token).completions

    def ranked_by(self, workspace: str, token: str) -> str | None:
        """The id of the judgment that put that set in order last. Raises NotFound."""
        return self._find(workspace, token).judgment_id

    def mark_ranked(self, workspace: str, token: str, judgment_id: str) -> None:
        """Remember what put that set in order. The set stays: once that is undone, it may be ordered anew."""
        self._find(workspace, token).judgment_id = judgment_id

    def forget(self, workspace: str) -> None:
        """Let go of everything that was sampled for that workspace."""
        with self._lock:
            self._held.pop(workspace, None)
            self.hands.forget(workspace)
            for key in [key for key in self._shelves if key[0] == workspace]:
                del self._shelves[key]

    def _find(self, workspace: str, token: str) -> _Held:
        with self._lock:
            held = self._held.get(workspace, {}).get(token)
        if held is None:
            raise NotFound("These completions are no longer waiting for a choice.", hint="Ask for the next ones.")
        return held

    def _draw_two(self, workspace: str, ids: CheckpointIds, prompts: list[Prompt], seed: int) -> list[tuple]:
        if len(ids) == 1:
            return [tuple(two) for two in self._sample(workspace, ids[0], prompts, Sampling(seed=seed), n=2)]
        left = self._sample(workspace, ids[0], prompts, Sampling(seed=seed), n=1)
        right = self._sample(workspace, ids[1], prompts, Sampling(seed=seed + 1), n=1)
        return [(a[0], b[0]) for a, b in zip(left, right, strict=True)]

    def _draw_all(self, workspace: str, ids: CheckpointIds, prompts: list[Prompt], seed: int, k: int) -> list[Pair]:
        """Every two of up to k completions of each prompt."""
        sets = self._draw_sets(workspace, ids, prompts, seed, k)
        return [pair for one in sets for pair in combinations(one, 2)]

    def _draw_sets(
        self, workspace: str, ids: CheckpointIds, prompts: list[Prompt], seed: int, k: int
    ) -> list[list[Completion]]:
        """Up to k completions of each prompt with different texts, the checkpoints by turns."""
        sampling = Sampling(seed=seed)
        drawn = [self._sample(workspace, one, prompts, sampling, n=4 * k) for one in ids]
        by_turns = [[c for turn in zip(*lists, strict=True) for c in turn] for lists in zip(*drawn, strict=True)]
        return [list({c.text: c for c in completions}.values())[:k] for completions in by_turns]

    def _next(self, workspace: str, ids: CheckpointIds) -> tuple[Pair | None, Future | None]:
        """A waiting pair, if there is one, and the fill on its way: begun here where few are left."""
        fingerprints = self._fingerprints(workspace, ids)
        with self._lock:
            shelf = self._shelves.pop((workspace, ids), None)
            if shelf is None or shelf.fingerprints != fingerprints:
                shelf = _Shelf(fingerprints)
            self._shelves[workspace, ids] = shelf
            _forget_oldest(self._shelves, _SHELVES)
            pair = shelf.pairs.popleft() if shelf.pairs else None
            if shelf.fill is None and len(shelf.pairs) < _AHEAD:
                shelf.fill = Future()
                threading.Thread(target=self._fill, args=(workspace, ids, shelf), daemon=True).start()
            return pair, shelf.fill

    def _fingerprints(self, workspace: str, ids: CheckpointIds) -> tuple[str, ...]:
        return tuple(self._checkpoint(workspace, one).fingerprint for one in ids)

    def _fill(self, workspace: str, ids: CheckpointIds, shelf: _Shelf) -> None:
        """Add a batch. What goes wrong is raised by those who wait; if nobody does, the next caller fills again."""
        pairs, error = [], None
        try:
            pairs = self.fresh(workspace, ids, _BATCH, self._rng.randrange(2**31))
            if self._fingerprints(workspace, ids) != shelf.fingerprints:
                pairs = []  # the weights changed meanwhile; nobody will look on this shelf again
        except Exception as caught:
            error = caught
        with self._lock:
            shelf.pairs.extend(pairs)
            fill, shelf.fill = shelf.fill, None
        if error is None:
            fill.set_result(None)
        else:
            fill.set_exception(error)


def _forget_oldest(kept: dict, most: int) -> None:
    while len(kept) > most:
        del kept[next(iter(kept))]
