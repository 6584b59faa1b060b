"""Fine-tune: demonstrations turn a model that continues documents into one that answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.registry import algorithms
from playground.table_files import FileLimits
from playground.types import Example
from playground.ui.checkpoint_lists import pick, shipped_policies
from playground.ui.form import draw_form, draw_rest
from playground.ui.listener import told
from playground.ui.next_steps import COMPARE, RANK_OWN, next_steps
from playground.ui.tab import Context, Tab, workspace
from playground.ui.train_listeners import wire_panel
from playground.ui.train_panel import Panel, formulas, run_buttons, run_side

_ALGORITHM = "sft"
_POCKET, _FILE = "Pocket examples", "My own file"
_EMPTY = "No fine-tuning yet. Press Fine-tune: the loss and the answers appear here as they change."


def build(context: Context, item: gr.Tab) -> None:
    """The tab's components and listeners."""
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            start = pick("Start from", "sft-start", shipped_policies(context), "pocket-base")
            source = gr.Radio([_POCKET, _FILE], value=_POCKET, label="Examples to learn from", elem_id="sft-data")
            with gr.Column(visible=False) as own:
                file = gr.File(label="JSONL, JSON, CSV or Parquet: prompt, completion", elem_id="sft-file", height=150)
                preview = gr.Dataframe(
                    headers=["prompt", "completion"], label="First rows", visible=False, wrap=True, buttons=[]
                )
                problems = gr.Markdown(elem_classes="note")
            form = draw_form(algorithms()[_ALGORITHM])
            facts = gr.Markdown("", elem_id="sft-facts", elem_classes="note")
            train, stop, resume = run_buttons("sft", "Fine-tune")
            forms = {_ALGORITHM: draw_rest(form)}
        with gr.Column(scale=5, min_width=320):
            picked, view = run_side("sft", _EMPTY)
            after = next_steps(context, view, "sft", COMPARE, RANK_OWN)
    formulas(forms)
    extra = {"source": source, "file": file}
    limits = context.bench.settings.upload_limits
    given_examples = partial(_examples, limits)
    panel = Panel(
        context, "sft", forms, None, start, None, facts, train, stop, resume, picked, view, after, extra, given_examples
    )
    wire_panel(panel, item)

    @told
    def looked(path: str | None, request: gr.Request) -> dict[Any, Any]:
        workspace(context, request)
        if not path:
            return {preview: gr.update(visible=False), problems: ""}
        examples, bad = _read(path, limits)
        rows = [[_short(e.prompt.text), _short(e.completion)] for e in examples[:3]]
        return {preview: gr.update(value=rows, visible=bool(rows)), problems: _verdict(len(examples), bad)}

    def sourced(chosen: str) -> list[Any]:
        """With a file of one's own all its rows are learned from: how many pocket examples is no question then."""
        return [gr.update(visible=chosen == _FILE), *(gr.update(visible=chosen != _FILE) for _ in of_pocket)]

    of_pocket = [c for c in (form.controls["examples"], form.presets) if c is not None]
    source.change(sourced, source, [own, *of_pocket], queue=False, api_visibility="private", show_progress="hidden")
    file.change(looked, file, [preview, problems], api_name="sft_preview")


def _examples(limits: FileLimits, given: Mapping[str, Any]) -> list[Example] | None:
    if given.get("source") != _FILE:
        return None
    if not given.get("file"):
        raise PlaygroundError("No file is chosen.", hint="Upload a file or take the pocket examples.")
    examples, _ = _read(given["file"], limits)
    if not examples:
        raise PlaygroundError("The file holds no usable row.", hint="Every row needs a prompt and a completion.")
    return examples


def _read(path: str, limits: FileLimits) -> tuple[list[Example], list[Any]]:
    from playground.completions.prompt_files import read_examples

    return read_examples(path, limits)


def _verdict(good: int, bad: list[Any]) -> str:
    lines = [f"{good} usable rows."]
    if bad:
        lines.append(f"{len(bad)} rows are left out:")
        lines += [f"- row {row.number} {_plain(row.why)}" for row in bad[:5]]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text from a file, with what Markdown would make of it taken out."""
    return _short("".join(c if c.isalnum() or c in " ,.;:'()/-" else f"&#{ord(c)};" for c in text))


def _short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


TAB = Tab(
    id="fine-tune",
    order=25,
    title="Fine-tune",
    intro="The base model only continues documents. Supervised fine-tuning shows it prompts with good answers until it "
    "answers too; the later steps start from the model you make here.",
    build=build,
    curves=lambda: {_ALGORITHM: algorithms()[_ALGORITHM]},
)
