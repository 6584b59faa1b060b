"""Completions that the host brings: every two of a row are a pair; a row that may tell who wrote it is left out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from playground.errors import PlaygroundError
from playground.models.catalogue import CARDS
from playground.preferences.completion_files import CompletionSet, read_completions
from playground.table_files import BadRow, FileLimits
from playground.workbench.hands import Pair, name_of
from playground.workbench.session_pairs import family_of, named_in

_ASSISTANTS = ("chatgpt", "gpt-4", "openai", "claude", "anthropic", "gemini", "mistral", "deepseek")  # often in files
NAMES = {*_ASSISTANTS, *(name for card in CARDS if (name := family_of(card.name)))}


def read_unnamed(path: Path, limits: FileLimits) -> tuple[list[CompletionSet], list[BadRow]]:
    """The sets of completions of a file in which no model is named, and the other rows with what is wrong with them.

    Raises: BadFile.
    """
    rows, bad = read_completions(path, limits)
    names = {number: name for number, one in rows if (name := named_in(one, NAMES))}
    told = [
        BadRow(number, f"has a completion with {name!r} in it, which may tell who wrote it")
        for number, name in names.items()
    ]
    return [one for number, one in rows if number not in names], sorted([*bad, *told], key=lambda row: row.number)


def pairs_of(sets: Sequence[CompletionSet], most: int) -> list[Pair]:
    """Every two completions of each set, each pair once. Raises: PlaygroundError where they are none, or too many."""
    found = {name_of(pair): pair for one in sets for pair in combinations(one, 2)}
    if not found:
        raise PlaygroundError("No row of the file can be used.", hint="Look below the file at what is wrong with them.")
    if len(found) > most:
        said = f"The file makes {len(found)} pairs; a session has at most {most}."
        raise PlaygroundError(said, hint="Upload a part of it.")
    return list(found.values())
