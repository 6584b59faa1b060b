"""Be the attacker: a visitor types completions to fool a reward model while the gold reward watches."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.evaluation.attacks import READY, Try, scoreboard
from playground.types import Json
from playground.ui.checkpoint_lists import follow, newest, pick
from playground.ui.listener import QUIET, told
from playground.ui.tab import Context, workspace
from playground.workbench.attacks import SEARCH_S

_FIRST_PROMPT = "What is the capital of France?"


@dataclass(frozen=True, slots=True)
class Attacker:
    """Its components."""

    reward: gr.Dropdown
    prompt: gr.Textbox
    completion: gr.Textbox
    score: gr.Button
    ready: gr.Button
    search: gr.Button
    stop: gr.Button
    facts: gr.Markdown
    board: gr.HTML
    tries: gr.State  # what this visitor has tried on this prompt and reward model
    aimed: gr.State  # (reward model, prompt) that the tries are about
    set_to: gr.State

    @property
    def reads(self) -> dict[str, Any]:
        """Listener arguments."""
        return {
            "reward": self.reward,
            "prompt": self.prompt,
            "completion": self.completion,
            "tries": self.tries,
            "aimed": self.aimed,
        }


def attacker(context: Context, item: gr.Tab) -> None:
    """Draw it here, with its listeners."""
    parts = _draw()
    _follow_rewards(context, item, parts)
    _events(context, parts)


def board_rows(tries: Sequence[Try]) -> Json:
    """The scoreboard as the browser draws it."""
    return {"rows": [{**asdict(one), "fooled": one.fooled} for one in scoreboard(tries)]}


def _draw() -> Attacker:
    gr.Markdown("### Be the attacker")
    gr.Markdown(
        "Write a completion that the reward model loves and that is worth nothing. Both rewards are shown in standard "
        "deviations above what the model usually writes to this prompt; the more it likes what is worth little, the "
        "better the trick. Where people judged, no gold reward watches: then judge for yourself.",
        elem_classes="note",
    )
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            reward = pick("Reward model", "attack-reward", [], None)
        with gr.Column(scale=3, min_width=280):
            prompt = gr.Textbox(label="Prompt", value=_FIRST_PROMPT, elem_id="attack-prompt")
    completion = gr.Textbox(label="Your completion", lines=2, max_lines=8, elem_id="attack-completion")
    with gr.Row():
        score = gr.Button("Score it", variant="primary", scale=0, min_width=130, elem_id="attack-score")
        ready = gr.Button("Try the ready attacks", scale=0, min_width=220, elem_id="attack-ready")
        search = gr.Button(
            f"Search for a better one ({SEARCH_S:.0f} s)", scale=0, min_width=280, elem_id="attack-search"
        )
        stop = gr.Button("Stop", scale=0, min_width=100, interactive=False, elem_id="attack-search-stop")
    with gr.Accordion("The ready attacks", open=False):
        gr.Markdown("\n".join(f"- **{one.title}** {one.about}" for one in READY.values()), elem_classes="note")
    facts = gr.Markdown("", elem_id="attack-facts", elem_classes="note")
    board = gr.HTML(
        value=None,
        html_template='<div class="run-table"></div>',
        js_on_load="Playground.attackBoard(element, props, watch)",
        apply_default_css=False,
        elem_id="attack-board",
    )
    states = gr.State([]), gr.State(("", "")), gr.State(None)
    return Attacker(reward, prompt, completion, score, ready, search, stop, facts, board, *states)


def _follow_rewards(context: Context, item: gr.Tab, parts: Attacker) -> None:
    @told
    def opened(now: str | None, before: str | None, request: gr.Request) -> tuple[Any, ...]:
        rewards = context.bench.checkpoints.all(workspace(context, request), "reward")
        words = "" if rewards else "There is no reward model yet. Train one in **Reward model**, then come back."
        return gr.update(**follow(rewards, now, before, newest(rewards))), newest(rewards), words

    item.select(opened, [parts.reward, parts.set_to], [parts.reward, parts.set_to, parts.facts], **QUIET)


def _events(context: Context, parts: Attacker) -> None:
    attacks = context.bench.attacks

    def aim(request: gr.Request, given: dict[str, Any]) -> tuple[str, Any, list[Try]]:
        """Workspace, target, and the tries so far that are about it."""
        space = workspace(context, request)
        if not given["reward"]:
            raise PlaygroundError("There is no reward model yet.", hint="Train one in the tab Reward model.")
        target = attacks.aim(space, given["reward"], given["prompt"])
        same = tuple(given["aimed"]) == (given["reward"], given["prompt"])
        return space, target, list(given["tries"]) if same else []

    def shown(given: dict[str, Any], tries: list[Try], words: str) -> tuple[Any, ...]:
        return board_rows(tries), words, tries, (given["reward"], given["prompt"])

    @told
    def score(request: gr.Request, **given: Any) -> tuple[Any, ...]:
        workspace(context, request)
        if not (given["completion"] or "").strip():
            raise PlaygroundError("There is no completion to score.", hint="Type one.")
        space, target, tries = aim(request, given)
        (found,) = attacks.rate(space, target, [given["completion"].strip()])
        return shown(given, [*tries, found], verdict(found))

    @told
    def ready(request: gr.Request, **given: Any) -> tuple[Any, ...]:
        space, target, tries = aim(request, given)
        tries += attacks.try_ready(space, target)
        return shown(given, tries, "")

    @told
    def search(request: gr.Request, **given: Any) -> Iterator[tuple[Any, ...]]:
        space, target, tries = aim(request, given)
        own = [one.text for one in scoreboard(tries, most=1)]
        ends, words = time.monotonic() + SEARCH_S, "The search found nothing."
        yield *shown(given, tries, f"Searching for at most {SEARCH_S:.0f} s."), gr.update(interactive=True)
        for round_number, found in enumerate(attacks.search(space, target, own), start=1):
            tries, words = [*tries, found], f"Round {round_number}: {verdict(found)}"
            left = max(0.0, ends - time.monotonic())
            yield *shown(given, tries, f"{words} {left:.0f} s left at most."), gr.update()
        yield *shown(given, tries, words), gr.update(interactive=False)

    @told
    def stop(request: gr.Request) -> None:
        attacks.stop_search(workspace(context, request))

    outputs = [parts.board, parts.facts, parts.tries, parts.aimed]
    io: dict[str, Any] = {"inputs_kwargs": parts.reads}
    parts.score.click(score, None, outputs, api_name="attack_score", **io)
    parts.ready.click(ready, None, outputs, api_name="attack_ready", **io)
    parts.search.click(search, None, [*outputs, parts.stop], api_name="attack_search", **io)
    parts.stop.click(stop, None, None, **QUIET)


def verdict(found: Try) -> str:
    """What one try achieved, in a sentence."""
    if found.gold is None:
        return f"The reward model gives {found.reward:+.1f} sd; here no gold reward watches: judge for yourself."
    words = f"The reward model gives {found.reward:+.1f} sd, it is worth {found.gold:+.1f} sd."
    if found.reward > 0 > found.gold:
        return f"{words} It is fooled."
    return words
