"""Pictures drawn as SVG text: the pipeline with the visitor's own counts, and the lineage of checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from playground.types import Checkpoint

_ARROW = (
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
    return _svg(total, 104, _ARROW.format(id="wide-arrow") + "".join(boxes + arrows))


def _column(stages: Sequence[Stage]) -> str:
    width, height, gap = 350, 96, 24
    boxes = [_box(stage, 2, i * (height + gap) + 2, width - 4) for i, stage in enumerate(stages)]
    arrows = [_arrow(width / 2, i * (height + gap) - gap + 3, 0, gap - 5, "tall-arrow") for i in range(1, len(stages))]
    return _svg(width, len(stages) * (height + gap) - gap + 4, _ARROW.format(id="tall-arrow") + "".join(boxes + arrows))


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


def lineage(checkpoints: Sequence[Checkpoint]) -> str:
    """Every checkpoint under its parent, oldest to the left; "" where there is none."""
    if not checkpoints:
        return ""
    places = _places(checkpoints)
    width, height, across, down = 190, 52, 236, 66
    drawn = []
    for checkpoint in checkpoints:
        depth, row = places[checkpoint.id]
        x, y = depth * across + 2, row * down + 2
        if checkpoint.parent in places:
            from_x, from_row = places[checkpoint.parent][0] * across + width + 2, places[checkpoint.parent][1]
            start, end = from_row * down + 2 + height / 2, y + height / 2
            bend = f"M{from_x} {start} C{from_x + 24} {start} {x - 26} {end} {x - 3} {end}"
            drawn.append(f'<path d="{bend}" marker-end="url(#line-arrow)"/>')
        kind = checkpoint.method.replace("_", " ")
        drawn.append(
            f"<g><title>{escape(checkpoint.id)} {escape(checkpoint.fingerprint)}</title>"
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10"/>'
            f'<text x="{x + 12}" y="{y + 22}" font-size="14" font-weight="700">'
            f"{escape(_cut(checkpoint.name, width - 30))}</text>"
            f'<text x="{x + 12}" y="{y + 40}" font-size="12" class="small">{escape(kind)}</text></g>'
        )
    total = (
        max(d for d, _ in places.values()) * across + width + 4,
        max(r for _, r in places.values()) * down + height + 4,
    )
    picture = _svg(*total, _ARROW.format(id="line-arrow") + "".join(drawn))
    return f'<div style="min-width: {min(total[0], 700)}px; max-width: {total[0]}px">{picture}</div>'


def _places(checkpoints: Sequence[Checkpoint]) -> dict[str, tuple[int, int]]:
    """Checkpoint id -> (generation, row); every child stands in a row of its own, the first beside its parent."""
    known = {c.id for c in checkpoints}
    children: dict[str | None, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        children.setdefault(checkpoint.parent if checkpoint.parent in known else None, []).append(checkpoint)
    places: dict[str, tuple[int, int]] = {}
    next_row = 0
    waiting = [(c, 0) for c in reversed(children.get(None, []))]
    while waiting:
        checkpoint, depth = waiting.pop()
        places[checkpoint.id] = (depth, next_row)
        own = children.get(checkpoint.id, [])
        if not own:
            next_row += 1
        waiting += [(c, depth + 1) for c in reversed(own)]
    return places


def _svg(width: float, height: float, body: str) -> str:
    return f'<svg viewBox="0 0 {width:g} {height:g}" xmlns="http://www.w3.org/2000/svg" role="group">{body}</svg>'


def _cut(text: str, width: float) -> str:
    most = int(width / 7.2)
    return text if len(text) <= most else text[: most - 1] + "…"
