"""A set as a folder that `datasets.load_dataset` reads, here or from the Hub: two Parquet files and a card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from playground.errors import NotFound
from playground.preferences.exchange import COLUMNS, Form, write_judgments
from playground.preferences.record import Judgment
from playground.types import content_hash

_FILES: dict[Form, str] = {"trl": "data/preferences.parquet", "everything": "data/judgments.parquet"}
_SETS: dict[Form, str] = {"trl": "preferences", "everything": "judgments"}
_CARD = """---
configs:
{configs}
tags:
- alignment-playground
- preferences
---

# Preferences

{rows} judgments of pairs of completions; {usable} of them are preferences that a model can be trained on.

Judged by {judges}. People are numbered, their names are not here. A persona is simulated: its taste is a formula.

Hash of the preferences: `{hash}`

| set | rows | columns |
|---|---|---|
{sets}

`load_dataset("this folder", "{first}")` reads it. Prompts and completions are chat messages, as
TRL's trainers want them.
"""


def write_set_folder(folder: Path, judgments: Sequence[Judgment]) -> dict[str, Path]:
    """Write the folder; returns its files by their names in it. Raises: NotFound where there is no judgment."""
    if not judgments:
        hint = "Judge some pairs first. Of a workshop, only choices that may be published leave in a file."
        raise NotFound("There is nothing to take along yet.", hint=hint)
    (folder / "data").mkdir(parents=True)
    rows: dict[Form, int] = {}
    for form, name in _FILES.items():
        rows[form] = write_judgments(folder / name, judgments, form)
        if not rows[form]:
            (folder / name).unlink()
            del rows[form]
    (folder / "README.md").write_text(_card(judgments, rows), encoding="utf-8")
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _card(judgments: Sequence[Judgment], rows: dict[Form, int]) -> str:
    preferences = [[[m.content for m in j.prompt.messages], j.chosen, j.rejected] for j in judgments if j.trains]
    return _CARD.format(
        configs="\n".join(f"- config_name: {_SETS[form]}\n  data_files: {_FILES[form]}" for form in rows),
        rows=len(judgments),
        usable=len(preferences),
        judges=_judges(judgments),
        hash=content_hash(preferences),
        sets="\n".join(f"| {_SETS[form]} | {n} | {', '.join(COLUMNS[form])} |" for form, n in rows.items()),
        first=_SETS[next(iter(rows))],
    )


def _judges(judgments: Sequence[Judgment]) -> str:
    """Who judged how much: "2 people (5), the persona polite (60)"."""
    counts = Counter((j.annotator.kind, j.annotator.alias) if j.annotator else None for j in judgments)
    people = [n for who, n in counts.items() if who and who[0] == "person"]
    words = [f"{len(people)} {'person' if len(people) == 1 else 'people'} ({sum(people)})"] if people else []
    words += [f"the {who[0]} {who[1]} ({n})" for who, n in counts.items() if who and who[0] != "person"]
    return ", ".join([*words, f"nobody named ({counts[None]})"] if None in counts else words)
