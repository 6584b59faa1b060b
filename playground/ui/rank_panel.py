"""The two custom components of the Rank tab: the panel one judges in, and the table of what was judged."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from playground.preferences.record import Judgment
from playground.types import Json
from playground.ui.rank_words import CHOICE_WORDS
from playground.ui.theme import static

_STRENGTH_WORDS = {1: "slightly", 2: "clearly", 3: "much better"}


def rank_panel(asked: Json) -> gr.HTML:
    """The panel. Its value says what to show (see panel_value); it triggers `saved` after the server has a choice."""
    return gr.HTML(
        asked,
        html_template=static("rank_panel.html"),
        css_template=static("rank_panel.css"),
        js_on_load=static("rank_panel.js"),
        apply_default_css=False,
        elem_id="rank-panel",
    )


def panel_value(checkpoint_ids: Sequence[str], prompt: str | None, hand: str = "") -> Json:
    """Whose completions, and to which prompt; None: the pocket world's prompts. hand: pairs that come before them."""
    return {"checkpoints": list(checkpoint_ids), "prompt": prompt, "hand": hand}


def preference_table(rows: Json) -> gr.HTML:
    """The table. Its value comes from table_value.

    It triggers `remove` and `restore` with the ids of rows, `turn` to see what was removed, or the set again, and
    `others` when another page has changed the set.
    """
    return gr.HTML(
        rows,
        html_template=static("preference_table.html"),
        css_template=static("preference_table.css"),
        js_on_load=static("preference_table.js"),
        apply_default_css=False,
        elem_id="set-table",
    )


def table_value(
    rows: Sequence[Judgment], total: int, searched: bool, removed: bool = False, out: int = 0, version: int = 0
) -> Json:
    """What the table shows, in words. The browser writes all of it as text, never as HTML.

    removed: the rows are those taken out by hand, of which there are `out`. version: of the set when it was read.
    """
    shown = {"rows": [_row(row) for row in rows], "total": total, "searched": searched}
    return shown | {"removed": removed, "out": out, "version": version}


def rank_text(elem_id: str, html: str = "") -> gr.HTML:
    """A few sentences, escaped by the caller."""
    css = static("rank_set.css")
    return gr.HTML(html, css_template=css, js_on_load=None, apply_default_css=False, elem_id=elem_id)


def _row(row: Judgment) -> Json:
    choice = CHOICE_WORDS[row.choice]
    if row.strength:
        choice += f", {_STRENGTH_WORDS[row.strength]}"
    return {
        "id": row.id,
        "prompt": row.prompt.text,
        "chosen": row.left if row.chosen is None else row.chosen,
        "rejected": row.right if row.rejected is None else row.rejected,
        "decided": row.chosen is not None,
        "choice": choice if row.origin == "pair" or row.chosen is None else "first",
        "who": row.annotator.alias,
        "kind": {"person": "person", "persona": "simulated", "model": "model", "file": "file"}[row.annotator.kind],
        "origin": _origin_words(row),
        "when": row.created_at,
    }


def _origin_words(row: Judgment) -> str:
    here = {"pair": "", "ranking": "from an order", row.annotator.alias: ""}.get(row.origin, f"from {row.origin}")
    return f"{here} in a file".strip() if row.imported and row.origin in ("pair", "ranking") else here
