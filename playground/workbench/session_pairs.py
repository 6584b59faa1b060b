"""The pairs of a session, sampled ahead of it: nothing in them tells which model wrote what."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence

from playground.errors import PlaygroundError
from playground.types import Checkpoint, Completion, Prompt
from playground.workbench.hands import Pair, name_of
from playground.workbench.pairs import Ask, PairPool, pocket_prompts

_PART = 20  # pairs sampled in one go
_SHORTEST = 4  # letters of a name that texts are searched for
_TRIES = 3  # times as many as are wanted, at most


def sample_pairs(
    pool: PairPool,
    workspace: str,
    compared: Sequence[Checkpoint],
    n: int,
    known: Collection[str] = (),
    ask: Ask = pocket_prompts,
    k: int = 2,
) -> list[Pair]:
    """Up to n pairs on the prompts that ask gives, each once; from two checkpoints in their order, from one both.

    known: keys of prompts that are not asked. k: completions of each prompt, as PairPool.fresh pairs them. Pairs in
    which a checkpoint names itself are left out.
    Raises: PlaygroundError where that leaves none.
    """
    ids = tuple(one.id for one in compared)
    names = _names(compared)
    kept: dict[object, Pair] = {}
    tried = 0
    while len(kept) < n and tried < _TRIES * n:
        part = min(_PART, n - len(kept))
        drawn = pool.fresh(workspace, ids, part, secrets.randbelow(2**31), ask, k)
        tried += max(1, len(drawn))
        unknown = [pair for pair in drawn if pair[0].prompt.key not in known and not named_in(pair, names)]
        kept.update((name_of(pair), pair) for pair in unknown)
    if not kept:
        hint = "Choose other checkpoints."
        raise PlaygroundError("Every pair was on a known prompt, or a model named itself in it.", hint=hint)
    return list(kept.values())


def sample_pair(pool: PairPool, workspace: str, compared: Sequence[Checkpoint], prompt: Prompt) -> Pair:
    """Two different texts on that prompt; from two checkpoints one each.

    Raises: PlaygroundError where the texts are all alike, or a checkpoint names itself every time.
    """
    ids, names = tuple(one.id for one in compared), _names(compared)
    for _ in range(_TRIES):
        pair = pool.take(workspace, ids, prompt)
        if {completion.checkpoint for completion in pair} == set(ids) and not named_in(pair, names):
            return pair
    said = "The models answer this prompt alike, or name themselves in every answer."
    raise PlaygroundError(said, hint="Decline it, or try again.")


def _names(compared: Sequence[Checkpoint]) -> set[str]:
    return {name for one in compared for name in (one.id, family_of(one.card)) if len(name) >= _SHORTEST}


def family_of(card: str) -> str:
    """What such a model calls itself: smollm of smollm2-135m. The pocket world's know no name."""
    return "" if card == "pocket" else re.match("[a-z]*", card.casefold())[0]


def named_in(completions: Sequence[Completion], names: Collection[str]) -> str:
    """The name that a text of them has in it; empty where none has one."""
    texts = [completion.text.casefold() for completion in completions]
    return next((name for name in sorted(names) if any(name.casefold() in text for text in texts)), "")
