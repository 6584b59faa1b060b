"""The model card: tables of figures as JSON in figures/, and card.md, which is always written from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FIGURES = "figures"  # folder beside the weights; one file a part, so that each part can be measured apart
PARTS = ("knowledge", "phenomena")  # in the order of the card


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number with its 95 % interval, and what it should reach."""

    name: str
    value: float
    cases: int  # prompts, or seeds where a model was trained for each
    low: float | None = None
    high: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the value is where it should be; None where nothing is asked of it."""
        if self.at_least is None and self.at_most is None:
            return None
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that belong together."""

    title: str
    about: str  # how they were measured, in a sentence or two
    figures: tuple[Figure, ...]


def write_tables(folder: Path, part: str, tables: Sequence[Table]) -> None:
    """Keep one part's tables as folder/figures/<part>.json."""
    (folder / FIGURES).mkdir(exist_ok=True)
    text = json.dumps([asdict(table) for table in tables], indent=1, ensure_ascii=False)
    (folder / FIGURES / f"{part}.json").write_text(text + "\n", encoding="utf-8")


def read_tables(folder: Path, part: str) -> list[Table]:
    """What write_tables kept; empty where that part was never measured."""
    path = folder / FIGURES / f"{part}.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [Table(row["title"], row["about"], tuple(Figure(**f) for f in row["figures"])) for row in rows]


def write_card(folder: Path, head: str | None = None, parts: Iterable[str] = PARTS) -> str:
    """Write folder/card.md from its head and the parts' tables; returns its text.

    A head that is given is kept beside the tables, so that each part can write the card anew without it.
    """
    kept = folder / FIGURES / "head.md"
    if head is not None:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(head, encoding="utf-8")
    before = kept.read_text(encoding="utf-8") if kept.exists() else ""
    text = before + "".join(_markdown(table) for part in parts for table in read_tables(folder, part))
    (folder / "card.md").write_text(text, encoding="utf-8")
    return text


def _markdown(table: Table) -> str:
    lines = "".join(
        f"| {f.name} | {_wanted(f)} | {_number(f.value)} | {_interval(f)} | {f.cases} | {_verdict(f)} |\n"
        for f in table.figures
    )
    about = f"{table.about}\n\n" if table.about else ""
    return (
        f"\n## {table.title}\n\n{about}"
        f"| what | to reach | measured | 95 % interval | cases | reached |\n|---|---|---|---|---|---|\n{lines}"
    )


def _wanted(figure: Figure) -> str:
    low, high = figure.at_least, figure.at_most
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}"
    if low is not None:
        return f"at least {_number(low)}"
    return "" if high is None else f"at most {_number(high)}"


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_number(figure.low)} to {_number(figure.high)}"


def _verdict(figure: Figure) -> str:
    return {True: "yes", False: "no", None: ""}[figure.reached]


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
