"""What the Rank tab says around the panel, as HTML. Everything from a file or a model is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from playground.preferences.record import Imported, Judgment, SetCounts
from playground.preferences.statistics import ENOUGH, Share
from playground.table_files import BadRow
from playground.ui.readable import readable
from playground.ui.train_facts import FEWEST_PREFERENCES

CHOICE_WORDS = {"left": "A", "right": "B", "tie": "tie", "both_bad": "both bad", "skip": "skipped"}
_UNDECIDED = {"tie": "tied", "both_bad": "both bad", "skip": "skipped"}
_FAVOURITE_SIDE = "chance alone seldom does that; somebody may favour a side"
_LENGTH = "length goes with the choice, so a model trained on these may learn length"
_FORMATS = {"jsonl": "JSONL", "csv": "CSV", "parquet": "Parquet"}
_REFUSED_SHOWN = 10
_ON = (
    '<p><b>What next?</b> <a href="#reward-model">Train a reward model</a> that predicts these choices, or let DPO '
    'change <a href="#policy">the policy</a> by them directly.</p>'
)


def figures_line(counts: SetCounts, whose: str = "") -> str:
    """The set in a few sentences. whose: one that says by whom the completions are."""
    if not counts.total:
        return ""
    decided = counts.by_choice.get("left", 0) + counts.by_choice.get("right", 0)
    others = [f"{counts.by_choice[c]} {word}" for c, word in _UNDECIDED.items() if counts.by_choice.get(c)]
    by_choice = ", ".join([f"{decided} with a better one", *others])
    parts = [
        f"<b>{counts.usable}</b> preferences to train on, out of {counts.total} judgments ({by_choice}).",
        whose,
        _share_sentence("A was chosen in", counts.left_share, "no sign of a favourite side", _FAVOURITE_SIDE),
        _share_sentence("The longer one was chosen in", counts.longer_share, "no sign that length decides", _LENGTH),
    ]
    return f"<p>{' '.join(parts)}</p>{_ON if counts.usable >= FEWEST_PREFERENCES else ''}"


def _share_sentence(what: str, share: Share, fair: str, leaning: str) -> str:
    """A share beside one half: fair where its interval holds one half, else leaning."""
    if share.value is None:
        return ""
    verdict = "too few to tell" if share.n < ENOUGH else fair if share.low <= 0.5 <= share.high else leaning
    interval = f"95 % interval {100 * share.low:.0f} to {100 * share.high:.0f} %"
    return f"{what} <b>{100 * share.value:.0f} %</b> of {share.n} ({interval}): {verdict}."


def export_words(counts: SetCounts) -> str:
    """Links that download the set in its two forms, and what each leaves out."""
    if not counts.total:
        return ""
    words = {**_UNDECIDED, "same text": "with two equal texts"}
    missing = [f"{counts.dropped[reason]} {word}" for reason, word in words.items() if counts.dropped.get(reason)]
    without = f" It leaves out {', '.join(missing)}." if missing else ""
    training = f"<b>For training</b>: {_rows(counts.usable, 'preference')}, in TRL's format.{without}"
    everything = (
        f"<b>Everything, with who and when</b>: {_rows(counts.total, 'judgment')}. Added to an empty set, it is this "
        "set again."
    )
    return (
        "<h3>Take the set with you</h3>"
        + (f"<p>{training} {_links('trl')}</p>" if counts.usable else "")
        + f"<p>{everything} {_links('everything')}</p>"
        + "<p><b>Both as a folder with a card</b>, which <code>datasets.load_dataset</code> reads. "
        + '<span class="links"><a id="export-folder" href="api/rank/export/folder" download>Folder</a></span></p>'
        + "<p>People are numbered instead of named. What was undone or removed is in none of them.</p>"
    )


def _rows(n: int, what: str) -> str:
    return f"one row for each of the {n} {what}s" if n > 1 else f"one row for the one {what}"


def _links(form: str) -> str:
    prefix = {"trl": "export", "everything": "export-all"}[form]
    links = " ".join(
        f'<a id="{prefix}-{kind}" href="api/rank/export/{kind}?form={form}" download>{title}</a>'
        for kind, title in _FORMATS.items()
    )
    return f'<span class="links">{links}</span>'


def progress_bar(done: int, n: int, what: str, words: str) -> str:
    """How far something is; what: "pairs judged", say."""
    return (
        f'<p role="status">{done} of {n} {what}. {escape(words)}</p>'
        f'<progress max="{n}" value="{done}" aria-label="{what.capitalize()}"></progress>'
    )


def file_preview(good: Sequence[Judgment], bad: Sequence[BadRow]) -> str:
    """What a file holds, before anything is stored."""
    usable = f"<b>{len(good)}</b> {'row' if len(good) == 1 else 'rows'} can be used"
    lines = [f'<p role="status">{usable}, {_refused_count(bad)}</p>']
    if good:
        lines.append("<p>Rows that are in the set already are not added again.</p>")
        lines.append(f'<div class="scroll"><table>{_first_rows(good[:3])}</table></div>')
    return "".join(lines) + refused_rows(bad)


def import_words(done: Imported, bad: Sequence[BadRow]) -> str:
    """What came of adding a file."""
    known = "1 was here already" if done.known == 1 else f"{done.known} were here already"
    out = f" ({done.out} of them undone or removed, and still are)" if done.out else ""
    gone = f", {done.withdrawn} left out because whoever judged them has withdrawn" if done.withdrawn else ""
    return (
        f'<p role="status"><b>{done.added}</b> added, {known}{out}{gone}, {_refused_count(bad)}</p>{refused_rows(bad)}'
    )


def _refused_count(bad: Sequence[BadRow]) -> str:
    return f"{len(bad)} {'row' if len(bad) == 1 else 'rows'} refused{':' if bad else '.'}"


def refused_rows(bad: Sequence[BadRow]) -> str:
    """The first rows of a file that cannot be used, each with why."""
    if not bad:
        return ""
    shown = "".join(f"<li>Row {row.number} {escape(row.why)}.</li>" for row in bad[:_REFUSED_SHOWN])
    more = f"<li>And {len(bad) - _REFUSED_SHOWN} more.</li>" if len(bad) > _REFUSED_SHOWN else ""
    return f"<ul>{shown}{more}</ul>"


def _first_rows(judgments: Sequence[Judgment]) -> str:
    if all(judgment.trains for judgment in judgments):
        heads = ("Prompt", "Chosen", "Rejected")
        rows = [(j.prompt.text, j.chosen or "", j.rejected or "") for j in judgments]
    else:
        heads = ("Prompt", "A", "B", "Choice")
        rows = [(j.prompt.text, j.left, j.right, CHOICE_WORDS[j.choice]) for j in judgments]
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(readable(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
