"""Whose completions the preferences compare, in words: a set is never mixed without saying so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from playground.types import Checkpoint

Writers = Mapping[frozenset[str | None], int]  # ids of who wrote a pair, None: a file or an audit -> preferences
Names = Mapping[str, str]  # id -> name

_FROM_NOBODY, _DELETED = "from a file or an audit", "a model that is no more"
_SHARE = 0.1  # of a set: fewer pairs of others change nothing worth a warning


def names_of(checkpoints: Sequence[Checkpoint]) -> Names:
    """By their ids, and so that none is taken for markup."""
    return {one.id: escape(one.name) for one in checkpoints}


def set_words(writers: Writers, names: Names) -> str:
    """Who wrote what is in the set; empty where there is nothing."""
    counted = _counted(writers, names)
    if not counted:
        return ""
    if len(counted) == 1:
        return f"All compare completions {counted[0][0]}."
    return "They compare completions " + _and([f"{who} ({count})" for who, count in counted]) + "."


def strangers_words(writers: Writers, names: Names, start: str) -> str:
    """What a model in training learns from texts of others; empty where it wrote one of nearly every pair itself."""
    others = {whose: count for whose, count in writers.items() if start not in whose}
    total, strange = sum(writers.values()), sum(others.values())
    if not others or start not in names or strange < _SHARE * total:
        return ""
    share = f"All {total} pairs compare" if strange == total else f"{strange} of {total} pairs {_verb(strange)}"
    by = _and([who for who, _ in _counted(others, names)])
    return (
        f"**Not its own completions:** {share} completions {by}, while this starts from "
        f"{names[start]}. It learns from them, but about another model's texts. [Rank](#rank) shows you its own."
    )


def _counted(writers: Writers, names: Names) -> list[tuple[str, int]]:
    counted = Counter()
    for whose, count in writers.items():
        models = " and ".join(sorted({names.get(one, _DELETED) for one in whose if one is not None}))
        counted[_and([f"by {models}" if models else "", _FROM_NOBODY if None in whose else ""])] += count
    return counted.most_common()


def _verb(pairs: int) -> str:
    return "compares" if pairs == 1 else "compare"


def _and(parts: Sequence[str]) -> str:
    parts = [part for part in parts if part]
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
