"""Train the chosen model again with one thing changed, and see what that changed: labels, loss, seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.evaluation.export import plain
from playground.types import Checkpoint
from playground.ui.asking import Given, Start
from playground.ui.durations import spoken
from playground.ui.tab import Context
from playground.workbench.variants import EFFECT, MORE_SEEDS

WHAT = (
    "The same model, trained again from the same start with the same settings and seed, but with one thing changed. "
    "Each is a run of its own under *Runs*."
)


@dataclass(frozen=True, slots=True)
class VariantParts:
    """The fold's components."""

    words: gr.Markdown
    labels: gr.Dropdown
    relearn: gr.Button
    repair: gr.Button
    seeds: gr.Button

    @property
    def shows(self) -> list[Any]:
        """What changes with the chosen model."""
        return [self.words, self.labels, self.relearn, self.repair, self.seeds]


def variant_parts() -> VariantParts:
    """What would change, and three buttons."""
    with gr.Accordion("Train it again with one thing changed", open=False, elem_id="variants"):
        gr.Markdown(WHAT, elem_classes="note")
        words = gr.Markdown("", elem_id="variant-words")
        with gr.Row():
            labels = gr.Dropdown([], label="Other labels", elem_id="variant-labels", filterable=False, scale=2)
            labels.preprocess = lambda payload: payload
            relearn = gr.Button(
                "Train on these, and list what it says otherwise", elem_id="variant-relearn", interactive=False
            )
        with gr.Row():
            repair = gr.Button(
                "Mix demonstrations in, and fill the tax sheet", elem_id="variant-repair", interactive=False
            )
            seeds = gr.Button(
                f"Train it with {MORE_SEEDS} other seeds, and fill the tax sheet",
                elem_id="variant-seeds",
                interactive=False,
            )
    return VariantParts(words, labels, relearn, repair, seeds)


def variants_shown(
    context: Context, space: str, parts: VariantParts, checkpoint: Checkpoint, chosen: str | None
) -> Given:
    """What the fold offers for the chosen model."""
    variants = context.bench.variants
    offered = variants.label_changes(space, checkpoint)
    seconds = variants.seconds(space, checkpoint)
    keys = [one.key for one in offered]
    try:
        can_repair, why = bool(variants.repairs(space, checkpoint)), ""
    except PlaygroundError as error:
        can_repair, why = False, f"{plain(error.message)} {error.hint}"
    takes = f"One training takes about **{spoken(seconds)}**. " if keys and seconds is not None else ""
    words = f"{takes}{why}"
    return {
        parts.words: words,
        parts.labels: gr.update(
            choices=[(one.title, one.key) for one in offered],
            value=chosen if chosen in keys else next(iter(keys), None),
        ),
        parts.relearn: gr.update(interactive=bool(keys)),
        parts.repair: gr.update(interactive=can_repair),
        parts.seeds: gr.update(interactive=bool(keys)),
    }


def variant_starts(context: Context, parts: VariantParts, plan_of: Any) -> list[Start]:
    """What each button begins. plan_of(context, workspace, given) -> Plan."""
    variants = context.bench.variants

    def relearn(space: str, given: Given) -> None:
        variants.begin_labels(space, plan_of(context, space, given), given["labels"] or "")

    def repair(space: str, given: Given) -> None:
        variants.begin_repair(space, plan_of(context, space, given))

    def seeds(space: str, given: Given) -> None:
        variants.begin_seeds(space, plan_of(context, space, given))

    return [
        Start(parts.relearn, relearn, "other_labels"),
        Start(parts.repair, repair, "repair"),
        Start(parts.seeds, seeds, "other_seeds"),
    ]


def other_labels_made(context: Context, space: str, checkpoint_id: str) -> str | None:
    """The id of what was just trained on other labels than the checkpoint; None where that is not what has ended."""
    made, evaluations = context.bench.evaluations.made_now(space), context.bench.evaluations
    if not made:
        return None
    plan = evaluations.plan(space, made, checkpoint_id)
    return made if evaluations.shown(space, plan, [EFFECT]) else None
