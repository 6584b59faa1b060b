"""The listeners of a training tab: opening it, training, stopping, resuming, looking at another run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.components import Component

from playground.errors import PlaygroundError
from playground.registry import build_config
from playground.runs.tail import RunSummary
from playground.ui.listener import told
from playground.ui.run_view import run_shown, showing
from playground.ui.tab import workspace
from playground.ui.train_panel import Panel, kept

_RESUMABLE = ("stopped", "died", "failed")
_PPO_PROMPTS = 512  # prompts the workbench draws for an algorithm that samples


def wire_panel(panel: Panel, item: gr.Tab) -> None:
    """Attach the listeners of a training tab."""
    does = Training(panel)
    name = panel.prefix
    runs = [c for c in (panel.picked, panel.view, panel.train, panel.stop, panel.resume, panel.after) if c is not None]
    lists = [c for c in (panel.start, panel.facts, panel.reward) if c is not None]
    everything = panel.inputs | {"shown": panel.view}
    hidden = {"show_progress": "hidden"}
    own = {"api_visibility": "private", **hidden}
    item.select(does.open, None, [*lists, *runs], inputs_kwargs=everything, api_name=f"{name}_open", **hidden)
    panel.view.ended(does.refresh, None, [*lists, *runs], inputs_kwargs=everything, **own)
    panel.train.click(does.train, None, runs, inputs_kwargs=panel.inputs, api_name=f"{name}_train", **hidden)
    panel.train.click(None, js=f"() => Playground.bring('{name}-run')")
    panel.stop.click(does.stop, panel.view, None, api_name=f"{name}_stop", **hidden)
    panel.resume.click(does.resume, panel.view, runs, api_name=f"{name}_resume", **hidden)
    panel.picked.input(does.look_at, panel.picked, runs, **own)
    gr.on(
        [component.change for component in panel.inputs.values()],
        does.estimate,
        None,
        panel.facts,
        inputs_kwargs=panel.inputs,
        queue=False,
        trigger_mode="always_last",
        api_name=f"{name}_estimate",
        **hidden,
    )


class Training:
    """What one training tab answers to. It holds components, never a visitor's state."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.bench = panel.context.bench

    @told
    def open(self, request: gr.Request, **given: Any) -> dict[Component, Any]:
        """The tab was opened: fresh lists, and the latest run unless the visitor looks at one already."""
        space = workspace(self.panel.context, request)
        shown = run_shown(given["shown"])
        latest = None if shown else self.bench.runs.latest(space, list(self.panel.forms))
        chosen = shown or (latest.spec.id if latest else None)
        return self._lists(space, given) | self._run(space, chosen, fresh=shown is None)

    @told
    def refresh(self, request: gr.Request, **given: Any) -> dict[Component, Any]:
        """The run in sight has ended: its checkpoint joins the lists, the buttons change."""
        space = workspace(self.panel.context, request)
        return self._lists(space, given) | self._run(space, run_shown(given["shown"]), fresh=False)

    @told
    def train(self, request: gr.Request, **given: Any) -> dict[Component, Any]:
        """Start a run with the settings in sight and show it."""
        space = workspace(self.panel.context, request)
        form = self.panel.form(given)
        values = form.read(given)
        spec = self.bench.runs.start(
            space,
            form.entry.name,
            values,
            start_id=given["start"],
            reward_id=given.get("reward") if form.entry.needs == "prompts" else None,
            examples=self.panel.examples(given),
            seed=int(values.get("seed", 0)),
        )
        return self._run(space, spec.id, fresh=True)

    @told
    def stop(self, shown: Any, request: gr.Request) -> None:
        """Ask the run in sight to end; what it learned stays."""
        run_id = run_shown(shown)
        if run_id:
            self.bench.runs.stop(workspace(self.panel.context, request), run_id)
            gr.Info("Stopping after this step. What was learned is kept.", duration=4)

    @told
    def resume(self, shown: Any, request: gr.Request) -> dict[Component, Any]:
        """Go on with the run in sight, in its own curve."""
        space = workspace(self.panel.context, request)
        run_id = run_shown(shown)
        if not run_id:
            raise PlaygroundError("No run is shown.", hint="Choose the run to go on with.")
        self.bench.runs.resume(space, run_id)
        return self._run(space, run_id, fresh=True) | self._buttons(active=True, resumable=False)

    @told
    def look_at(self, run_id: str, request: gr.Request) -> dict[Component, Any]:
        """Show another run of this tab."""
        return self._run(workspace(self.panel.context, request), run_id, fresh=True)

    @told
    def estimate(self, request: gr.Request, **given: Any) -> str:
        """What a run with these settings learns from and how long it takes."""
        return self._facts(workspace(self.panel.context, request), given)

    def _lists(self, space: str, given: Mapping[str, Any]) -> dict[Component, Any]:
        panel = self.panel
        updates: dict[Component, Any] = {
            panel.start: kept(self.bench.checkpoints.all(space, "policy"), given["start"]),
            panel.facts: self._facts(space, given),
        }
        if panel.reward is not None:
            updates[panel.reward] = kept(self.bench.checkpoints.all(space, "reward"), given["reward"])
        return updates

    def _run(self, space: str, run_id: str | None, fresh: bool) -> dict[Component, Any]:
        """The list of runs, the view (only where `fresh`) and the buttons for that run."""
        panel = self.panel
        runs = [s for s in self.bench.runs.all(space) if s.spec.algorithm in panel.forms]
        choices = [(f"{s.spec.name} – {s.status}", s.spec.id) for s in runs]
        updates: dict[Component, Any] = {panel.picked: gr.update(choices=choices, value=run_id, visible=len(runs) > 1)}
        if fresh and run_id:
            updates[panel.view] = showing(run_id)
        summary = next((s for s in runs if s.spec.id == run_id), None)
        if panel.after is not None:
            updates[panel.after] = gr.update(visible=bool(summary and summary.checkpoint))
        return updates | self._buttons(_active(summary), bool(summary and summary.status in _RESUMABLE))

    def _buttons(self, active: bool, resumable: bool) -> dict[Component, Any]:
        return {
            self.panel.train: gr.update(interactive=not active),
            self.panel.stop: gr.update(interactive=active),
            self.panel.resume: gr.update(interactive=resumable),
        }

    def _facts(self, space: str, given: Mapping[str, Any]) -> str:
        """What a run would learn from and how long it takes here, or which setting is in the way."""
        form = self.panel.form(given)
        try:
            values = form.read(given)
            build_config(form.entry, values)
            rows, what = self._rows(space, given, values)
        except (PlaygroundError, ValueError) as error:
            return f"**{error}**"
        seconds = self.bench.runs.estimate(space, form.entry.name, values, rows)
        if seconds is None:
            return f"The estimate follows once this machine is measured: {what}."
        return f"About **{_spoken(seconds)}** on this machine: {what}."

    def _rows(self, space: str, given: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[int, str]:
        """How many rows a run would get, and what they are in words."""
        needs = self.panel.form(given).entry.needs
        if needs == "preferences":
            rows = self.bench.preferences.counts(space).usable
            return rows, f"{rows} preferences in your set" + ("; at least 4 are needed, see Rank" if rows < 4 else "")
        if needs == "prompts":
            missing = "" if given.get("reward") else "; it needs a reward model, see Reward model"
            return _PPO_PROMPTS, f"it writes its own completions to pocket prompts{missing}"
        examples = self.panel.examples(given)
        rows = len(examples) if examples else int(values.get("examples", 0))
        return rows, f"{rows} examples"


def _active(summary: RunSummary | None) -> bool:
    return summary is not None and summary.active


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
