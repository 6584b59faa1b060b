"""What the Rank tab says around the panel, as HTML. Everything from a file or a model is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from playground.preferences.record import Judgment, SetCounts
from playground.preferences.statistics import Share
from playground.table_files import BadRow

_FAVOURITE_SIDE = "one side is favoured, whatever the texts say"
_ENOUGH = 10  # with fewer, four equal choices in a row would already look like a lean
_LENGTH = "length goes with the choice, so a model trained on these may learn length"


def figures_line(counts: SetCounts) -> str:
    """The set in a few sentences."""
    if not counts.total:
        return ""
    decided = counts.by_choice.get("left", 0) + counts.by_choice.get("right", 0)
    rest = {"tie": "tied", "both_bad": "both bad", "skip": "skipped"}
    others = [f"{counts.by_choice[c]} {word}" for c, word in rest.items() if counts.by_choice.get(c)]
    by_choice = ", ".join([f"{decided} with a better one", *others])
    parts = [
        f"<b>{counts.usable}</b> preferences to train on, out of {counts.total} judgments ({by_choice}).",
        _share_sentence("A was chosen in", counts.left_share, "no sign of a favourite side", _FAVOURITE_SIDE),
        _share_sentence("The longer one was chosen in", counts.longer_share, "no sign that length decides", _LENGTH),
    ]
    return f"<p>{' '.join(parts)}</p>"


def _share_sentence(what: str, share: Share, fair: str, leaning: str) -> str:
    """A share beside one half: fair where its interval holds one half, else leaning."""
    if share.value is None:
        return ""
    verdict = "too few to tell" if share.n < _ENOUGH else fair if share.low <= 0.5 <= share.high else leaning
    interval = f"95 % interval {100 * share.low:.0f} to {100 * share.high:.0f} %"
    return f"{what} <b>{100 * share.value:.0f} %</b> of {share.n} ({interval}): {verdict}."


def export_links() -> str:
    """Links that download the set."""
    kinds = {"jsonl": "JSONL", "csv": "CSV", "parquet": "Parquet"}
    links = " ".join(
        f'<a id="export-{kind}" href="api/rank/export/{kind}" download>{title}</a>' for kind, title in kinds.items()
    )
    return f"<p>Take the set with you: {links}</p>"


def progress_bar(done: int, n: int, words: str) -> str:
    """How many pairs a simulated annotator has judged."""
    return (
        f'<p role="status">{done} of {n} pairs judged. {escape(words)}</p>'
        f'<progress max="{n}" value="{done}" aria-label="Pairs judged"></progress>'
    )


def file_preview(good: Sequence[Judgment], bad: Sequence[BadRow]) -> str:
    """What a file holds, before anything is stored."""
    lines = [f'<p role="status"><b>{len(good)}</b> rows can be used, {len(bad)} cannot.</p>']
    if good:
        cells = "".join(
            f"<tr><td>{escape(p.prompt.text)}</td><td>{escape(p.chosen)}</td><td>{escape(p.rejected)}</td></tr>"
            for p in good[:3]
        )
        heads = "<tr><th>Prompt</th><th>Chosen</th><th>Rejected</th></tr>"
        lines.append(f'<div class="scroll"><table><thead>{heads}</thead><tbody>{cells}</tbody></table></div>')
    if bad:
        shown = "".join(f"<li>Row {row.number} {escape(row.why)}</li>" for row in bad[:10])
        more = f"<li>and {len(bad) - 10} more</li>" if len(bad) > 10 else ""
        lines.append(f"<ul>{shown}{more}</ul>")
    return "".join(lines)
