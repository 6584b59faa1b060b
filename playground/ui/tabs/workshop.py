"""Workshop: a room of people judges pairs on their phones; the host makes the session, watches, freezes, trains."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.preferences.record import Rules, Session
from playground.types import Json
from playground.ui.checkpoint_lists import choices_of, shipped_policies
from playground.ui.listener import QUIET, told
from playground.ui.rank_panel import rank_text
from playground.ui.sign_out import sign_out
from playground.ui.tab import Context, Tab, workspace
from playground.ui.workshop_board import board, board_value
from playground.ui.workshop_making import (
    Filled,
    follow_material,
    more_settings,
    own_material,
    recipe_of,
    size_html,
    which_prompts,
)
from playground.ui.workshop_what_if import what_if
from playground.ui.workshop_words import ENGLISH, GERMAN, in_german
from playground.workbench import Workbench
from playground.workbench.deletion import gone_words

_STATES = (("Open", "open"), ("Pause", "paused"))
_TRAINED = (
    ("Train a reward model on it", "reward_model", "reward-model"),
    ("Train the policy on it (DPO)", "dpo", "policy"),
)


def build(context: Context, tab: gr.Tab) -> None:
    """Make a session, or choose one; run it."""
    with gr.Accordion("Make a session", open=False, elem_id="workshop-make"):
        fields = _fields(context)
        make = gr.Button("Make the session", variant="primary", elem_id="workshop-made")
    chosen = gr.Dropdown([], label="Session", elem_id="workshop-session", filterable=False)
    chosen.preprocess = lambda payload: payload
    shown = board()
    with gr.Row(elem_id="workshop-states"):
        moves = [(gr.Button(label, elem_id=f"workshop-{state}", min_width=90), state) for label, state in _STATES]
        freeze = gr.Button("Freeze", variant="primary", elem_id="workshop-freeze", min_width=90)
    gr.Markdown(
        "Freeze ends the judging and keeps the set as it is, under a hash. What you train below learns from just that. "
        "Then the same people vote again on their phones, blind: the model before training against the one after it.",
        elem_classes="note",
    )
    with gr.Row():
        trains = [(gr.Button(label, elem_id=f"workshop-{name}"), name, to) for label, name, to in _TRAINED]
        again = gr.Button("Vote again: before against after", elem_id="workshop-revote")
    what_if(context, chosen)
    with gr.Accordion("End the session", open=False, elem_id="workshop-end"):
        gr.Markdown(
            "Nobody can join or judge in it ever again. What was judged is kept, to train on.", elem_classes="note"
        )
        moves.append((gr.Button("Close for good", elem_id="workshop-closed"), "closed"))
        gr.Markdown(
            "Deleting takes everything that people chose with it. First you read what goes.", elem_classes="note"
        )
        delete = gr.Button("Delete all that was chosen", elem_id="workshop-delete")
        with gr.Column(visible=False) as sure:
            goes = gr.Markdown(elem_id="workshop-goes")
            really = gr.Button("Yes, delete it for good", variant="stop", elem_id="workshop-deleted")
    sign_out(context.bench)
    _listen(context, tab, fields, make, chosen, shown)
    _steer(context, chosen, shown, moves, freeze)
    _vote_again(context, chosen, shown, again)
    _delete(context, chosen, shown, delete, sure, goes, really)
    for button, name, to in trains:
        _train(context, chosen, button, name, to)


def _fields(context: Context) -> Filled:
    title = gr.Textbox("Workshop", label="Title", max_lines=1, elem_id="workshop-title")
    with gr.Row():
        with gr.Column(min_width=260, scale=2):
            whose = gr.Dropdown(
                choices_of(shipped_policies(context)),
                value=["pocket-sft"],
                multiselect=True,
                max_choices=2,
                label="Whose completions",
                info="One: two of its completions against each other. Two: one of each.",
                elem_id="workshop-ids",
            )
            whose.preprocess = lambda payload: payload
        with gr.Column(min_width=260, scale=2):
            prompts = which_prompts()
        with gr.Column(min_width=140) as sampled:
            pairs = gr.Number(60, label="Pairs", precision=0, info="Sampled now.", elem_id="workshop-pairs")
        with gr.Column(min_width=140):
            overlap = gr.Number(3, label="Labels a pair", precision=0, info="How many people judge each.")
    lines, file = own_material()
    size = rank_text("workshop-size", size_html(context.bench, "local", ["pocket-sft"], "pocket", 60, 3, "", None, 2))
    k, tie_rule, known, days = more_settings()
    fields = Filled(title, whose, prompts, pairs, overlap, lines, file, k, tie_rule, known, days, *_texts(context))
    follow_material(context, fields, sampled, size)
    return fields


def _texts(context: Context) -> list[Any]:
    """What people read on their phones."""
    german = "Left empty: our German where the text above is ours; else German phones show the text above."
    with gr.Accordion("What people read", open=False):
        rubric = gr.Textbox(ENGLISH.rubric, label="What to look for", lines=2)
        consent = gr.Textbox(
            ENGLISH.agreed(context.bench.settings.mirror), label="What they agree to before the first pair", lines=6
        )
        with gr.Accordion("The same in German", open=False):
            rubric_de = gr.Textbox(label="What to look for, in German", lines=2, info=german)
            consent_de = gr.Textbox(label="What they agree to, in German", lines=4, info=german)
    return [rubric, consent, rubric_de, consent_de]


def _listen(context: Context, tab: gr.Tab, fields: Filled, make: gr.Button, chosen: Any, shown: gr.HTML) -> None:
    bench = context.bench

    def opened(now: str | None, request: gr.Request) -> tuple[Any, Any, Json]:
        here = workspace(context, request)
        known = bench.workshop.all(here)
        session = next((s for s in known if s.id == now), known[0] if known else None)
        listed = gr.update(choices=_choices(known), value=session.id if session else None)
        return gr.update(choices=choices_of(bench.checkpoints.all(here))), listed, _board(bench, here, session, request)

    def made(request: gr.Request, **values: Any) -> tuple[Any, Json]:
        here, filled = workspace(context, request), Filled(**values)
        recipe = recipe_of(bench, filled)
        session = bench.workshop.make(here, _rules(bench, filled), filled.ids or [], int(filled.pairs or 0), recipe)
        return gr.update(choices=_choices(bench.workshop.all(here)), value=session.id), board_value(session, request)

    def picked(id: str | None, request: gr.Request) -> Json:
        here = workspace(context, request)
        return _board(bench, here, bench.workshop.find(here, id) if id else None, request)

    tab.select(told(opened), [chosen], [fields.ids, chosen, shown], **QUIET)
    make.click(told(made), None, [chosen, shown], inputs_kwargs=fields._asdict(), api_name="workshop_make")
    chosen.input(told(picked), [chosen], shown, **QUIET)


def _rules(bench: Workbench, filled: Filled) -> Rules:
    rubric, consent, kept = filled.rubric or "", filled.consent or "", int(filled.days or 0)
    german = in_german(rubric, consent, filled.rubric_de or "", filled.consent_de or "", bench.settings.mirror)
    german = replace(german, consent=GERMAN.dated(german.consent, kept))
    dated = ENGLISH.dated(consent, kept)
    return Rules(filled.title or "", rubric, dated, int(filled.overlap or 0), kept, (german,), filled.tie_rule)


def _steer(
    context: Context, chosen: Any, shown: gr.HTML, moves: list[tuple[gr.Button, str]], freeze: gr.Button
) -> None:
    bench = context.bench

    def move(state: str):
        def moved(id: str | None, request: gr.Request) -> Json:
            here = workspace(context, request)
            session = bench.workshop.move(here, _named(id), state)
            if state == "open":
                bench.informed.begin(here, session.id)
            return _board(bench, here, session, request)

        return moved

    def frozen(id: str | None, request: gr.Request) -> Json:
        here = workspace(context, request)
        bench.workshop.freeze(here, _named(id))
        return _board(bench, here, bench.workshop.find(here, _named(id)), request)

    for button, state in moves:
        button.click(told(move(state)), [chosen], shown, api_name=f"workshop_{state}", show_progress="hidden")
    freeze.click(told(frozen), [chosen], shown, api_name="workshop_freeze")


def _vote_again(context: Context, chosen: Any, shown: gr.HTML, button: gr.Button) -> None:
    def begun(id: str | None, request: gr.Request) -> Json:
        here = workspace(context, request)
        context.bench.revotes.begin(here, _named(id))
        return _board(context.bench, here, context.bench.workshop.find(here, _named(id)), request)

    button.click(told(begun), [chosen], shown, api_name="workshop_revote")


def _delete(
    context: Context, chosen: Any, shown: gr.HTML, ask: gr.Button, sure: gr.Column, goes: gr.Markdown, really: gr.Button
) -> None:
    bench = context.bench

    def asked(id: str | None, request: gr.Request) -> tuple[Any, str]:
        gone = bench.deletion.what_goes(workspace(context, request), _named(id))
        return gr.update(visible=True), gone_words(gone)

    def deleted(id: str | None, request: gr.Request) -> tuple[Any, Any, Json]:
        here = workspace(context, request)
        bench.deletion.delete(here, _named(id))
        known = bench.workshop.all(here)
        session = known[0] if known else None
        listed = gr.update(choices=_choices(known), value=session.id if session else None)
        return gr.update(visible=False), listed, _board(bench, here, session, request)

    ask.click(told(asked), [chosen], [sure, goes], **QUIET)
    chosen.change(lambda: gr.update(visible=False), None, sure, **QUIET)
    really.click(told(deleted), [chosen], [sure, chosen, shown], api_name="workshop_delete")


def _train(context: Context, chosen: Any, button: gr.Button, algorithm: str, to: str) -> None:
    bench = context.bench

    def trained(id: str | None, request: gr.Request) -> Any:
        here, name = workspace(context, request), _named(id)
        frozen = bench.workshop.frozen(here, name)
        bench.runs.start(here, algorithm, {}, start_id=bench.workshop.start_id(here, name), frozen=frozen)
        return gr.Tabs(selected=to)

    button.click(told(trained), [chosen], context.tabs, api_name=f"workshop_train_{algorithm}")


def _board(bench: Workbench, here: str, session: Session | None, request: gr.Request) -> Json:
    kept = session is not None and session.snapshot is not None
    return board_value(session, request, bench.workshop.frozen(here, session.id) if kept else None)


def _named(id: str | None) -> str:
    if not id:
        raise PlaygroundError("No session is chosen.", hint="Make one, or choose one from the list.")
    return id


def _choices(sessions: list[Session]) -> list[tuple[str, str]]:
    return [(f"{session.rules.title} ({session.code})", session.id) for session in sessions]


TAB = Tab(
    id="workshop",
    order=80,
    title="Workshop",
    intro="A room of people judges pairs on their phones: they join by a code, and nobody sees which model wrote what. "
    "Freeze the set when enough is there, and train on what the room has chosen.",
    build=build,
)
