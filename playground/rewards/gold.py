"""The exact reward of the pocket world, in the shape every reward has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playground.types import Completion


def gold_function(persona: str) -> Callable[[Sequence[Completion]], list[float]]:
    """What that persona really wants, one number a completion.

    Raises: whatever playground.pocket raises on a persona it does not know, at the first call.
    """

    def gold(completions: Sequence[Completion]) -> list[float]:
        from playground.pocket import gold_reward

        return [float(gold_reward(completion.prompt.text, completion.text, persona)) for completion in completions]

    return gold
