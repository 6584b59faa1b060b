"""Reward model: a network learns to score completions the way your choices compare them, and a bench to try it on."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from playground.registry import algorithms
from playground.ui.checkpoint_lists import pick, shipped_policies
from playground.ui.form import draw_form, draw_rest
from playground.ui.newer import newer_line
from playground.ui.next_steps import POLICY, next_steps
from playground.ui.reward_bench import reward_bench
from playground.ui.tab import Context, Tab
from playground.ui.train_listeners import wire_panel
from playground.ui.train_panel import Panel, formulas, run_buttons, run_side

_ALGORITHM = "reward_model"
_EMPTY = "No reward model yet. Judge pairs in Rank, then press Train: it learns from a frozen copy of them."


def build(context: Context, item: gr.Tab) -> None:
    """The tab's components and listeners."""
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            start = pick(
                "Start from",
                "reward-start",
                shipped_policies(context),
                "pocket-sft",
                "Its weights become the scorer. Your newest fine-tuned model, until you choose another.",
            )
            newer = {"start": newer_line("reward-start")}
            form = draw_form(algorithms()[_ALGORITHM])
            facts = gr.Markdown("", elem_id="reward-facts", elem_classes="note")
            train, stop, resume = run_buttons("reward", "Train")
            forms = {_ALGORITHM: draw_rest(form)}
        with gr.Column(scale=5, min_width=320):
            picked, view = run_side("reward", _EMPTY)
            after = next_steps(context, view, "reward", POLICY)
    formulas(forms)
    panel = Panel(context, "reward", forms, None, start, None, facts, train, stop, resume, picked, view, after)
    wire_panel(replace(panel, newer=newer), item)
    reward_bench(context, item, view)


TAB = Tab(
    id="reward-model",
    order=50,
    title="Reward model",
    intro="People cannot score every completion during training, so a network learns to predict their choices. "
    "It is trained on your preferences as they stand now; on the bench below you can give it anything to score.",
    build=build,
    curves=lambda: {_ALGORITHM: algorithms()[_ALGORITHM]},
    words=("calibration", "sigmoid"),
)
