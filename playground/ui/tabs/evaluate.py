"""Evaluate: is it better, and what did it cost? Every figure with its interval and the completions behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.evaluation.plan import Plan
from playground.pocket import PERSONAS
from playground.registry import questions
from playground.ui.asking import Asking, Start, asking_events
from playground.ui.checkpoint_lists import (
    FIRST_COMPARED,
    choices_of,
    follow,
    newest,
    newest_beside_its_start,
    pick,
    shipped_policies,
)
from playground.ui.durations import spoken
from playground.ui.evaluate_formulas import FORMULAS
from playground.ui.evaluation_view import report_view, shown_reports
from playground.ui.formula import formula_fold
from playground.ui.listener import QUIET, told
from playground.ui.newer import NewerLine, follow_newer, newer_line
from playground.ui.own_choices import OwnParts, own_choices_events, own_choices_of, own_choices_parts
from playground.ui.progress_view import progress_view
from playground.ui.tab import Context, Tab, workspace
from playground.ui.tax_sheet import facts_words, sheet_parts, sheet_picture, sheet_table
from playground.ui.variants import VariantParts, other_labels_made, variant_parts, variant_starts, variants_shown

PARENT, NOBODY, OWN = "parent", "none", "own"


@dataclass(frozen=True, slots=True)
class Parts:
    """The tab's components."""

    checkpoint: gr.Dropdown
    newer: NewerLine
    reference: gr.Dropdown
    reward: gr.Dropdown
    persona: gr.Dropdown
    asked: gr.CheckboxGroup
    own: OwnParts
    estimate: gr.Markdown
    evaluate: gr.Button
    stop: gr.Button
    progress: gr.HTML
    reports: gr.HTML
    sheet_facts: gr.Markdown
    sheet_run: gr.Button
    sheet_table: gr.HTML
    sheet_picture: gr.HTML
    variant: VariantParts

    @property
    def shows(self) -> list[Any]:
        """What changes with every choice."""
        sheet = [self.sheet_facts, self.sheet_run, self.sheet_table, self.sheet_picture]
        return [self.estimate, self.reports, *sheet, *self.variant.shows]

    @property
    def reads(self) -> dict[str, Any]:
        """What decides an evaluation, by the names of the listeners' arguments."""
        return {
            "checkpoint": self.checkpoint,
            "reference": self.reference,
            "reward": self.reward,
            "persona": self.persona,
            "asked": self.asked,
            "upload": self.own.upload,
            "labels": self.variant.labels,
        }


def build(context: Context, item: gr.Tab) -> None:
    """The tab's components and listeners."""
    parts = _draw(context)
    _follow_lists(context, item, parts)
    _show_events(context, parts)
    _run_events(context, item, parts)
    formula_fold(FORMULAS)


TAB = Tab(
    id="evaluate",
    order=65,
    title="Evaluate",
    intro="Ask any checkpoint the same questions as the one it was trained from, and see what training gained and what "
    "it cost. Every figure comes with its interval, and the completions behind it are one click away.",
    build=build,
    words=("win rate", "interval", "mode collapse", "KL", "nats", "perplexity", "entropy", "distinct-n", "gold reward"),
)


# --- what is on the page --------------------------------------------------------------------------------------------


def _draw(context: Context) -> Parts:
    with gr.Row():
        with gr.Column(min_width=280):
            checkpoint = pick("Checkpoint", "evaluate-checkpoint", shipped_policies(context), FIRST_COMPARED[1])
            newer = newer_line("evaluate")
        with gr.Column(min_width=280):
            reference = gr.Dropdown(
                _references(shipped_policies(context)),
                value=PARENT,
                label="Compare with",
                elem_id="evaluate-reference",
                filterable=False,
            )
            reference.preprocess = lambda payload: payload
    asked, reward, persona = _questions_fold()
    own = own_choices_parts()
    estimate = gr.Markdown("", elem_id="evaluate-estimate", elem_classes="note")
    with gr.Row():
        evaluate = gr.Button("Evaluate", variant="primary", scale=0, min_width=160, elem_id="evaluate-run")
        stop = gr.Button("Stop", scale=0, min_width=100, interactive=False, elem_id="evaluate-stop")
    progress = progress_view("evaluate-progress")
    return Parts(
        checkpoint,
        newer,
        reference,
        reward,
        persona,
        asked,
        own,
        estimate,
        evaluate,
        stop,
        progress,
        report_view("evaluate-reports"),
        *sheet_parts(),
        variant_parts(),
    )


def _questions_fold() -> tuple[gr.CheckboxGroup, gr.Dropdown, gr.Dropdown]:
    """What is asked, and who judges."""
    with gr.Accordion("Questions and judges", open=False, elem_id="evaluate-more"):
        asked = gr.CheckboxGroup(
            [(one.title, name) for name, one in questions().items()],
            value=[name for name, one in questions().items() if not one.on_request],
            label="Questions",
            elem_id="evaluate-questions",
        )
        gr.Markdown("\n".join(f"- **{one.title}** {one.about}" for one in questions().values()), elem_classes="note")
        with gr.Row():
            with gr.Column(min_width=280):
                reward = gr.Dropdown(
                    [("None", NOBODY)],
                    value=NOBODY,
                    label="Reward model that judges",
                    elem_id="evaluate-reward",
                    filterable=False,
                )
                reward.preprocess = lambda payload: payload
            with gr.Column(min_width=280):
                persona = gr.Dropdown(
                    [("The one it learned from", OWN), *((one.title, name) for name, one in PERSONAS.items())],
                    value=OWN,
                    label="Persona whose gold reward judges",
                    elem_id="evaluate-persona",
                    filterable=False,
                )
    return asked, reward, persona


def _references(checkpoints) -> list[tuple[str, str]]:
    return [("What it was trained from", PARENT), *choices_of(checkpoints)]


# --- what it does ---------------------------------------------------------------------------------------------------


def plan_of(context: Context, space: str, given: dict[str, Any]) -> Plan:
    """The plan that the tab's components say. Raises PlaygroundError."""
    if not given["checkpoint"]:
        raise PlaygroundError("No checkpoint is chosen.", hint="Choose one from the list.")
    return context.bench.evaluations.plan(
        space,
        given["checkpoint"],
        None if given["reference"] in (PARENT, None) else given["reference"],
        None if given["reward"] in (NOBODY, None) else given["reward"],
        None if given["persona"] in (OWN, None) else given["persona"],
        own=own_choices_of(context, given["upload"]),
    )


def estimate_words(context: Context, space: str, plan: Plan, asked: list[str]) -> str:
    """How long it will take, and which of the ticked questions cannot be asked."""
    offered = context.bench.evaluations.offered(plan)
    fit = [name for name in asked if not offered.get(name, "")]
    seconds = context.bench.evaluations.estimate(space, plan, fit) if fit else None
    about = "The estimate follows once this machine is measured." if fit else "No question is left to ask."
    if seconds is not None:
        about = f"About **{spoken(seconds)}** on this machine; what was asked before is not asked again."
    known = questions()
    reasons = [f"- Not asked: *{known[n].title}* {offered[n]}" for n in asked if n in known and offered[n]]
    return "\n".join([about, "", *reasons])


def _follow_lists(context: Context, item: gr.Tab, parts: Parts) -> None:
    """When the tab opens: fresh lists, the visitor's newest model, its reports."""
    set_to, judged_by = gr.State(FIRST_COMPARED[1]), gr.State(NOBODY)

    @told
    def opened(request: gr.Request, **given: Any) -> dict[Any, Any]:
        space = workspace(context, request)
        policies, rewards = (context.bench.checkpoints.all(space, kind) for kind in ("policy", "reward"))
        proposal = newest_beside_its_start(policies)[1]
        update = follow(policies, given["checkpoint"], given["set_to"], proposal, given["sent"])
        judge = follow(rewards, given["reward"], given["judged_by"], newest(rewards) or NOBODY)
        judge["choices"] = [("None", NOBODY), *judge["choices"]]
        now = {**given, "checkpoint": update.get("value", given["checkpoint"])}
        now["reward"] = judge.get("value", given["reward"])
        return {
            parts.checkpoint: gr.update(**update),
            parts.reference: gr.update(choices=_references(policies)),
            parts.reward: gr.update(**judge),
            set_to: proposal,
            judged_by: newest(rewards) or NOBODY,
            context.evaluate_id: "",
            **shown(context, space, parts, now),
        }

    reads = {**parts.reads, "set_to": set_to, "judged_by": judged_by, "sent": context.evaluate_id}
    outputs = [context.evaluate_id, parts.checkpoint, parts.reference, parts.reward, set_to, judged_by, *parts.shows]
    item.select(opened, None, outputs, inputs_kwargs=reads, **QUIET)
    follow_newer(context, parts.newer, parts.checkpoint, set_to)


def shown(context: Context, space: str, parts: Parts, given: dict[str, Any]) -> dict[Any, Any]:
    """Everything that changes with a choice, by component."""
    plan, evaluations = plan_of(context, space, given), context.bench.evaluations
    sheet, asked = context.bench.tax_sheets.sheet(space, plan), evaluations.asked_now(space)
    names = [column.checkpoint.name for column in sheet.columns]
    seconds = context.bench.tax_sheets.estimate(space, plan)
    return {
        parts.estimate: estimate_words(context, space, plan, given["asked"]),
        parts.reports: shown_reports(plan, evaluations.shown(space, plan, questions()), plan.checkpoint.id in asked),
        parts.sheet_facts: facts_words(names, None if seconds is None else spoken(seconds)),
        parts.sheet_run: gr.update(interactive=len(names) > 1),
        parts.sheet_table: sheet_table(sheet),
        parts.sheet_picture: sheet_picture(sheet),
        **variants_shown(context, space, parts.variant, plan.checkpoint, given["labels"]),
    }


def _show_events(context: Context, parts: Parts) -> None:
    @told
    def show(request: gr.Request, **given: Any) -> dict[Any, Any]:
        return shown(context, workspace(context, request), parts, given)

    changes = [parts.checkpoint, parts.reference, parts.reward, parts.persona, parts.asked]
    gr.on([one.input for one in changes], show, None, parts.shows, inputs_kwargs=parts.reads, **QUIET)
    ticked = own_choices_events(context, parts.own, parts.asked)
    ticked.then(show, None, parts.shows, inputs_kwargs=parts.reads, **QUIET)


def _run_events(context: Context, item: gr.Tab, parts: Parts) -> None:
    evaluations = context.bench.evaluations

    def evaluate(space: str, given: dict[str, Any]) -> None:
        evaluations.begin(space, plan_of(context, space, given), given["asked"])

    def fill(space: str, given: dict[str, Any]) -> None:
        context.bench.tax_sheets.begin(space, plan_of(context, space, given))

    def ended(space: str, given: dict[str, Any]) -> dict[Any, Any]:
        """What was trained on other labels stands beside what it is a variant of."""
        made = other_labels_made(context, space, given["checkpoint"])
        if made is None:
            return {}
        policies = context.bench.checkpoints.all(space, "policy")
        now = {**given, "checkpoint": made, "reference": given["checkpoint"]}
        return {
            parts.checkpoint: gr.update(choices=choices_of(policies), value=made),
            parts.reference: gr.update(choices=_references(policies), value=given["checkpoint"]),
            **shown(context, space, parts, now),
        }

    asking = Asking(
        parts.stop,
        parts.progress,
        parts.reads,
        parts.shows,
        lambda space, given: shown(context, space, parts, given),
        ended,
        (parts.checkpoint, parts.reference),
    )
    starts = [Start(parts.evaluate, evaluate, "evaluate"), Start(parts.sheet_run, fill, "tax_sheet")]
    starts += variant_starts(context, parts.variant, plan_of)
    asking_events(context, item, asking, starts)
    for start in starts[1:]:
        start.button.click(None, js="() => Playground.bring('evaluate-progress')")
