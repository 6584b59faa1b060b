"""The folded list under each tab's introduction that explains the words of the field which that tab uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import gradio as gr

from playground.ui.tab import Context, Tab
from playground.vocabulary import METRICS, Word, words_in

_SHOWN = ("label", "info", "value", "placeholder", "choices", "headers", "empty", "html_template")


def build_explained(tab: Tab, context: Context, item: gr.Tab) -> None:
    """Build the tab below the list of its words."""
    fold = gr.HTML("", elem_id=f"words-{tab.id}", apply_default_css=False, js_on_load=None)
    tab.build(context, item)
    fold.value = words_html(words_in("\n".join([tab.intro, *tab.words, *_curve_texts(tab), *_texts(item)])))


def words_html(words: Sequence[Word]) -> str:
    """The list."""
    rows = "".join(f"<dt>{escape(word.name)}</dt><dd>{escape(word.means)}</dd>" for word in words)
    return f'<details class="words"><summary>Words used here</summary><dl>{rows}</dl></details>'


def _curve_texts(tab: Tab) -> Iterator[str]:
    """What stands beside the curves of the tab's algorithms."""
    names = {name for entry in tab.curves().values() for panel in entry.charts for name in panel}
    for name in names:
        metric = METRICS[name]
        yield f"{metric.title} {metric.unit} {metric.healthy} {metric.sick}"


def _texts(block: Any) -> Iterator[str]:
    """What the components in this block show before anything happened."""
    for name in _SHOWN:
        shown = getattr(block, name, None)
        if isinstance(shown, str | list | dict):
            yield str(shown)
    for child in getattr(block, "children", []):
        yield from _texts(child)
