"""The tables of the pocket world, read once from assets/pocket, and three small words about English."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playground.settings import ASSETS

FOLDER: Path = ASSETS / "pocket"
WORLD: dict[str, Any] = json.loads((FOLDER / "world.json").read_text(encoding="utf-8"))
WORDINGS: dict[str, Any] = json.loads((FOLDER / "wordings.json").read_text(encoding="utf-8"))
OUTSIDE: dict[str, Any] = json.loads((FOLDER / "outside.json").read_text(encoding="utf-8"))


def with_article(noun: str) -> str:
    """`an owl` for owl, `a cow` for cow."""
    return ("an " if noun[0].lower() in "aeiou" else "a ") + noun


def capitalised(text: str) -> str:
    """The text with its first letter in upper case and the rest as it was."""
    return text[:1].upper() + text[1:]


def lowered(sentence: str) -> str:
    """The sentence as it reads after `maybe`: first letter small, unless its first word is a country's name."""
    if sentence.split()[0] in WORLD["countries"]:
        return sentence
    return sentence[:1].lower() + sentence[1:]
