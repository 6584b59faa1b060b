"""The part of "Make a session" that says what is judged: which prompts, whose completions, and how many pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from playground.errors import PlaygroundError
from playground.preferences.completion_files import FORMS
from playground.table_files import SUFFIXES, BadRow
from playground.types import Prompt
from playground.ui.listener import QUIET, told
from playground.ui.problem import problem_html
from playground.ui.rank_words import refused_rows
from playground.ui.tab import Context, workspace
from playground.workbench import Workbench
from playground.workbench.pairs import pairs_among
from playground.workbench.session_prompts import asked, shipped
from playground.workbench.session_recipe import COMPLETIONS, DEFAULT, Recipe
from playground.workbench.session_uploads import pairs_of
from playground.workbench.typed_prompt import prompt_lines
from playground.workbench.workshop import MOST_PAIRS

OWN, FILE = "own", "file"  # prompts of the host's own; completions that the host brings
A_ROOM = 20  # people for whom the page says how much there is to judge
_WHOSE = ("Whose completions", "One: two of its completions against each other. Two: one of each.")
_LEARNS = ("Which model learns", "Nothing is sampled: people judge what is in the file, and this one is trained on it.")
_SEEN = "Evaluate asks the same ones: a model that learned from these choices has seen its exam."
_BEYOND = "A pocket model answers well only in its own small world."


class Filled(NamedTuple):
    """The fields, or what the host has filled in, in their order."""

    title: Any
    ids: Any
    prompts: Any
    pairs: Any
    overlap: Any
    lines: Any
    file: Any
    k: Any
    tie_rule: Any
    known: Any
    days: Any
    rubric: Any
    consent: Any
    rubric_de: Any
    consent_de: Any

    @property
    def sized(self) -> dict[str, Any]:
        """Those by which the number of pairs is known."""
        names = ("ids", "prompts", "pairs", "overlap", "lines", "file", "k")
        return {name: getattr(self, name) for name in names}


def which_prompts() -> gr.Dropdown:
    """The list of prompt sets."""
    requests = f"{len(shipped('requests'))} requests, half harmful"
    listed = [
        ("The pocket world's", "pocket"),
        (f"{len(shipped('everyday'))} everyday questions", "everyday"),
        (requests, "requests"),
        ("My own", OWN),
        ("A file with completions", FILE),
    ]
    return gr.Dropdown(listed, value="pocket", label="Prompts", filterable=False, elem_id="workshop-asked")


def own_material() -> tuple[gr.Textbox, gr.File]:
    """Where the host's own prompts or completions go; shown once they are wanted."""
    lines = gr.Textbox(label="One prompt a line", lines=4, max_lines=12, visible=False, elem_id="workshop-lines")
    file = gr.File(file_types=list(SUFFIXES), visible=False, elem_id="workshop-file", height=120)
    return lines, file


def more_settings() -> tuple[gr.Radio, gr.Radio, gr.Number, gr.Number]:
    """Completions of each prompt, what becomes of ties, pairs with a known answer, days kept."""
    with gr.Accordion("More settings", open=False, elem_id="workshop-more"):
        with gr.Row():
            k = gr.Radio(
                list(COMPLETIONS),
                value=DEFAULT.k,
                label="Completions of each prompt",
                info="Of 3 or 4, every one is judged against every other.",
                elem_id="workshop-k",
            )
            tie_rule = gr.Radio(
                [("is left out", "drop"), ("is learned from, once each way", "both ways")],
                value="drop",
                label="A pair that somebody finds equally good",
                info="Once each way teaches that the two texts are worth the same.",
                elem_id="workshop-ties",
            )
        with gr.Row():
            known = gr.Number(
                DEFAULT.known,
                label="Pairs with a known answer",
                precision=0,
                info="One in twelve that a person gets is one of them; they show who reads. 0: none.",
                elem_id="workshop-known",
            )
            days = gr.Number(30, label="Days kept", precision=0, info="Then it is all deleted. 0: until you do.")
    return k, tie_rule, known, days


def follow_material(context: Context, fields: Filled, sampled: gr.Column, size: gr.HTML) -> None:
    """Show the fields that the chosen prompts need, and say how many pairs they make. sampled: hidden for a file."""
    bench = context.bench

    def turned(prompts: str) -> tuple[Any, ...]:
        label, info = _LEARNS if prompts == FILE else _WHOSE
        about = "Your completions" if prompts == FILE else "Or a file with prompts"
        shown = gr.update(visible=prompts != FILE)
        brought = gr.update(visible=prompts in (OWN, FILE), label=f"{about}: JSONL, JSON, CSV or Parquet", value=None)
        return gr.update(label=label, info=info), gr.update(visible=prompts == OWN), brought, shown, shown

    def sized(request: gr.Request, **values: Any) -> str:
        return size_html(bench, workspace(context, request), **values)

    choice = [fields.ids, fields.lines, fields.file, sampled, fields.k]
    again = {"fn": told(sized), "inputs": None, "outputs": size, "inputs_kwargs": fields.sized, **QUIET}
    fields.prompts.change(told(turned), fields.prompts, choice, **QUIET).then(**again)
    changed = [one.change for one in (fields.ids, fields.pairs, fields.overlap, fields.file, fields.k)]
    gr.on([*changed, fields.lines.blur], trigger_mode="always_last", **again)


def recipe_of(bench: Workbench, filled: Filled) -> Recipe:
    """What the workbench is told to make the pairs of. Raises: PlaygroundError."""
    known, k = int(filled.known or 0), int(filled.k or DEFAULT.k)
    if filled.prompts == FILE:
        sets, _ = bench.workshop.read_completions(_chosen(filled.file))
        return Recipe(sets=sets, known=known)
    own, _ = _own(bench, filled.lines, filled.file) if filled.prompts == OWN else ((), ())
    return Recipe(filled.prompts, own, None, k, known)


def size_html(
    bench: Workbench,
    here: str,
    ids: Sequence[str],
    prompts: str,
    pairs: float | None,
    overlap: float | None,
    lines: str,
    file: str | None,
    k: int,
) -> str:
    """How many pairs there will be, on how many prompts, and what that means for a room; rows that are refused."""
    if prompts == FILE and not file:
        return f"<p>Each row is one prompt with its completions: {escape(FORMS)}.</p>"
    if prompts == OWN and not file and not (lines or "").strip():
        return "<p>Write your prompts, or choose a file in which each row has one.</p>"
    try:
        if prompts == FILE:
            sets, bad = bench.workshop.read_completions(_chosen(file))
            n = len(pairs_of(sets, MOST_PAIRS))
            said, more = f"{_pairs(n)} on {_prompts(len({one[0].prompt.key for one in sets}))} of the file.", ""
        else:
            own, bad = _own(bench, lines, file) if prompts == OWN else ((), [])
            n, said, more = _sampled(prompts, own, int(pairs or 0), int(k or DEFAULT.k))
            more += _warnings(bench, here, ids, prompts)
    except PlaygroundError as error:
        return problem_html(error)
    return f'<p role="status">{said} {_for_a_room(n, int(overlap or 0))}{more}</p>{refused_rows(bad)}'


def _own(bench: Workbench, lines: str, path: str | None) -> tuple[list[Prompt], list[BadRow]]:
    """The host's prompts: those of the lines, then those of the file."""
    found, bad = bench.workshop.read_prompts(Path(path)) if path else ([], [])
    both = {prompt.key: prompt for prompt in [*prompt_lines(lines or ""), *found]}
    return list(both.values()), bad


def _chosen(path: str | None) -> Path:
    if not path:
        raise PlaygroundError("No file is chosen.", hint="Choose one with prompts and completions.")
    return Path(path)


def _sampled(prompts: Any, own: Sequence[Prompt], wanted: int, k: int) -> tuple[int, str, str]:
    """How many pairs are sampled, that in words, and what the second vote is about."""
    found, each = asked(prompts, own), pairs_among(k)
    sets = math.ceil(wanted / each)
    on = sets if found.distinct is None else min(sets, found.distinct)
    most = "" if found.distinct is None else "up to "
    about = "about " if found.distinct is None else ""  # the pocket world asks some of them twice
    against = "" if k == 2 else ", every one against every other"
    said = f"{most}{_pairs(sets * each)}: {about}{_prompts(on)}, {k} completions each{against}."
    if on < sets:
        said = f"{most}{_pairs(sets * each)}: {_prompts(on)}, asked more than once."
    return sets * each, f"{said[0].upper()}{said[1:]}", _later(found.distinct, len(found.later))


def _later(distinct: int | None, later: int) -> str:
    if distinct is None:
        return ""
    if later == distinct:
        return " The list is short, so the vote after training asks them again."
    return f" {later} of the list are kept for the vote after training."


def _warnings(bench: Workbench, here: str, ids: Sequence[str], prompts: str) -> str:
    """What a host should know who takes other prompts than the pocket world's."""
    if prompts == "pocket":
        return ""
    pocket = {one.id for one in bench.checkpoints.all(here) if one.card == "pocket"}
    said = [_SEEN if prompts != OWN else "", _BEYOND if pocket.intersection(ids or ()) else ""]
    return "".join(f" {words}" for words in said if words)


def _for_a_room(n: int, overlap: int) -> str:
    choices = n * overlap
    each = math.ceil(choices / A_ROOM)
    return f"{overlap} labels a pair make {choices} choices: about {each} for each of {A_ROOM} people."


def _pairs(n: int) -> str:
    return f"<b>{n} pair{'' if n == 1 else 's'}</b>"


def _prompts(n: int) -> str:
    return f"{n} prompt{'' if n == 1 else 's'}"
