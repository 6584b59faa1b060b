"""Attack: how does it cheat? Audits of any checkpoint or reward model, and a place to be the attacker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.evaluation.plan import Plan, ReadText
from playground.evaluation.steering import DIRECTIONS, Direction
from playground.registry import audits
from playground.table_files import SUFFIXES, FileLimits, read_rows
from playground.ui.asking import Asking, Start, asking_events
from playground.ui.attack_formulas import FORMULAS
from playground.ui.attack_view import attacker
from playground.ui.checkpoint_lists import (
    FIRST_COMPARED,
    choices_of,
    follow,
    newest,
    newest_tuned,
    pick,
    shipped_policies,
)
from playground.ui.durations import spoken
from playground.ui.evaluation_view import report_view, shown_reports
from playground.ui.formula import formula_fold
from playground.ui.hacks import hacks_on_purpose
from playground.ui.listener import QUIET, told
from playground.ui.overoptimisation import overoptimisation
from playground.ui.progress_view import progress_view
from playground.ui.tab import Context, Tab, workspace
from playground.workbench.attacks import MENDING
from playground.workbench.steering import AUDIT as SYCOPHANCY
from playground.workbench.steering import PAIRS

_LEAD = (
    "Sycophancy is learned from preferences. One click has this model answer right and wrong opinions, makes up "
    f"to {PAIRS} pairs of its own completions, of which a simulated annotator prefers the one that agrees (or the one "
    "that agrees with what is right only), trains it on them with DPO and asks both models the same questions: before "
    "and after, side by side. Look at the right opinions too: a small model easily learns to say no to everything, "
    "which is no truthfulness."
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The audits' components."""

    checkpoint: gr.Dropdown
    asked: gr.CheckboxGroup
    upload: gr.File
    estimate: gr.Markdown
    audit: gr.Button
    stop: gr.Button
    progress: gr.HTML
    reports: gr.HTML
    mend: gr.Button
    mend_words: gr.Markdown
    lead: gr.Column
    up: gr.Button
    down: gr.Button

    @property
    def shows(self) -> list[Any]:
        """What changes with every choice."""
        return [self.estimate, self.reports, self.mend, self.mend_words, self.lead]

    @property
    def reads(self) -> dict[str, Any]:
        """What decides an audit, by the names of the listeners' arguments."""
        return {"checkpoint": self.checkpoint, "asked": self.asked, "upload": self.upload}


def build(context: Context, item: gr.Tab) -> None:
    """The tab's components and listeners."""
    parts = _draw(context)
    _follow_lists(context, item, parts)
    _show_events(context, parts)
    asking = Asking(
        parts.stop,
        parts.progress,
        parts.reads,
        parts.shows,
        lambda space, given: shown(context, space, parts, given),
        lambda space, given: _led(context, parts, space, given),
        (parts.checkpoint,),
    )
    asking_events(context, item, asking, [Start(parts.audit, _begin(context), "audit"), *_leading(context, parts)])
    _mend_event(context, parts)
    attacker(context, item)
    overoptimisation(context, item)
    hacks_on_purpose(context, item)
    formula_fold(FORMULAS)


TAB = Tab(
    id="attack",
    order=67,
    title="Attack",
    intro="What is measured gets gamed. Audit a reward model for what it wrongly likes and a policy for saying what "
    "the asker wants to hear, try to fool the reward model yourself, then let PPO do it: push it too far on purpose, "
    "see what exposes it, and cure it.",
    build=build,
    words=("interval", "gold reward", "proxy reward", "nats", "over-optimisation"),
)


def _draw(context: Context) -> Parts:
    checkpoint = pick("Audit this model", "attack-checkpoint", shipped_policies(context), FIRST_COMPARED[1])
    with gr.Accordion("Audits, and a training set to look in", open=False, elem_id="attack-more"):
        asked = gr.CheckboxGroup(
            [(one.title, name) for name, one in audits().items()],
            value=list(audits()),
            label="Audits",
            elem_id="attack-audits",
        )
        gr.Markdown("\n".join(f"- **{one.title}** {one.about}" for one in audits().values()), elem_classes="note")
        upload = gr.File(
            label="A training set, in which the exam's prompts are looked for",
            file_types=list(SUFFIXES),
            elem_id="attack-upload",
        )
    estimate = gr.Markdown("", elem_id="attack-estimate", elem_classes="note")
    with gr.Row():
        audit = gr.Button("Audit", variant="primary", scale=0, min_width=160, elem_id="attack-run")
        stop = gr.Button("Stop", scale=0, min_width=100, interactive=False, elem_id="attack-stop")
    progress = progress_view("attack-progress")
    reports = report_view("attack-reports")
    with gr.Row():
        mend = gr.Button(
            "Label in Rank what would mend it", visible=False, scale=0, min_width=310, elem_id="attack-mend"
        )
    mend_words = gr.Markdown("", elem_id="attack-mend-words", elem_classes="note")
    with gr.Column(visible=False, elem_id="attack-lead") as lead:
        gr.Markdown("### Make it please more, or less")
        gr.Markdown(_LEAD, elem_classes="note")
        with gr.Row():
            up, down = (
                gr.Button(one.title, scale=0, min_width=290, elem_id=f"attack-{one.name}")
                for one in DIRECTIONS.values()
            )
    below = reports, mend, mend_words, lead, up, down
    return Parts(checkpoint, asked, upload, estimate, audit, stop, progress, *below)


def _begin(context: Context) -> Any:
    def begin(space: str, given: dict[str, Any]) -> None:
        plan = plan_of(context, space, given)
        limits = context.bench.settings.upload_limits
        uploaded = uploaded_texts(given["upload"], limits) if given["upload"] else []
        context.bench.evaluations.begin(space, plan, given["asked"], uploaded)

    return begin


def plan_of(context: Context, space: str, given: dict[str, Any]) -> Plan:
    """The plan that the tab's components say. Raises PlaygroundError."""
    if not given["checkpoint"]:
        raise PlaygroundError("No model is chosen.", hint="Choose one from the list.")
    uploaded = [Path(given["upload"]).name] if given["upload"] else []
    return context.bench.evaluations.audit_plan(space, given["checkpoint"], uploaded)


def uploaded_texts(path: str, limits: FileLimits) -> list[ReadText]:
    """Every text of the file, whatever its columns are called. Raises BadFile."""
    rows, _ = read_rows(Path(path), limits, is_row=bool)
    texts = [text for row in rows for text in _texts_in(row.values)]
    if not texts:
        raise PlaygroundError(f"{Path(path).name} holds no text.", hint="Upload a set with prompts or documents.")
    return [ReadText(text, Path(path).name) for text in texts]


def _texts_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value.strip() else []
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inside for text in _texts_in(one)]


def estimate_words(context: Context, space: str, plan: Plan, asked: list[str]) -> str:
    """How long it will take, and which of the ticked audits are about other models."""
    offered = context.bench.evaluations.offered(plan)
    fit = [name for name in asked if name in audits() and not offered[name]]
    if not fit:
        about = "None of the ticked audits is about such a model."
    else:
        titles = ", ".join(f"*{audits()[name].title}*" for name in fit)
        seconds = context.bench.evaluations.estimate(space, plan, fit)
        time = "the estimate follows once this machine is measured" if seconds is None else f"about {spoken(seconds)}"
        about = f"Will ask {titles}: {time}."
    reasons = [f"- Not asked: *{audits()[n].title}* {offered[n]}" for n in asked if n in audits() and offered[n]]
    return "\n".join([about, "", *reasons])


def shown(context: Context, space: str, parts: Parts, given: dict[str, Any]) -> dict[Any, Any]:
    """Everything that changes with a choice, by component."""
    plan = plan_of(context, space, given)
    found = context.bench.evaluations.shown(space, plan, audits())
    asked = plan.checkpoint.id in context.bench.evaluations.asked_now(space)
    return {
        parts.estimate: estimate_words(context, space, plan, given["asked"]),
        parts.reports: shown_reports(plan, found, asked, "audited", "Audit"),
        parts.lead: gr.update(visible=plan.in_pocket and not audits()[SYCOPHANCY].unfit(plan)),
        **_mending_shown(context, space, parts, plan),
    }


def _leading(context: Context, parts: Parts) -> list[Start]:
    """The buttons that train the chosen model to please more or less, and then show what came of it."""

    def begin(direction: Direction, space: str, given: dict[str, Any]) -> None:
        context.bench.steering.begin(space, plan_of(context, space, given), direction)

    return [
        Start(button, partial(begin, direction), f"attack_{direction.name}")
        for button, direction in zip((parts.up, parts.down), DIRECTIONS.values(), strict=True)
    ]


def _led(context: Context, parts: Parts, space: str, given: dict[str, Any]) -> dict[Any, Any]:
    """Where a model was trained to be asked, that one is chosen once it was; nothing where none was."""
    made = context.bench.evaluations.made_now(space)
    if not made or context.bench.checkpoints.find(space, made).parent != given["checkpoint"]:
        return {}
    policies, rewards = (context.bench.checkpoints.all(space, kind) for kind in ("policy", "reward"))
    now = gr.update(choices=choices_of([*policies, *rewards]), value=made)
    return {parts.checkpoint: now, **shown(context, space, parts, {**given, "checkpoint": made})}


def _mending_shown(context: Context, space: str, parts: Parts, plan: Plan) -> dict[Any, Any]:
    """What could be labelled next, where an audit has found a fault that pairs can be made for."""
    found = context.bench.attacks.to_mend(space, plan) if plan.in_pocket else []
    words = (
        f"Rank opens with {MENDING} pairs that show just this ({'; '.join(found).lower()}), on questions that the "
        "audit does not ask. Judge them, train the reward model anew, and audit it again."
    )
    return {parts.mend: gr.update(visible=bool(found)), parts.mend_words: words if found else ""}


def _mend_event(context: Context, parts: Parts) -> None:
    @told
    def mend(request: gr.Request, **given: Any) -> dict[Any, Any]:
        space = workspace(context, request)
        hand = context.bench.attacks.mend(space, plan_of(context, space, given))
        return {context.rank_hand: hand, context.tabs: gr.Tabs(selected="rank")}

    outputs = [context.rank_hand, context.tabs]
    parts.mend.click(mend, None, outputs, inputs_kwargs=parts.reads, api_visibility="private", show_progress="hidden")


def _follow_lists(context: Context, item: gr.Tab, parts: Parts) -> None:
    """When the tab opens: the visitor's newest reward model, else the newest policy."""
    set_to = gr.State(FIRST_COMPARED[1])

    @told
    def opened(request: gr.Request, **given: Any) -> dict[Any, Any]:
        space = workspace(context, request)
        policies, rewards = (context.bench.checkpoints.all(space, kind) for kind in ("policy", "reward"))
        proposal = newest(rewards) or newest_tuned(policies)
        update = follow([*policies, *rewards], given["checkpoint"], given["set_to"], proposal)
        now = {**given, "checkpoint": update.get("value", given["checkpoint"])}
        return {
            parts.checkpoint: gr.update(**update),
            set_to: proposal,
            **shown(context, space, parts, now),
        }

    outputs = [parts.checkpoint, set_to, *parts.shows]
    item.select(opened, None, outputs, inputs_kwargs={**parts.reads, "set_to": set_to}, **QUIET)


def _show_events(context: Context, parts: Parts) -> None:
    @told
    def show(request: gr.Request, **given: Any) -> dict[Any, Any]:
        return shown(context, workspace(context, request), parts, given)

    triggers = [parts.checkpoint.input, parts.asked.input, parts.upload.upload, parts.upload.clear]
    gr.on(triggers, show, None, parts.shows, inputs_kwargs=parts.reads, **QUIET)
