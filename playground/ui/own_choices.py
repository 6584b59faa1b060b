"""Where a visitor brings multiple-choice questions: a file, or the name of a set on the Hub, which becomes one."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from playground.errors import NotAllowed, PlaygroundError
from playground.evaluation.choices import FORMS, OwnChoices, fetch_choices, read_choices
from playground.table_files import SUFFIXES
from playground.ui.listener import QUIET, told
from playground.ui.problem import problem_html
from playground.ui.tab import Context, workspace

QUESTION = "own_choices"


@dataclass(frozen=True, slots=True)
class OwnParts:
    """The components."""

    upload: gr.File
    name: gr.Textbox
    problem: gr.HTML  # why what was brought is refused


def own_choices_parts() -> OwnParts:
    """Draw them here."""
    with gr.Accordion("Multiple-choice questions of your own", open=False, elem_id="evaluate-own"):
        gr.Markdown(
            "Each row is one question, in one of these forms:\n\n" + "\n".join(f"- {f}" for f in FORMS),
            elem_classes="note",
        )
        upload = gr.File(label="Your questions", file_types=list(SUFFIXES), elem_id="evaluate-upload")
        name = gr.Textbox(
            label="Or a set on the Hub: its name, configuration and split, then Enter",
            placeholder="truthfulqa/truthful_qa multiple_choice validation",
            elem_id="evaluate-hub-set",
        )
        problem = gr.HTML("", elem_id="evaluate-own-problem", apply_default_css=False, js_on_load=None)
    return OwnParts(upload, name, problem)


def own_choices_of(context: Context, path: str | None) -> OwnChoices | None:
    """The questions that were brought. Raises BadFile."""
    return read_choices(Path(path), context.bench.settings.upload_limits) if path else None


def own_choices_events(context: Context, parts: OwnParts, asked: gr.CheckboxGroup) -> Any:
    """A name becomes a file; a file ticks its question, and without one that can be read the tick goes.

    Returns the event after which the tick stands.
    """
    upload, problem = parts.upload, parts.problem

    def fetch(words: str, request: gr.Request) -> dict[Any, Any]:
        try:
            return {upload: _fetched(context, words, request), problem: ""}
        except PlaygroundError as error:
            return {problem: problem_html(error)}

    @told
    def tick(path: str | None, ticked: list[str], request: gr.Request) -> dict[Any, Any]:
        workspace(context, request)
        others = [one for one in ticked if one != QUESTION]
        if path is None:
            return {asked: others}  # why a file was refused stays in sight once the file has gone
        try:
            own_choices_of(context, path)
        except PlaygroundError as error:
            return {upload: None, asked: others, problem: problem_html(error)}
        return {asked: [*others, QUESTION], problem: ""}

    parts.name.submit(fetch, parts.name, [upload, problem], api_visibility="private")
    return upload.change(tick, [upload, asked], [upload, asked, problem], **QUIET)


def _fetched(context: Context, words: str, request: gr.Request) -> str:
    """Where the Hub's set now lies. Raises PlaygroundError."""
    workspace(context, request)  # whoever has none may not ask the Hub with the host's token
    if context.bench.settings.mode == "demo":
        raise NotAllowed("A demo fetches nothing from the Hub.", hint="Upload the questions as a file.")
    return str(fetch_choices(words, Path(tempfile.mkdtemp())))  # gradio keeps its own copy of what it shows
