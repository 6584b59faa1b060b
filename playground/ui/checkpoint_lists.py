"""Lists of checkpoints to choose from. Each starts at the visitor's newest of its kind until the visitor chooses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from playground.types import Checkpoint
from playground.ui.tab import Context

FIRST_COMPARED = ["pocket-base", "pocket-sft"]


def pick(
    label: str,
    elem_id: str,
    checkpoints: Sequence[Checkpoint],
    value: str | None,
    info: str = "",
    render: bool = True,
) -> gr.Dropdown:
    """A list of checkpoints. Ids it does not know are passed on: the workbench refuses them in plain words."""
    chosen = value if any(c.id == value for c in checkpoints) else None
    dropdown = gr.Dropdown(
        choices_of(checkpoints),
        value=chosen,
        label=label,
        info=info or None,
        elem_id=elem_id,
        filterable=False,
        render=render,
    )
    dropdown.preprocess = lambda payload: payload
    return dropdown


def shipped_policies(context: Context) -> list[Checkpoint]:
    """What every visitor has; their own join when the tab opens."""
    return [c for c in context.bench.checkpoints.all("local", "policy") if not c.run_id]


def choices_of(checkpoints: Sequence[Checkpoint]) -> list[tuple[str, str]]:
    """Choices for a list of checkpoints, the newest first."""
    return [(c.name, c.id) for c in reversed(checkpoints)]


def newest_tuned(policies: Sequence[Checkpoint]) -> str | None:
    """The visitor's newest fine-tuned model, else the shipped one: where Rank, Reward model and Policy start."""
    return next((c.id for c in reversed(policies) if c.method == "sft"), None)


def newest(checkpoints: Sequence[Checkpoint]) -> str | None:
    """The newest of them all: which reward model is used."""
    return checkpoints[-1].id if checkpoints else None


def newest_beside_its_start(policies: Sequence[Checkpoint]) -> list[str]:
    """The visitor's newest policy of any kind and what it was trained from: what Compare shows."""
    own = [c for c in policies if c.run_id and c.parent]
    return [own[-1].parent, own[-1].id] if own else FIRST_COMPARED


def follow(
    checkpoints: Sequence[Checkpoint],
    now: str | list[str] | None,
    before: str | list[str] | None,
    proposal: Any,
    sent: Any = None,
) -> dict[str, Any]:
    """What to update of a list that shows `now` and was set to `before`: a visitor's own choice stays as it is.

    sent: what a button on another tab asked for, which is a visitor's choice too.
    """
    update: dict[str, Any] = {"choices": choices_of(checkpoints)}
    if sent:
        return {**update, "value": sent}
    known = {c.id for c in checkpoints}
    wanted = [now] if isinstance(now, str) else now or []
    chosen = bool(wanted) and now != before and known.issuperset(wanted)
    return update if chosen or now == proposal else {**update, "value": proposal}
