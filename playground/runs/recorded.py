"""The recorded runs that come with the playground: their titles, and what one sees in each."""

from __future__ import annotations

from collections.abc import Sequence

from playground.types import Json

TITLES = {  # a setting and no promise: what it led to is told from the run's own events
    "recorded-ppo-held": "PPO with a KL coefficient of 0.1",
    "recorded-ppo-loose": "PPO without a KL coefficient",
}


def seen_words(rows: Sequence[Json]) -> str:
    """How far it went and how long its completions grew, from its steps' metrics."""
    first, last = rows[0], rows[-1]
    return (
        f"In {last['step']} steps it went {last['kl']:.1f} nats from its start, and its completions grew from "
        f"{first['length']:.0f} to {last['length']:.0f} tokens."
    )
