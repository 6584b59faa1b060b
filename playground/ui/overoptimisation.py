"""The over-optimisation lab on the page: one button, the same run at several strengths, one live picture."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.types import Checkpoint, Json
from playground.ui.checkpoint_lists import choices_of
from playground.ui.durations import spoken
from playground.ui.listener import QUIET, told
from playground.ui.tab import Context, workspace
from playground.ui.theme import static
from playground.workbench.sweep import ITERATIONS, LABELS, Kind, Sweep, Wanted, leg_words, require_sweepable

OWN = "own"
USUAL: dict[str, str] = {"kl": "0, 0.1, 0.3", "labels": "30, 100, 600"}
_ABOUT = (
    "A reward model is only a guess at what its annotator wants. Trained too hard against it, a policy finds where the "
    "guess is wrong: the proxy reward goes on rising while the gold reward, what the annotator truly wants, turns and "
    "falls. This lab trains the same policy with PPO several times and draws both over the distance from the start. "
    "The labels are a simulated annotator's, so the gold reward is known exactly. A line is the mean of an iteration "
    "and its neighbours, its last point too; the faint dots are single iterations."
)
_EMPTY = "Press Sweep: the picture grows while the runs train."


@dataclass(frozen=True, slots=True)
class Lab:
    """Its components."""

    kind: gr.Radio
    reward: gr.Dropdown
    values: gr.Textbox
    iterations: gr.Slider
    estimate: gr.Markdown
    begin: gr.Button
    stop: gr.Button
    resume: gr.Button
    picked: gr.Dropdown
    view: gr.HTML

    @property
    def reads(self) -> dict[str, Any]:
        """What decides a sweep, by the names of the listeners' arguments."""
        return {"kind": self.kind, "reward": self.reward, "values": self.values, "iterations": self.iterations}

    @property
    def shows(self) -> list[Any]:
        """What changes when a sweep begins, ends, or another one is looked at."""
        return [self.estimate, self.begin, self.stop, self.resume, self.picked, self.view]


def overoptimisation(context: Context, item: gr.Tab) -> None:
    """Draw it here, with its listeners."""
    lab = _draw()
    _choice_events(context, item, lab)
    _run_events(context, lab)


def _draw() -> Lab:
    gr.Markdown("### Push it too far: the over-optimisation lab")
    gr.Markdown(_ABOUT, elem_classes="note")
    kind = gr.Radio(
        [
            ("How hard the policy is held (KL coefficient)", "kl"),
            ("How many labels the reward model has seen", "labels"),
        ],
        value="kl",
        label="What differs from run to run",
        elem_id="lab-kind",
    )
    with gr.Accordion("Settings of the sweep", open=False, elem_id="lab-more"):
        with gr.Row():
            with gr.Column(min_width=280):
                values = gr.Textbox(USUAL["kl"], label="One run for each of", elem_id="lab-values")
            with gr.Column(min_width=280):
                reward = gr.Dropdown(
                    _rewards([]), value=OWN, label="Reward model", elem_id="lab-reward", filterable=False
                )
                reward.preprocess = lambda payload: payload
        iterations = gr.Slider(10, 100, ITERATIONS, step=1, label="Iterations of each run", elem_id="lab-iterations")
    estimate = gr.Markdown("", elem_id="lab-estimate", elem_classes="note")
    with gr.Row():
        begin = gr.Button("Sweep", variant="primary", scale=0, min_width=160, elem_id="lab-run")
        stop = gr.Button("Stop", scale=0, min_width=100, interactive=False, elem_id="lab-stop")
        resume = gr.Button("Go on", scale=0, min_width=110, visible=False, elem_id="lab-resume")
    picked = gr.Dropdown([], label="Sweep to look at", visible=False, elem_id="lab-picked", filterable=False)
    picked.preprocess = lambda payload: payload
    view = gr.HTML(
        value=None,
        html_template='<div class="sweep"></div>',
        css_template=static("sweep.css"),
        js_on_load="Playground.sweepView(element, props, watch, () => trigger('ended'))",
        apply_default_css=False,
        elem_id="lab-view",
        empty=_EMPTY,
    )
    return Lab(kind, reward, values, iterations, estimate, begin, stop, resume, picked, view)


def wanted_of(given: dict[str, Any]) -> Wanted:
    """The sweep that the components say. Raises PlaygroundError where the values cannot be swept."""
    parts = [part.strip() for part in (given["values"] or "").replace(";", ",").split(",") if part.strip()]
    try:
        values = tuple(float(part) for part in parts)
    except ValueError:
        raise PlaygroundError(
            f"“{given['values']}” is no list of numbers.", hint=f"Write it like this: {USUAL[given['kind']]}."
        ) from None
    reward = given["reward"] if given["kind"] == "kl" and given["reward"] not in (OWN, None) else ""
    wanted = Wanted(given["kind"], values, reward, int(given["iterations"]))
    require_sweepable(wanted)
    return wanted


def estimate_words(context: Context, space: str, given: dict[str, Any]) -> str:
    """What the button would do, and in how long; or why it would do nothing: nothing was pressed yet."""
    try:
        wanted = wanted_of(given)
    except PlaygroundError as error:
        return f"{error.message} {error.hint}".strip()
    seconds = context.bench.sweeps.estimate(space, wanted)
    runs = f"{len(wanted.values)} PPO runs: {', '.join(leg_words(wanted.kind, one) for one in wanted.values)}."
    time_words = (
        "The estimate follows once this machine is measured." if seconds is None else f"About **{spoken(seconds)}**."
    )
    return f"{runs} {time_words} They go on when the page is closed, and are kept under Runs."


def _rewards(found: list[Checkpoint]) -> list[tuple[str, str]]:
    return [(f"A new one, from {LABELS} labels of the simulated polite annotator", OWN), *choices_of(found)]


def shown(context: Context, space: str, lab: Lab, given: dict[str, Any], looked_at: str | None) -> dict[Any, Any]:
    """Everything that changes with a sweep, by component."""
    sweeps = context.bench.sweeps
    kept, going = sweeps.all(space), sweeps.running(space)
    names = {one.id: _title(one) for one in kept}
    sweep_id = looked_at if looked_at in names else going or next(iter(names), None)
    unfinished = sweep_id is not None and not sweeps.finished(space, sweeps.find(space, sweep_id))
    return {
        lab.estimate: estimate_words(context, space, given),
        lab.begin: gr.update(interactive=not going),
        lab.stop: gr.update(interactive=bool(going)),
        lab.resume: gr.update(visible=unfinished and not going),
        lab.picked: gr.update(
            choices=[(title, one) for one, title in names.items()], value=sweep_id, visible=len(names) > 1
        ),
        lab.view: showing(sweep_id),
    }


def showing(sweep_id: str | None) -> Json | None:
    """The view's value. Each call is a new one, so that a sweep that goes on is followed again."""
    return {"sweep": sweep_id, "since": time.time()} if sweep_id else None


def _title(sweep: Sweep) -> str:
    when = time.strftime("%d %b %H:%M", time.localtime(sweep.created_at))
    what = {"kl": "KL coefficient", "labels": "labels"}[sweep.wanted.kind]
    return f"{when}: {what} {', '.join(f'{value:g}' for value in sweep.wanted.values)}"


def _choice_events(context: Context, item: gr.Tab, lab: Lab) -> None:
    """When the tab opens, and with every choice."""

    @told
    def opened(request: gr.Request, picked: str | None, **given: Any) -> dict[Any, Any]:
        space = workspace(context, request)
        found = context.bench.sweeps.rewards(space)
        now = given["reward"] if given["reward"] in [one.id for one in found] else OWN
        return {
            lab.reward: gr.update(choices=_rewards(found), value=now),
            **shown(context, space, lab, {**given, "reward": now}, picked),
        }

    item.select(opened, None, [lab.reward, *lab.shows], inputs_kwargs={**lab.reads, "picked": lab.picked}, **QUIET)

    @told
    def other(kind: Kind, request: gr.Request, **given: Any) -> dict[Any, Any]:
        changed = {**given, "kind": kind, "values": USUAL[kind]}
        return {
            lab.values: USUAL[kind],
            lab.reward: gr.update(visible=kind == "kl"),
            lab.estimate: estimate_words(context, workspace(context, request), changed),
        }

    reads = {name: one for name, one in lab.reads.items() if name != "kind"}
    lab.kind.input(
        other, None, [lab.values, lab.reward, lab.estimate], inputs_kwargs={**reads, "kind": lab.kind}, **QUIET
    )

    def tell(request: gr.Request, **given: Any) -> str:
        return estimate_words(context, workspace(context, request), given)

    changes = [lab.values.blur, lab.values.submit, lab.reward.input, lab.iterations.release]
    gr.on(changes, tell, None, lab.estimate, inputs_kwargs=lab.reads, **QUIET)


def _run_events(context: Context, lab: Lab) -> None:
    sweeps = context.bench.sweeps

    @told
    def begin(request: gr.Request, **given: Any) -> dict[Any, Any]:
        space = workspace(context, request)
        sweep = sweeps.begin(space, wanted_of(given))
        return shown(context, space, lab, given, sweep.id)

    @told
    def go_on(request: gr.Request, picked: str | None, **given: Any) -> dict[Any, Any]:
        space = workspace(context, request)
        sweeps.go_on(space, picked or "")
        return shown(context, space, lab, given, picked)

    @told
    def stop(request: gr.Request) -> None:
        sweeps.stop(workspace(context, request))

    @told
    def look(request: gr.Request, picked: str | None, **given: Any) -> dict[Any, Any]:
        return shown(context, workspace(context, request), lab, given, picked)

    picking = {**lab.reads, "picked": lab.picked}
    hidden = {"show_progress": "hidden"}
    lab.begin.click(begin, None, lab.shows, inputs_kwargs=lab.reads, api_name="sweep", **hidden)
    lab.resume.click(go_on, None, lab.shows, inputs_kwargs=picking, api_name="sweep_go_on", **hidden)
    lab.stop.click(stop, None, None, **QUIET)
    for trigger in (lab.picked.input, lab.view.ended):
        trigger(look, None, lab.shows, inputs_kwargs=picking, **QUIET)
