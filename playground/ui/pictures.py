"""The pipeline drawn as SVG text, with the visitor's own counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

ARROW = (  # the head of an arrow; its id must be the page's only one
    '<defs><marker id="{id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One box of the pipeline."""

    tab: str  # the tab it opens
    title: str
    what: str  # one short line
    have: str  # the visitor's own count
    next: bool = False  # the box to go on with


def pipeline(stages: Sequence[Stage]) -> str:
    """The stages as a picture in a row, and for phones one below the other. Each box opens its tab."""
    return f'<div class="wide">{_row(stages)}</div><div class="tall">{_column(stages)}</div>'


def _row(stages: Sequence[Stage]) -> str:
    width, gap = 164, 26
    total = len(stages) * width + (len(stages) - 1) * gap
    boxes = [_box(stage, i * (width + gap), 2, width) for i, stage in enumerate(stages)]
    arrows = [_arrow(i * (width + gap) - gap + 3, 50, gap - 7, 0, "wide-arrow") for i in range(1, len(stages))]
    return svg(total, 104, ARROW.format(id="wide-arrow") + "".join(boxes + arrows))


def _column(stages: Sequence[Stage]) -> str:
    width, height, gap = 350, 96, 24
    boxes = [_box(stage, 2, i * (height + gap) + 2, width - 4) for i, stage in enumerate(stages)]
    arrows = [_arrow(width / 2, i * (height + gap) - gap + 3, 0, gap - 5, "tall-arrow") for i in range(1, len(stages))]
    return svg(width, len(stages) * (height + gap) - gap + 4, ARROW.format(id="tall-arrow") + "".join(boxes + arrows))


def _box(stage: Stage, x: float, y: float, width: float) -> str:
    label = escape(f"{stage.title}: {stage.what}. {stage.have}. Open this step.", quote=True)
    lines = [
        ("16", "700", "", stage.title, 28),
        ("12.5", "400", "small", stage.what, 51),
        ("12.5", "400", "", stage.have, 76),
    ]
    texts = "".join(
        f'<text x="{x + 13}" y="{y + dy}" font-size="{size}" font-weight="{weight}" class="{name}">'
        f"{escape(_cut(text, width))}</text>"
        for size, weight, name, text, dy in lines
    )
    mark = ' class="next"' if stage.next else ""
    return (
        f'<g data-tab="{escape(stage.tab, quote=True)}" tabindex="0" role="link" aria-label="{label}"{mark}>'
        f'<rect x="{x + 1}" y="{y}" width="{width - 2}" height="94" rx="10"/>{texts}</g>'
    )


def _arrow(x: float, y: float, dx: float, dy: float, marker: str) -> str:
    return f'<path d="M{x} {y} l{dx} {dy}" marker-end="url(#{marker})"/>'


def svg(width: float, height: float, body: str) -> str:
    """A picture of that size that grows and shrinks with the page."""
    return f'<svg viewBox="0 0 {width:g} {height:g}" xmlns="http://www.w3.org/2000/svg" role="group">{body}</svg>'


def _cut(text: str, width: float) -> str:
    most = int(width / 7.2)
    return text if len(text) <= most else text[: most - 1] + "…"
