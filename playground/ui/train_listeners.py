"""The listeners of a training tab: opening it, training, stopping, resuming, looking at another run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from playground.errors import PlaygroundError
from playground.registry import build_config, dials
from playground.types import Checkpoint, Example, Json
from playground.ui.as_started import set_by_a_run, shown_as_started, values_of
from playground.ui.checkpoint_lists import follow, newest, newest_tuned
from playground.ui.form import Form, presets_for
from playground.ui.listener import told
from playground.ui.newer import follow_newer
from playground.ui.run_view import run_shown, showing
from playground.ui.suited_settings import follow_presets, suit_settings, suited_to_pairs
from playground.ui.tab import workspace
from playground.ui.train_facts import Facts, facts
from playground.ui.train_panel import Panel

DEFAULT_START = "pocket-sft"
_RESUMABLE = ("stopped", "died", "failed")


def wire_panel(panel: Panel, item: gr.Tab) -> None:
    """Attach the listeners of a training tab."""
    does = Training(panel)
    follow_presets(panel)
    suit_settings(panel)
    name = panel.prefix
    runs = [c for c in (panel.picked, panel.view, panel.train, panel.stop, panel.resume, panel.after) if c is not None]
    lists = [*does.lists.values(), *does.set_to.values(), panel.facts]
    settings = panel.inputs | {"shown": panel.view}
    everything = settings | {f"{field}_was": state for field, state in does.set_to.items()}
    sent = {"sent": panel.context.reward_id} if panel.reward is not None else {}
    at_first = everything | panel.presets | sent
    opened = list(dict.fromkeys([*lists, *runs, *set_by_a_run(panel), *sent.values()]))
    hidden = {"show_progress": "hidden"}
    own = {"api_visibility": "private", **hidden}
    item.select(does.open, None, opened, inputs_kwargs=at_first, api_name=f"{name}_open", **hidden)
    # Told again while an answer is on its way, it asks once more after it: the last answer is of the run in sight.
    panel.view.ended(does.refresh, None, [*lists, *runs], inputs_kwargs=everything, trigger_mode="always_last", **own)
    panel.train.click(does.train, None, runs, inputs_kwargs=panel.inputs, api_name=f"{name}_train", **hidden)
    panel.train.click(None, js=f"() => Playground.bring('{name}-run', 'phone')")
    for field, line in panel.newer.items():
        kind = "reward" if field == "reward" else "policy"
        follow_newer(panel.context, line, does.lists[field], does.set_to[field], kind)
    panel.stop.click(does.stop, panel.view, None, api_name=f"{name}_stop", **hidden)
    panel.resume.click(does.resume, panel.view, runs, api_name=f"{name}_resume", **hidden)
    panel.picked.input(does.look_at, None, runs, inputs_kwargs=settings | {"run_id": panel.picked}, **own)
    gr.on(
        [component.change for component in panel.inputs.values()],
        does.estimate,
        None,
        [panel.facts, panel.train],
        inputs_kwargs=settings,
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
        lists = {"start": panel.start, "reward": panel.reward}
        self.lists: dict[str, gr.Dropdown] = {field: c for field, c in lists.items() if c is not None}
        self.set_to = {field: gr.State(c.value) for field, c in self.lists.items()}  # what we, not the visitor, chose

    @told
    def open(self, request: gr.Request, **given: Any) -> dict[Component, Any]:
        """The tab was opened: fresh lists, and the latest run unless the visitor looks at one already."""
        space = workspace(self.panel.context, request)
        shown = run_shown(given["shown"])
        latest = None if shown else self.bench.runs.latest(space, list(self.panel.forms))
        going = latest.spec if latest and latest.active and self._untouched(given) else None
        updates, now = self._follow(space, given | (values_of(self.panel, going) if going else {}))
        if not going:
            suited, values = suited_to_pairs(self.panel, space, given)
            updates, now = updates | suited, now | values
        if going:
            updates = shown_as_started(self.panel, going, updates)
        elif latest and not latest.active:
            updates, now = self._method_of(latest.spec.algorithm, updates, now)
        sent, now = self._sent(now)
        chosen = shown or (latest.spec.id if latest else None)
        return self._presets(space) | updates | sent | self._standing(space, chosen, now, fresh=shown is None)

    def _untouched(self, given: Mapping[str, Any]) -> bool:
        """Whether the visitor has set nothing here yet: what somebody typed is not written over by another's run."""
        ours = {field: (c.value, given.get(f"{field}_was")) for field, c in self.lists.items()}
        suited = [f"{name}_epochs" for name, form in self.panel.forms.items() if self._as_drawn(form, given)]
        return all(
            given[name] in ours.get(name, (component.value,))
            for name, component in self.panel.inputs.items()
            if name in given and name not in suited
        )

    def _as_drawn(self, form: Form, given: Mapping[str, Any]) -> bool:
        """Whether the preset that was ticked at first still is: its epochs follow the number of pairs."""
        first = form.presets.value if form.presets is not None else None
        return first is not None and given.get(f"{form.entry.name}_preset") == first

    @told
    def refresh(self, request: gr.Request, **given: Any) -> dict[Component, Any]:
        """The run in sight has ended or is another one: its checkpoint joins the lists, the buttons change."""
        space = workspace(self.panel.context, request)
        updates, now = self._follow(space, given)
        return updates | self._standing(space, run_shown(given["shown"]), now, fresh=False)

    @told
    def train(self, request: gr.Request, **given: Any) -> dict[Component, Any]:
        """Start a run with the settings in sight and show it."""
        space = workspace(self.panel.context, request)
        form, values, examples = self._asked(given)
        spec = self.bench.runs.start(
            space,
            form.entry.name,
            values,
            start_id=given["start"],
            reward_id=given.get("reward") if form.entry.needs == "prompts" else None,
            examples=examples,
            seed=int(values.get("seed", 0)),
        )
        return self._run(space, spec.id, ready=True, fresh=True)

    @told
    def stop(self, shown: Any, request: gr.Request) -> None:
        """Ask the run in sight to end; what it learned stays."""
        space, run_id = workspace(self.panel.context, request), run_shown(shown)
        if run_id:
            self.bench.runs.stop(space, run_id)
            gr.Info("Stopping after this step. What was learned is kept.", duration=4)

    @told
    def resume(self, shown: Any, request: gr.Request) -> dict[Component, Any]:
        """Go on with the run in sight, in its own curve."""
        space = workspace(self.panel.context, request)
        run_id = run_shown(shown)
        if not run_id:
            raise PlaygroundError("No run is shown.", hint="Choose the run to go on with.")
        self.bench.runs.resume(space, run_id)
        return self._run(space, run_id, ready=True, fresh=True) | self._buttons(active=True)

    @told
    def look_at(self, request: gr.Request, **given: Any) -> dict[Component, Any]:
        """Show another run of this tab."""
        space = workspace(self.panel.context, request)
        return self._run(space, given["run_id"], self._facts(space, given).ready, fresh=True)

    @told
    def estimate(self, request: gr.Request, **given: Any) -> dict[Component, Any]:
        """What a run with these settings learns from and how long it takes; Train only where it can be pressed."""
        space = workspace(self.panel.context, request)
        found, shown = self._facts(space, given), run_shown(given["shown"])
        active = bool(shown) and self.bench.runs.find(space, shown).active
        return {self.panel.facts: found.text, self.panel.train: gr.update(interactive=found.ready and not active)}

    def _follow(self, space: str, given: Mapping[str, Any]) -> tuple[dict[Component, Any], dict[str, Any]]:
        """The lists as they are now, and the settings with what those lists then show."""
        updates: dict[Component, Any] = {}
        now = dict(given)
        for field, dropdown in self.lists.items():
            known = self.bench.checkpoints.all(space, "reward" if field == "reward" else "policy")
            proposal = self._proposal(field, known)
            sent = given.get("sent") if field == "reward" else None
            update = follow(known, given[field], given.get(f"{field}_was"), proposal, sent)
            updates |= {dropdown: gr.update(**update), self.set_to[field]: proposal}
            now[field] = update.get("value", given[field])
        return updates, now

    def _proposal(self, field: str, known: Sequence[Checkpoint]) -> str | None:
        if field == "reward":
            return newest(known)
        learns_to_answer = any(form.entry.needs == "examples" for form in self.panel.forms.values())
        return self.panel.start.value if learns_to_answer else newest_tuned(known)

    def _method_of(
        self, algorithm: str, updates: dict[Component, Any], now: dict[str, Any]
    ) -> tuple[dict[Component, Any], dict[str, Any]]:
        """The method of the ended run in sight, unless the visitor has chosen one already."""
        method = self.panel.method
        if method is None or now["method"] != method.value:
            return updates, now
        return updates | {method: algorithm}, now | {"method": algorithm}

    def _sent(self, now: dict[str, Any]) -> tuple[dict[Component, Any], dict[str, Any]]:
        """Another tab's button asked to train against a reward model: the method that does so."""
        if not now.get("sent"):
            return {}, now
        panel = self.panel
        method = next(name for name, form in panel.forms.items() if form.entry.needs == "prompts")
        return {panel.method: method, panel.context.reward_id: ""}, now | {"method": method}

    def _presets(self, space: str) -> dict[Component, Any]:
        """Presets for larger models, only where there is one."""
        larger = any(c.card != "pocket" for c in self.bench.checkpoints.all(space, "policy"))
        forms = [form for form in self.panel.forms.values() if form.presets is not None]
        return {form.presets: gr.update(choices=presets_for(form.entry, larger)) for form in forms}

    def _standing(self, space: str, run_id: str | None, now: Mapping[str, Any], fresh: bool) -> dict[Component, Any]:
        """The facts of the next run and the state of the one in sight."""
        found = self._facts(space, now)
        return {self.panel.facts: found.text} | self._run(space, run_id, found.ready, fresh)

    def _run(self, space: str, run_id: str | None, ready: bool, fresh: bool) -> dict[Component, Any]:
        """The list of runs, the view (only where `fresh`) and the buttons for that run."""
        panel = self.panel
        runs = [s for s in self.bench.runs.all(space) if s.spec.algorithm in panel.forms]
        choices = [(f"{s.spec.name} – {s.status}", s.spec.id) for s in runs]
        updates: dict[Component, Any] = {panel.picked: gr.update(choices=choices, value=run_id, visible=len(runs) > 1)}
        if fresh and run_id:
            updates[panel.view] = showing(run_id)
        summary = next((s for s in runs if s.spec.id == run_id), None)
        if panel.after is not None:
            updates[panel.after] = gr.update(visible=bool(summary and summary.checkpoint and not summary.active))
        active = bool(summary and summary.active)
        resumed = summary.spec.name if summary and summary.status in _RESUMABLE else None
        return updates | self._buttons(active, resumed, ready)

    def _buttons(self, active: bool, resumed: str | None = None, ready: bool = True) -> dict[Component, Any]:
        """resumed: the name of the run to go on with. It is told: the settings in sight may be another method's."""
        resume = gr.update(visible=False) if resumed is None else gr.update(visible=True, value=f"Resume {resumed}")
        return {
            self.panel.train: gr.update(interactive=ready and not active),
            self.panel.stop: gr.update(visible=active),
            self.panel.resume: resume,
        }

    def _asked(self, given: Mapping[str, Any]) -> tuple[Form, Json, list[Example] | None]:
        """The form in sight, its settings, and the visitor's own examples, which are all learned from."""
        form, examples = self.panel.form(given), self.panel.examples(given)
        if examples and "examples" in form.controls:  # that dial is not in sight then, and may hold anything
            dial = dials(form.entry.config)["examples"]
            given = {**given, f"{form.entry.name}_examples": max(dial.minimum, min(dial.maximum, len(examples)))}
        return form, form.read(given), examples

    def _facts(self, space: str, given: Mapping[str, Any]) -> Facts:
        """What a run would learn from and how long it takes here, or which setting is in the way."""
        try:
            form, values, examples = self._asked(given)
            build_config(form.entry, values)
        except PlaygroundError as error:
            return Facts(f"**{error.message}** {error.hint}", ready=False)
        except ValueError as error:
            return Facts(f"**{error}**", ready=False)
        rows = len(examples) if examples else None
        return facts(self.bench, space, form.entry, values, rows, given.get("reward"), given["start"] or DEFAULT_START)
