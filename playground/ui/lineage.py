"""Which checkpoint comes from which: a picture from left to right, and for phones the same as an indented list."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from html import escape

from playground.types import Checkpoint
from playground.ui.compare_panes import method_words
from playground.ui.pictures import ARROW, svg

_WIDTH, _ACROSS, _LINE = 214, 268, 18  # of a box; from one generation to the next; of text
_LETTERS = 25  # a line holds, at least
_MOST_LINES = 3
_LEGEND = "A dashed arrow: that reward model scored the completions this policy learned from."

Places = dict[str, tuple[int, int]]  # checkpoint id -> (generation, row)


def lineage(checkpoints: Sequence[Checkpoint], scored_by: Mapping[str, str] | None = None) -> str:
    """Every checkpoint right of what it was trained from and scored by, oldest to the left; "" where there is none.

    scored_by: a policy's id -> the id of the reward model whose score it was trained on.
    """
    if not checkpoints:
        return ""
    known = {c.id: c for c in checkpoints}
    scorers = {one: by for one, by in (scored_by or {}).items() if one in known and by in known}
    legend = f'<p class="note">{_LEGEND}</p>' if scorers else ""
    return (
        f'<div class="wide">{_picture(known, scorers)}{legend}</div>'
        f'<div class="tall">{_list(None, _children(known), known, scorers)}</div>'
    )


def places(known: Mapping[str, Checkpoint], scorers: Mapping[str, str]) -> Places:
    """Where each checkpoint stands. Each has a row of its own but a first child, which stands beside its parent."""
    children = _children(known)
    found: Places = {}
    next_row = 0
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        checkpoint = waiting.pop()
        found[checkpoint.id] = (_generation(checkpoint, known, scorers), next_row)
        own = children.get(checkpoint.id, [])
        if not own:
            next_row += 1
        waiting += reversed(own)
    return found


def _children(known: Mapping[str, Checkpoint]) -> dict[str | None, list[Checkpoint]]:
    children: dict[str | None, list[Checkpoint]] = {}
    for checkpoint in known.values():
        children.setdefault(checkpoint.parent if checkpoint.parent in known else None, []).append(checkpoint)
    return children


def _generation(checkpoint: Checkpoint, known: Mapping[str, Checkpoint], scorers: Mapping[str, str]) -> int:
    """One more than that of the youngest checkpoint it was made from."""
    sources = [known[i] for i in (checkpoint.parent, scorers.get(checkpoint.id)) if i in known]
    return 1 + max((_generation(source, known, scorers) for source in sources), default=-1)


def _picture(known: Mapping[str, Checkpoint], scorers: Mapping[str, str]) -> str:
    found = places(known, scorers)
    names = {i: _lines(c.name) for i, c in known.items()}
    height = 34 + _LINE * max(len(lines) for lines in names.values())
    down = height + 14
    corner = {i: (generation * _ACROSS + 2, row * down + 2) for i, (generation, row) in found.items()}
    drawn = [_box(known[i], names[i], *corner[i], height) for i in known]
    for i, checkpoint in known.items():
        if checkpoint.parent in known:
            drawn.append(_arrow(corner[checkpoint.parent], corner[i], height / 2))
        if i in scorers:
            drawn.append(_arrow(corner[scorers[i]], corner[i], height / 2 + 12, scores=True))
    width = max(x for x, _ in corner.values()) + _WIDTH + 2
    whole = svg(width, max(y for _, y in corner.values()) + height + 2, ARROW.format(id="line-arrow") + "".join(drawn))
    return f'<div style="max-width: {width}px">{whole}</div>'


def _box(checkpoint: Checkpoint, name: Sequence[str], x: float, y: float, height: float) -> str:
    top = y + (height - 20 - _LINE * len(name)) / 2 + 14
    texts = "".join(
        f'<text x="{x + 12}" y="{top + _LINE * i:g}" font-size="14" font-weight="700">{escape(line)}</text>'
        for i, line in enumerate(name)
    )
    kind = escape(method_words(checkpoint))
    return (
        f"<g><title>{escape(checkpoint.name)}, {escape(checkpoint.id)} {escape(checkpoint.fingerprint)}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{height}" rx="10"/>{texts}'
        f'<text x="{x + 12}" y="{top + _LINE * len(name):g}" font-size="12" class="small">{kind}</text></g>'
    )


def _arrow(source: tuple[float, float], target: tuple[float, float], drop: float, scores: bool = False) -> str:
    """From the right side of one box to the left of another, bent where no box stands.

    A child's row is free from its parent on, so its line bends at once; a reward model's row is free to its right, so
    its line bends last.
    """
    begin, end = source[0] + _WIDTH, target[0] - 3
    y, to = source[1] + drop, target[1] + drop
    bend = end - 36 if scores else begin
    curve = f"L{bend} {y:g} C{bend + 22} {y:g} {bend + 14} {to:g} {bend + 36} {to:g} L{end} {to:g}"
    look = ' class="scores" stroke-dasharray="4 4"' if scores else ""
    return f'<path d="M{begin} {y:g} {curve}" marker-end="url(#line-arrow)"{look}/>'


def _list(
    parent: str | None,
    children: Mapping[str | None, Sequence[Checkpoint]],
    known: Mapping[str, Checkpoint],
    scorers: Mapping[str, str],
) -> str:
    items = []
    for checkpoint in children.get(parent, []):
        scorer = known.get(scorers.get(checkpoint.id, ""))
        kind = method_words(checkpoint) + (f", scored by {scorer.name}" if scorer else "")
        below = _list(checkpoint.id, children, known, scorers)
        items.append(f"<li><b>{escape(checkpoint.name)}</b> <small>{escape(kind)}</small>{below}</li>")
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _lines(name: str) -> list[str]:
    """The name in lines that fit a box; only a very long one is cut."""
    return textwrap.wrap(name, _LETTERS, max_lines=_MOST_LINES, placeholder=" …") or [""]
