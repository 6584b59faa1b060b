"""Where a run's data comes from: who judged the preferences, what the examples and prompts were taken from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from playground.registry import algorithms
from playground.types import Example, Preference, Prompt, RunSpec

_NOUN = {"preferences": "preferences", "examples": "examples", "prompts": "prompts"}


def origins(rows: Sequence[Preference | Example | Prompt]) -> dict[str, int]:
    """Origin -> rows, the most frequent first. An origin is a kind and perhaps a name: "person", "persona polite"."""
    return dict(Counter(_origin(row) for row in rows).most_common())


def data_words(spec: RunSpec) -> str:
    """What the run learned from, in words: "60 preferences: 48 by the persona polite (simulated), 12 by people"."""
    needs = algorithms()[spec.algorithm].needs
    by = "by" if needs == "preferences" else "from"
    whole = f"{spec.data_count} {_NOUN[needs]}"
    parts = [(count, f"{by} {_spoken(origin)}") for origin, count in spec.data_from.items()]
    if len(parts) == 1:
        return f"{whole} {parts[0][1]}"
    return f"{whole}: {', '.join(f'{count} {words}' for count, words in parts)}" if parts else whole


def _origin(row: Preference | Example | Prompt) -> str:
    if isinstance(row, Preference):
        judge = row.annotator
        if judge is None:
            return "unknown"
        return judge.kind if judge.kind == "person" else f"{judge.kind} {judge.alias}"
    prompt = row.prompt if isinstance(row, Example) else row
    return prompt.source if prompt.source in ("pocket", "typed") else f"file {prompt.source}"


def _spoken(origin: str) -> str:
    kind, _, name = origin.partition(" ")
    plain = {"person": "people", "pocket": "the pocket world", "typed": "what was typed", "unknown": "nobody named"}
    simulated = " (simulated)" if kind == "persona" else ""
    return plain.get(kind) or f"the {kind} {name}{simulated}"
