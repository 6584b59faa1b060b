"""Where a visitor brings multiple-choice questions: a file, or the name of a set on the Hub, which becomes one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import gradio as gr

from playground.errors import NotAllowed, PlaygroundError
from playground.evaluation.choices import FORMS, OwnChoices, fetch_choices, read_choices
from playground.table_files import SUFFIXES
from playground.ui.listener import QUIET, tell, told
from playground.ui.tab import Context, workspace

QUESTION = "own_choices"


def own_choices_parts() -> tuple[gr.File, gr.Textbox]:
    """The file and the name."""
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
    return upload, name


def own_choices_of(context: Context, path: str | None) -> OwnChoices | None:
    """The questions that were brought. Raises BadFile."""
    return read_choices(Path(path), context.bench.settings.upload_limits) if path else None


def own_choices_events(context: Context, upload: gr.File, name: gr.Textbox, asked: gr.CheckboxGroup) -> Any:
    """A name becomes a file; a file ticks its question, and without one that can be read the tick goes.

    Returns the event after which the tick stands.
    """

    @told
    def fetch(words: str, request: gr.Request) -> str:
        workspace(context, request)  # whoever has none may not ask the Hub with the host's token
        if context.bench.settings.mode == "demo":
            raise NotAllowed("A demo fetches nothing from the Hub.", hint="Upload the questions as a file.")
        return str(fetch_choices(words, Path(tempfile.mkdtemp())))  # gradio keeps its own copy of what it shows

    def tick(path: str | None, ticked: list[str]) -> dict[Any, Any]:
        others = [one for one in ticked if one != QUESTION]
        try:
            return {asked: [*others, QUESTION] if own_choices_of(context, path) else others}
        except PlaygroundError as error:
            tell(error)
            return {upload: None, asked: others}

    name.submit(fetch, name, upload, api_visibility="private")
    return upload.change(tick, [upload, asked], [upload, asked], **QUIET)
