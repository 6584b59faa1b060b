"""Policy: the preferences change the model itself, directly (DPO) or through the reward model (PPO)."""

from __future__ import annotations

import json
from dataclasses import replace

import gradio as gr

from playground.registry import Algorithm, algorithms
from playground.ui.checkpoint_lists import pick, shipped_policies
from playground.ui.form import draw_form, draw_rest
from playground.ui.newer import newer_line
from playground.ui.next_steps import COMPARE, EVALUATE, RANK_AGAINST, next_steps
from playground.ui.tab import Context, Tab
from playground.ui.train_listeners import wire_panel
from playground.ui.train_panel import Panel, formulas, run_buttons, run_side

_EMPTY = "No trained policy yet. With judged pairs, press Train and watch what they do to the model."


def methods() -> dict[str, Algorithm]:
    """Every algorithm that makes a policy from preferences or from a reward."""
    return {
        name: entry for name, entry in algorithms().items() if entry.makes == "policy" and entry.needs != "examples"
    }


def build(context: Context, item: gr.Tab) -> None:
    """The tab's components and listeners."""
    entries = methods()
    first = next(iter(entries))
    forms, groups = {}, []
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            choices = [(entry.title, name) for name, entry in entries.items()]
            method = gr.Radio(choices, value=first, label="Method", elem_id="policy-method")
            start = pick(
                "Start from",
                "policy-start",
                shipped_policies(context),
                "pocket-sft",
                "Your newest fine-tuned model, until you choose another. It is also the reference.",
            )
            newer = {"start": newer_line("policy-start")}
            reward = pick(
                "Reward model",
                "policy-reward",
                [],
                None,
                "Whose score the policy is to raise. Your newest one, until you choose another.",
            )
            reward.visible = entries[first].needs == "prompts"
            with gr.Column(visible=reward.visible) as of_reward:
                newer["reward"] = newer_line("policy-reward")
            for name, entry in entries.items():
                with gr.Column(visible=name == first, elem_id=f"policy-form-{name}") as group:
                    forms[name] = draw_form(entry)
                groups.append((name, group))
            facts = gr.Markdown("", elem_id="policy-facts", elem_classes="note")
            train, stop, resume = run_buttons("policy", "Train")
            for name in entries:
                with gr.Column(visible=name == first) as group:
                    forms[name] = draw_rest(forms[name])
                groups.append((name, group))
        with gr.Column(scale=5, min_width=320):
            picked, view = run_side("policy", _EMPTY)
            after = next_steps(context, view, "policy", COMPARE, EVALUATE, RANK_AGAINST)
    formulas(forms)
    seen = {n: [entry.needs == "prompts"] * 2 + [n == name for name, _ in groups] for n, entry in entries.items()}
    parts = [reward, of_reward, *(group for _, group in groups)]
    # In the browser, and before wire_panel's: Gradio answers the listeners of one change one after the other.
    method.change(None, method, parts, js=f"(name) => Playground.visible({json.dumps(seen)}[name])")
    panel = Panel(context, "policy", forms, method, start, reward, facts, train, stop, resume, picked, view, after)
    wire_panel(replace(panel, newer=newer), item)


TAB = Tab(
    id="policy",
    order=60,
    title="Policy",
    intro="Now the model itself changes: DPO learns from the pairs directly, PPO writes completions and lets the "
    "reward model judge them. Both are held near the reference, because a policy that only chases its reward forgets "
    "the rest.",
    build=build,
    curves=methods,
)
