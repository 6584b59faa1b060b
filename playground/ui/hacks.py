"""Four hacks on purpose: bring one about, see what exposes it, cure it, and look again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.evaluation.hack_report import HackReport, next_cure, with_beside
from playground.evaluation.hacks import RECIPES, Recipe
from playground.types import Json
from playground.ui.asking import Asking, Start, asking_events
from playground.ui.durations import spoken
from playground.ui.evaluation_view import report_row, report_view
from playground.ui.listener import QUIET, told
from playground.ui.progress_view import progress_view
from playground.ui.tab import Context, workspace
from playground.workbench.hacks import WORK

_ABOUT = (
    "Whoever is rewarded for a sign of what is wanted learns to give the sign. Here each hack is brought about on "
    "purpose: simulated annotators label pairs, a reward model learns from them, a policy is trained against it with "
    "nothing to hold it. Then the figures that expose the hack, the completions before and after, and what the audit "
    "says of the reward model. A cure changes one thing and does it all again. These sets are biased on purpose: "
    "they are never mixed with yours."
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Its components."""

    recipe: gr.Radio
    words: gr.Markdown
    hack: gr.Button
    cure: gr.Button
    stop: gr.Button
    progress: gr.HTML
    reports: gr.HTML

    @property
    def shows(self) -> list[Any]:
        """What changes with the recipe and with what was found."""
        return [self.words, self.cure, self.reports]

    @property
    def reads(self) -> dict[str, Any]:
        """Listener arguments."""
        return {"recipe": self.recipe}


def hacks_on_purpose(context: Context, item: gr.Tab) -> None:
    """Draw it here, with its listeners."""
    parts = _draw()
    bench = context.bench

    def shown_now(space: str, given: dict[str, Any]) -> dict[Any, Any]:
        return shown(context, space, parts, given)

    asking = Asking(parts.stop, parts.progress, parts.reads, parts.shows, shown_now)
    starts = [
        Start(parts.hack, lambda space, given: bench.hacks.begin(space, given["recipe"]), "hack"),
        Start(parts.cure, lambda space, given: bench.hacks.begin_cure(space, given["recipe"]), "hack_cure"),
    ]
    asking_events(context, item, asking, starts)

    @told
    def show(request: gr.Request, **given: Any) -> dict[Any, Any]:
        return shown_now(workspace(context, request), given)

    gr.on([item.select, parts.recipe.input], show, None, parts.shows, inputs_kwargs=parts.reads, **QUIET)


def _draw() -> Parts:
    gr.Markdown("### Four hacks on purpose")
    gr.Markdown(_ABOUT, elem_classes="note")
    recipe = gr.Radio(
        [(one.title, name) for name, one in RECIPES.items()],
        value=next(iter(RECIPES)),
        label="What the policy should learn to fake",
        elem_id="hack-recipe",
    )
    words = gr.Markdown("", elem_id="hack-words", elem_classes="note")
    with gr.Row():
        hack = gr.Button("Bring it about", variant="primary", scale=0, min_width=170, elem_id="hack-run")
        cure = gr.Button(
            f"Try {next(iter(RECIPES.values())).cures[0].named}",
            interactive=False,
            scale=0,
            min_width=260,
            elem_id="hack-cure",
        )
        stop = gr.Button("Stop", scale=0, min_width=100, interactive=False, elem_id="hack-stop")
    progress = progress_view("hack-progress", WORK)
    return Parts(recipe, words, hack, cure, stop, progress, report_view("hack-reports"))


def shown(context: Context, space: str, parts: Parts, given: dict[str, Any]) -> dict[Any, Any]:
    """Everything that depends on the recipe, by component."""
    name = given["recipe"]
    report = context.bench.hacks.report(space, name)
    recipe = RECIPES[name]
    return {
        parts.words: recipe_words(context, space, recipe),
        parts.cure: gr.update(value=f"Try {next_cure(recipe, report).named}", interactive=report is not None),
        parts.reports: hack_reports(recipe, report),
    }


def recipe_words(context: Context, space: str, recipe: Recipe) -> str:
    """What will be done, and in how long."""
    seconds = context.bench.hacks.estimate(space, recipe.name)
    takes = "" if seconds is None else f" About **{spoken(seconds)}**, labels and questions not counted."
    cures = (
        f"**{'The cure' if len(recipe.cures) == 1 else 'A cure'}: {one.named}.** {one.about}" for one in recipe.cures
    )
    return "\n\n".join((f"{recipe.about}{takes}", *cures))


def hack_reports(recipe: Recipe, report: HackReport | None) -> Json:
    """The hack beside the start, what the audit says of its reward model, and each cure beside the hack."""
    if report is None:
        empty = f"{recipe.title} has not been brought about here yet. Press Bring it about."
        return {"name": "", "beside": "", "ids": {}, "reports": [], "empty": empty}
    rows = []
    for one, before in report.shown:
        row = report_row(with_beside(one, before) if before else one, before)
        if before is None:  # the audit of the reward model: its faults here, all of its figures in the file
            row |= {"figures": [], "answers": [], "table": []}
        rows.append({**row, "name": one.checkpoint, "beside": before.checkpoint if before else ""})
    return {
        "name": report.hacked.checkpoint,
        "beside": report.start.checkpoint,
        "export": f"api/hacks/{recipe.name}/export",
        "reports": rows,
        "empty": "",
    }
