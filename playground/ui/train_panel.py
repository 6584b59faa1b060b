"""What the three training tabs share: settings on the left, the run on the right, Train, Stop and Resume."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component

from playground.errors import PlaygroundError
from playground.registry import build_config
from playground.runs.tail import RunSummary
from playground.types import Checkpoint, Example
from playground.ui.form import Form
from playground.ui.listener import told
from playground.ui.run_view import run_shown, run_view, showing
from playground.ui.tab import Context, workspace

_RESUMABLE = ("stopped", "died", "failed")
_PPO_PROMPTS = 512  # prompts the workbench draws for an algorithm that samples


@dataclass(frozen=True, slots=True)
class Panel:
    """The components of one training tab. Made by draw_panel, brought to life by wire_panel."""

    context: Context
    prefix: str  # of element ids and endpoint names: sft, reward, policy
    forms: dict[str, Form]  # algorithm -> its controls
    method: gr.Radio | None  # which algorithm, where there are several
    start: gr.Dropdown
    reward: gr.Dropdown | None
    facts: gr.Markdown
    train: gr.Button
    stop: gr.Button
    resume: gr.Button
    picked: gr.Dropdown
    view: gr.HTML
    after: gr.Row | None = None  # what to do with the run's checkpoint
    extra: dict[str, Component] = field(default_factory=dict)
    examples: Callable[[Mapping[str, Any]], list[Example] | None] = lambda given: None

    @property
    def inputs(self) -> dict[str, Component]:
        """Listener arguments: everything a run is decided by."""
        named: dict[str, Component] = {"start": self.start, **self.extra}
        for name, component in (("method", self.method), ("reward", self.reward)):
            if component is not None:
                named[name] = component
        for form in self.forms.values():
            named |= form.inputs
        return named

    def form(self, given: Mapping[str, Any]) -> Form:
        """The form in sight."""
        return self.forms[given["method"]] if self.method else next(iter(self.forms.values()))


def pick(label: str, elem_id: str, checkpoints: list[Checkpoint], value: str | None, info: str = "") -> gr.Dropdown:
    """A list of checkpoints. Ids it does not know are passed on: the workbench refuses them in plain words."""
    chosen = value if any(c.id == value for c in checkpoints) else None
    dropdown = gr.Dropdown(
        choices_of(checkpoints), value=chosen, label=label, info=info or None, elem_id=elem_id, filterable=False
    )
    dropdown.preprocess = lambda payload: payload
    return dropdown


def shipped_policies(context: Context) -> list[Checkpoint]:
    """What every visitor has; their own join when the tab opens."""
    return [c for c in context.bench.checkpoints("local", "policy") if not c.run_id]


def choices_of(checkpoints: list[Checkpoint]) -> list[tuple[str, str]]:
    """Choices for a list of checkpoints, the newest first."""
    return [(c.name, c.id) for c in reversed(checkpoints)]


def kept(checkpoints: list[Checkpoint], value: str | None, default: str | None = None) -> Any:
    """An update of such a list that keeps what is chosen, and falls back only where that is gone."""
    ids = [c.id for c in checkpoints]
    if value in ids:
        return gr.update(choices=choices_of(checkpoints))
    newest = ids[-1] if ids else None
    return gr.update(choices=choices_of(checkpoints), value=default if default in ids else newest)


def run_buttons(prefix: str, label: str) -> tuple[gr.Button, gr.Button, gr.Button]:
    """Train, Stop, Resume."""
    with gr.Row():
        train = gr.Button(label, variant="primary", elem_id=f"{prefix}-train", min_width=110, scale=2)
        stop = gr.Button("Stop", interactive=False, elem_id=f"{prefix}-stop", min_width=70)
        resume = gr.Button("Resume", interactive=False, elem_id=f"{prefix}-resume", min_width=80)
    return train, stop, resume


def run_side(prefix: str, empty: str) -> tuple[gr.Dropdown, gr.HTML]:
    """The list of this tab's runs and the view of the chosen one."""
    picked = gr.Dropdown([], label="Run shown", elem_id=f"{prefix}-run-pick", filterable=False, visible=False)
    picked.preprocess = lambda payload: payload
    return picked, run_view(f"{prefix}-run", empty)


def formulas(forms: Mapping[str, Form]) -> None:
    """What each algorithm does, and its formula, folded."""
    with gr.Accordion("The formula", open=False):
        for form in forms.values():
            heading = f"**{form.entry.title}.** " if len(forms) > 1 else ""
            gr.Markdown(
                f"{heading}{form.entry.about}\n\n$$ {form.entry.formula} $$",
                latex_delimiters=[{"left": "$$", "right": "$$", "display": True}],
            )


def wire_panel(panel: Panel, item: gr.Tab) -> None:
    """Attach the listeners of a training tab."""
    bench = panel.context.bench
    names = list(panel.forms)
    run_outputs = [panel.picked, panel.view, panel.train, panel.stop, panel.resume]
    run_outputs += [panel.after] if panel.after is not None else []

    @told
    def opened(request: gr.Request, **given: Any) -> dict[Component, Any]:
        space = workspace(panel.context, request)
        updates: dict[Component, Any] = {
            panel.start: kept(bench.checkpoints(space, "policy"), given["start"]),
            panel.facts: _facts(panel, space, given),
        }
        if panel.reward is not None:
            updates[panel.reward] = kept(bench.checkpoints(space, "reward"), given["reward"])
        latest = bench.latest_run(space, names)
        chosen = run_shown(given["shown"]) or (latest.spec.id if latest else None)
        return updates | _run_updates(panel, space, chosen, fresh=run_shown(given["shown"]) is None)

    @told
    def ended(request: gr.Request, **given: Any) -> dict[Component, Any]:
        space = workspace(panel.context, request)
        updates: dict[Component, Any] = {
            panel.start: kept(bench.checkpoints(space, "policy"), given["start"]),
            panel.facts: _facts(panel, space, given),
        }
        return updates | _run_updates(panel, space, run_shown(given["shown"]), fresh=False)

    @told
    def train(request: gr.Request, **given: Any) -> dict[Component, Any]:
        space = workspace(panel.context, request)
        form = panel.form(given)
        values = form.read(given)
        spec = bench.start_run(
            space,
            form.entry.name,
            values,
            start_id=given["start"],
            reward_id=given.get("reward") if form.entry.needs == "prompts" else None,
            examples=panel.examples(given),
            seed=int(values.get("seed", 0)),
        )
        return _run_updates(panel, space, spec.id, fresh=True)

    @told
    def stop(shown: Any, request: gr.Request) -> None:
        run_id = run_shown(shown)
        if run_id:
            bench.stop_run(workspace(panel.context, request), run_id)
            gr.Info("Stopping after this step. What was learned is kept.", duration=4)

    @told
    def resume(shown: Any, request: gr.Request) -> dict[Component, Any]:
        space = workspace(panel.context, request)
        run_id = run_shown(shown)
        if not run_id:
            raise PlaygroundError("No run is shown.", hint="Choose the run to go on with.")
        bench.resume_run(space, run_id)
        updates = _run_updates(panel, space, run_id, fresh=True)
        return updates | _buttons(panel, active=True, resumable=False)

    @told
    def look_at(run_id: str, request: gr.Request) -> dict[Component, Any]:
        return _run_updates(panel, workspace(panel.context, request), run_id, fresh=True)

    @told
    def facts(request: gr.Request, **given: Any) -> str:
        return _facts(panel, workspace(panel.context, request), given)

    with_shown = panel.inputs | {"shown": panel.view}
    lists = [panel.start, panel.facts] + ([panel.reward] if panel.reward is not None else [])
    hidden = {"show_progress": "hidden"}
    item.select(
        opened, None, [*lists, *run_outputs], inputs_kwargs=with_shown, api_name=f"{panel.prefix}_open", **hidden
    )
    panel.view.ended(
        ended,
        None,
        [panel.start, panel.facts, *run_outputs],
        inputs_kwargs=with_shown,
        api_visibility="private",
        **hidden,
    )
    panel.train.click(train, None, run_outputs, inputs_kwargs=panel.inputs, api_name=f"{panel.prefix}_train", **hidden)
    panel.train.click(None, js=f"() => Playground.bring('{panel.prefix}-run')")
    panel.stop.click(stop, panel.view, None, api_name=f"{panel.prefix}_stop", **hidden)
    panel.resume.click(resume, panel.view, run_outputs, api_name=f"{panel.prefix}_resume", **hidden)
    panel.picked.input(look_at, panel.picked, run_outputs, api_visibility="private", **hidden)
    gr.on(
        [component.change for component in panel.inputs.values()],
        facts,
        None,
        panel.facts,
        inputs_kwargs=panel.inputs,
        queue=False,
        trigger_mode="always_last",
        api_name=f"{panel.prefix}_estimate",
        **hidden,
    )


def _run_updates(panel: Panel, space: str, run_id: str | None, fresh: bool) -> dict[Component, Any]:
    """The list of runs, the view (only where `fresh`) and the buttons for that run."""
    bench = panel.context.bench
    runs = [s for s in bench.runs(space) if s.spec.algorithm in panel.forms]
    updates: dict[Component, Any] = {
        panel.picked: gr.update(choices=[(_line(s), s.spec.id) for s in runs], value=run_id, visible=len(runs) > 1)
    }
    if fresh and run_id:
        updates[panel.view] = showing(run_id)
    summary = next((s for s in runs if s.spec.id == run_id), None)
    if panel.after is not None:
        updates[panel.after] = gr.update(visible=bool(summary and summary.checkpoint))
    active, resumable = bool(summary and summary.active), bool(summary and summary.status in _RESUMABLE)
    return updates | _buttons(panel, active, resumable)


def _buttons(panel: Panel, active: bool, resumable: bool) -> dict[Component, Any]:
    return {
        panel.train: gr.update(interactive=not active),
        panel.stop: gr.update(interactive=active),
        panel.resume: gr.update(interactive=resumable),
    }


def _line(summary: RunSummary) -> str:
    return f"{summary.spec.name} – {summary.status}"


def _facts(panel: Panel, space: str, given: Mapping[str, Any]) -> str:
    """What a run would learn from and how long it takes here, or which setting is in the way."""
    bench = panel.context.bench
    form = panel.form(given)
    try:
        values = form.read(given)
        build_config(form.entry, values)
        examples = panel.examples(given)
    except (PlaygroundError, ValueError) as error:
        return f"**{error}**"
    if form.entry.needs == "preferences":
        rows = bench.counts(space).usable
        what = f"{rows} preferences in your set" + ("; at least 4 are needed, see Rank" if rows < 4 else "")
    elif form.entry.needs == "prompts":
        rows, what = _PPO_PROMPTS, "it writes its own completions to pocket prompts"
        if not given.get("reward"):
            what += "; it needs a reward model, see Reward model"
    else:
        rows = len(examples) if examples else int(values.get("examples", 0))
        what = f"{rows} examples"
    seconds = bench.estimate(space, form.entry.name, values, rows)
    time = (
        "The estimate follows once this machine is measured"
        if seconds is None
        else f"About **{_spoken(seconds)}** on this machine"
    )
    return f"{time}: {what}."


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
