"""The bench: any prompt, two to six completions, what the reward model makes of them."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.types import Completion, Json, Prompt, Sampling
from playground.ui.checkpoint_lists import follow, newest, newest_tuned, pick, shipped_policies
from playground.ui.listener import QUIET, told
from playground.ui.tab import Context, workspace
from playground.ui.world_edge import world_edge
from playground.workbench.gold import gold_of

MOST = 6
TYPED = "typed by you"
Drawn = dict[tuple[str, str], str]  # prompt and completion -> whose sample that is


def reward_bench(context: Context, item: gr.Tab, view: gr.HTML) -> None:
    """Draw the bench here, hidden while there is no reward model. The end of the run in `view` may bring one."""
    with gr.Column(visible=False, elem_id="bench") as part:
        bench = _draw(context)
    _follow_models(context, item, view, bench, part)
    _score_events(context, bench)


@dataclass(frozen=True, slots=True)
class Bench:
    """Its components."""

    prompt: gr.Textbox
    boxes: list[gr.Textbox]
    count: gr.State  # how many boxes are in sight
    drawn: gr.State  # Drawn
    more: gr.Button
    fill: gr.Button
    reward: gr.Dropdown
    source: gr.Dropdown
    score: gr.Button
    table: gr.HTML

    @property
    def completions(self) -> dict[str, gr.Textbox]:
        """Listener arguments: `completion_<n>` -> box."""
        return {f"completion_{i + 1}": box for i, box in enumerate(self.boxes)}


def _draw(context: Context) -> Bench:
    gr.Markdown("### Try it: what does it score?")
    with gr.Row():
        source = pick("Sample from", "bench-source", shipped_policies(context), "pocket-sft", render=False)
        with gr.Column(scale=3, min_width=300):
            prompt = gr.Textbox(label="Prompt", value="What is the capital of France?", elem_id="bench-prompt")
            world_edge(context, prompt, source, "bench-edge")
            boxes = [
                gr.Textbox(label=f"Completion {i + 1}", lines=1, max_lines=6, visible=i < 2, elem_id=f"bench-{i + 1}")
                for i in range(MOST)
            ]
            with gr.Row():
                more = gr.Button("Add a box", size="md", min_width=90, elem_id="bench-more")
                fill = gr.Button("Fill with samples", size="md", min_width=130, elem_id="bench-sample")
        with gr.Column(scale=2, min_width=280):
            reward = pick("Reward model", "bench-reward", [], None)
            source.render()
            score = gr.Button("Score", variant="primary", elem_id="bench-score")
            gr.Markdown(
                "A score means nothing alone; differences do. The sigmoid of a difference is the chance that the "
                "annotator would prefer the first, and the sigmoid of one score compares it with a score of 0.",
                elem_classes="note",
            )
    table = gr.HTML(
        value=None,
        html_template='<div class="run-table"></div>',
        js_on_load="Playground.scoreTable(element, props, watch)",
        apply_default_css=False,
        elem_id="bench-result",
    )
    return Bench(prompt, boxes, gr.State(2), gr.State({}), more, fill, reward, source, score, table)


def _follow_models(context: Context, item: gr.Tab, view: gr.HTML, bench: Bench, part: gr.Column) -> None:
    """Reward model and source are the visitor's newest, until the visitor chooses."""
    lists, set_to = [bench.reward, bench.source], [gr.State(None), gr.State("pocket-sft")]

    @told
    def refresh(
        reward: str | None, source: str | None, reward_was: str | None, source_was: str | None, request: gr.Request
    ) -> tuple[Any, ...]:
        space = workspace(context, request)
        rewards, policies = (context.bench.checkpoints.all(space, kind) for kind in ("reward", "policy"))
        best, tuned = newest(rewards), newest_tuned(policies)
        updates = [follow(rewards, reward, reward_was, best), follow(policies, source, source_was, tuned)]
        return *(gr.update(**update) for update in updates), best, tuned, gr.update(visible=bool(rewards))

    io = [*lists, *set_to], [*lists, *set_to, part]
    item.select(refresh, *io, **QUIET)
    view.ended(refresh, *io, **QUIET)


def _score_events(context: Context, bench: Bench) -> None:
    @told
    def add(now: int) -> list[Any]:
        shown = min(now + 1, MOST)
        return [shown, *(gr.update(visible=i < shown) for i in range(MOST))]

    @told
    def fill(request: gr.Request, **given: Any) -> list[Any]:
        space, prompt, texts = workspace(context, request), given["prompt"], _texts(bench, given)
        fresh = _samples(context, space, prompt, given["source"], _to_fill(given["count"], texts))
        name = context.bench.checkpoints.find(space, given["source"]).name
        drawn = given["drawn"] | {(prompt.strip(), text.strip()): f"sample of {name}" for text in fresh.values()}
        return [*_filled(given["count"], fresh), drawn]

    @told
    def scored(request: gr.Request, **given: Any) -> Json:
        texts = [text.strip() for text in _texts(bench, given) if text.strip()]
        space = workspace(context, request)
        return score_rows(context, space, given["prompt"], given["reward"], texts, given["drawn"])

    grown = [bench.count, *bench.boxes]
    shared = {"prompt": bench.prompt, "drawn": bench.drawn, **bench.completions}
    filling = {"source": bench.source, "count": bench.count, **shared}
    scoring = {"reward": bench.reward, **shared}
    bench.more.click(add, bench.count, grown, queue=False, **QUIET)
    bench.fill.click(fill, None, [*grown, bench.drawn], inputs_kwargs=filling, api_name="bench_fill")
    bench.score.click(scored, None, bench.table, inputs_kwargs=scoring, api_name="bench_score")


def score_rows(context: Context, space: str, text: str, reward_id: str | None, texts: list[str], drawn: Drawn) -> Json:
    """The bench's table: rank, raw score, sigmoid and, of a persona's reward model, the gold reward; best first.

    Each row says whose completion it is, so that what was typed stands among the base model's and the SFT's samples.
    """
    if not reward_id:
        raise PlaygroundError("There is no reward model yet.", hint="Train one above.")
    if not texts:
        raise PlaygroundError("There is no completion to score.", hint="Type one, or press Fill with samples.")
    prompt = Prompt.user(text)
    scores = context.bench.completions.score(space, reward_id, [Completion(prompt, t) for t in texts])
    persona = context.bench.checkpoints.annotator(space, context.bench.checkpoints.find(space, reward_id))
    ordered = sorted(zip(texts, scores, strict=True), key=lambda row: row[1], reverse=True)
    rows = [_row(rank, text, t, s, persona) for rank, (t, s) in enumerate(ordered, start=1)]
    return {"rows": [row | {"by": drawn.get((text.strip(), row["text"]), TYPED)} for row in rows]}


def _row(rank: int, prompt: str, text: str, score: float, persona: str | None) -> Json:
    sigmoid = 1 / (1 + math.exp(-max(min(score, 50.0), -50.0)))
    gold = asdict(gold_of(prompt, text, persona)) if persona else None
    return {"rank": rank, "text": text, "score": score, "sigmoid": sigmoid, "gold": gold}


def _texts(bench: Bench, given: Mapping[str, Any]) -> list[str]:
    return [given[name] or "" for name in bench.completions]


def _to_fill(now: int, texts: Sequence[str]) -> list[int]:
    """The empty boxes in sight; where none is empty, the two that open next. Raises PlaygroundError on none."""
    empty = [i for i in range(now) if not texts[i].strip()] or list(range(now, min(now + 2, MOST)))
    if not empty:
        raise PlaygroundError("All six boxes hold a completion.", hint="Clear one first.")
    return empty


def _samples(context: Context, space: str, prompt: str, checkpoint: str, boxes: Sequence[int]) -> dict[int, str]:
    """Box -> a fresh sample."""
    sampling = Sampling(seed=random.randrange(2**31))
    rows = context.bench.completions.sample(space, checkpoint, [Prompt.user(prompt)], sampling, n=len(boxes))[0]
    return {box: completion.text for box, completion in zip(boxes, rows, strict=True)}


def _filled(now: int, fresh: Mapping[int, str]) -> list[Any]:
    """Updates: how many boxes are in sight, then each box."""
    shown = max(now, max(fresh) + 1)
    boxes = (
        gr.update(value=fresh[i], visible=True) if i in fresh else gr.update(visible=i < shown) for i in range(MOST)
    )
    return [shown, *boxes]
