"""Start: the whole way in one picture, where this visitor stands on it, and a recorded run to look at."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.registry import algorithms
from playground.runs.recorded import seen_words
from playground.runs.tail import step_rows
from playground.ui.checkpoint_lists import shipped_policies
from playground.ui.listener import QUIET, told
from playground.ui.model_picker import model_fold
from playground.ui.pictures import Stage, pipeline
from playground.ui.run_view import run_view, showing
from playground.ui.tab import Context, Tab, tabs, workspace

_NEXT = {
    "compare": "Begin with [Compare](#compare): put one question to the base model and to the fine-tuned one, side "
    "by side.",
    "rank": "Next: [Rank](#rank). Judge some pairs yourself, or let a simulated annotator judge a hundred.",
    "reward-model": "Next: [Reward model](#reward-model). Your preferences are enough to train a network that "
    "predicts them.",
    "policy": "Next: [Policy](#policy). Let DPO or PPO change the model by your preferences.",
    "evaluate": "You have trained a policy. [Evaluate](#evaluate) measures what that gained and what it cost; "
    "[Attack](#attack) looks for how it cheats; "
    "[Runs](#runs) lays runs over each other.",
}


def build(context: Context, item: gr.Tab) -> None:
    """The tab's components and listeners."""
    picture = gr.HTML(
        pipeline(stages(context, None)),
        html_template='<div class="pipeline">${value}</div>',
        js_on_load="Playground.links(element)",
        apply_default_css=False,
        elem_id="start-pipeline",
    )
    advice = gr.Markdown(_NEXT["compare"], elem_id="start-next")
    recorded = context.bench.runs.recorded()
    with gr.Column(visible=bool(recorded)):
        gr.Markdown("### While you look around: a training run, recorded on a machine like this one")
        choices = [(s.spec.name, s.spec.id) for s in recorded]
        chosen = gr.Dropdown(
            choices,
            value=choices[0][1] if choices else None,
            label="Recorded run",
            filterable=False,
            visible=len(choices) > 1,
            elem_id="start-recorded-pick",
        )
        rows = {s.spec.id: step_rows(context.bench.runs.tail("", s.spec.id).lines) for s in recorded}
        words = {run_id: seen_words(found) for run_id, found in rows.items()}
        seen = gr.Markdown(words.get(chosen.value, ""), elem_id="start-recorded-seen", elem_classes="note")
        view = run_view("start-run", "Choose a recorded run.")
        outputs = [seen, view]
        chosen.input(lambda one: (words[one], showing(one)), chosen, outputs, queue=False, api_visibility="private")
    model_fold(context, item)

    @told
    def opened(request: gr.Request) -> tuple[str, str]:
        found = stages(context, workspace(context, request))
        ahead = next((stage.tab for stage in found if stage.next), "evaluate")
        return pipeline(found), _NEXT[ahead]

    def first_recorded() -> Any:
        return showing(recorded[0].spec.id) if recorded else gr.skip()

    item.select(opened, None, [picture, advice], **QUIET)
    gr.on(None, opened, [], [picture, advice], **QUIET)  # without triggers: when the page loads
    gr.on(None, first_recorded, [], view, **QUIET)


def stages(context: Context, space: str | None) -> list[Stage]:
    """The pipeline with what this workspace has (None: nothing yet); one stage is marked as the next one."""
    bench = context.bench
    policies = bench.checkpoints.all(space, "policy") if space else shipped_policies(context)
    rewards = bench.checkpoints.all(space, "reward") if space else []
    usable = bench.preferences.counts(space).usable if space else 0
    runs = bench.runs.all(space) if space else []
    own = [c for c in policies if c.run_id]
    tuned = [c for c in own if c.method == "sft"]
    trained = [c for c in own if c.method != "sft"]
    ahead = _ahead(bool(runs), usable, bool(rewards), bool(trained))
    titles = {tab.id: f"{number} {tab.title}" for number, tab in enumerate(tabs(), start=1)}
    rows = [
        ("compare", "ask two models", f"{len(policies)} models to ask"),
        ("fine-tune", "learn to answer", _count(len(tuned), "of your own", "1 shipped")),
        ("rank", "say what is better", _count(usable, "preferences", "no preferences yet")),
        ("reward-model", "predict the choice", _count(len(rewards), "trained", "none yet")),
        ("policy", "DPO or PPO", _count(len(trained), "trained", "none yet")),
        ("evaluate", "gains and costs", "figures with intervals"),
        ("runs", "curves and lineage", _count(len(runs), "runs", "no runs yet")),
    ]
    return [Stage(tab, titles[tab], what, have, next=tab == ahead) for tab, what, have in rows if tab in titles]


def _ahead(any_run: bool, usable: int, rewards: bool, trained: bool) -> str:
    if trained:
        return "evaluate"
    if usable < 4:
        return "rank" if any_run or usable else "compare"
    return "policy" if rewards else "reward-model"


def _count(number: int, noun: str, none: str) -> str:
    return f"{number} {noun.removesuffix('s') if number == 1 else noun}" if number else none


TAB = Tab(
    id="start",
    order=10,
    title="Start",
    intro="A language model is aligned in a few steps, and you can do each of them here with a small model that trains "
    "in seconds. Click a step to go there; nothing you do can break anything.",
    build=build,
    curves=lambda: {name: entry for name, entry in algorithms().items() if entry.needs == "prompts"},
)
