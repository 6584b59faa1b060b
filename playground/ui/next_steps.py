"""What to do with what a run made: buttons under it that lead on to the next tab, with that tab set up for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.runs.tail import RunSummary
from playground.ui.listener import told
from playground.ui.run_view import run_shown
from playground.ui.tab import Context, workspace


@dataclass(frozen=True, slots=True)
class Step:
    """One way on."""

    name: str  # of the button's element
    label: str
    what: str  # one sentence: what will happen
    tab: str
    sends: Callable[[RunSummary], Any]  # what that tab is to start from
    into: Callable[[Context], gr.State]


def _both(summary: RunSummary) -> list[str]:
    return [summary.spec.start.id, summary.checkpoint.id]


COMPARE = Step(
    "compare",
    "Compare with its reference",
    "Compare opens with this model beside the one it started from: ask both the same thing.",
    "compare",
    _both,
    lambda context: context.compare_ids,
)
RANK_OWN = Step(
    "rank",
    "Rank its completions",
    "Rank shows you pairs of this model's completions: your choices are what the next steps learn from.",
    "rank",
    lambda summary: [summary.checkpoint.id],
    lambda context: context.rank_ids,
)
RANK_AGAINST = Step(
    "rank",
    "Rank against its reference",
    "Rank shows you pairs with one completion of each, blind: you find out which you really prefer.",
    "rank",
    _both,
    lambda context: context.rank_ids,
)
EVALUATE = Step(
    "evaluate",
    "Evaluate it",
    "Evaluate asks this model and its reference the same questions: what it gained, and what it cost.",
    "evaluate",
    lambda summary: summary.checkpoint.id,
    lambda context: context.evaluate_id,
)
POLICY = Step(
    "policy",
    "Train a policy with it",
    "Policy opens with PPO and this reward model: a model learns to write what it scores high.",
    "policy",
    lambda summary: summary.checkpoint.id,
    lambda context: context.reward_id,
)


def next_steps(context: Context, view: gr.HTML, prefix: str, *steps: Step) -> gr.Column:
    """Draw the buttons here, hidden until the run in `view` has kept a checkpoint."""
    with gr.Column(visible=False, elem_id=f"{prefix}-next") as part:
        gr.Markdown("**What next?** " + " ".join(step.what for step in steps))
        with gr.Row(equal_height=True):
            buttons = [gr.Button(step.label, elem_id=f"{prefix}-{step.name}") for step in steps]
    for step, button in zip(steps, buttons, strict=True):
        _wire(context, view, step, button)
    return part


def _wire(context: Context, view: gr.HTML, step: Step, button: gr.Button) -> None:
    @told
    def go(shown: Any, request: gr.Request) -> tuple[Any, Any]:
        summary = kept_by(context, workspace(context, request), run_shown(shown))
        return step.sends(summary), gr.Tabs(selected=step.tab)

    if step.tab == "rank":
        button.click(None, js="() => Playground.awaitOthers()")
    button.click(go, view, [step.into(context), context.tabs], api_visibility="private", show_progress="hidden")


def kept_by(context: Context, space: str, run_id: str | None) -> RunSummary:
    """The run, with the checkpoint it kept. Raises PlaygroundError where there is none."""
    if not run_id:
        raise PlaygroundError("No run is shown yet.", hint="Train something first.")
    summary = context.bench.runs.find(space, run_id)
    if summary.checkpoint is None:
        raise PlaygroundError("This run has kept no checkpoint yet.", hint="Wait for its end, or press Stop.")
    return summary
