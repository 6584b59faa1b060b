"""The bench: any prompt, two to six completions, what the reward model makes of them."""

from __future__ import annotations

import math
import random
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.types import Completion, Json, Prompt, Sampling
from playground.ui.listener import told
from playground.ui.tab import Context, workspace
from playground.ui.train_panel import kept, pick, shipped_policies

MOST = 6


def reward_bench(context: Context, item: gr.Tab, view: gr.HTML) -> None:
    """Draw the bench here. It refreshes when the tab opens and when the run in `view` ends."""
    bench = context.bench
    gr.Markdown("### Bench: what does it score?")
    with gr.Row():
        with gr.Column(scale=3, min_width=300):
            prompt = gr.Textbox(label="Prompt", value="What is the capital of France?", elem_id="bench-prompt")
            boxes = [
                gr.Textbox(label=f"Completion {i + 1}", lines=1, max_lines=6, visible=i < 2, elem_id=f"bench-{i + 1}")
                for i in range(MOST)
            ]
            count = gr.State(2)
            with gr.Row():
                more = gr.Button("Add a box", size="md", min_width=90, elem_id="bench-more")
                sampled = gr.Button("Fill with samples", size="md", min_width=130, elem_id="bench-sample")
        with gr.Column(scale=2, min_width=280):
            reward = pick("Reward model", "bench-reward", [], None)
            source = pick("Sample from", "bench-source", shipped_policies(context), "pocket-sft")
            score = gr.Button("Score", elem_id="bench-score")
            gr.Markdown(
                "A raw score means nothing alone; differences do. The sigmoid of a difference is the chance that the "
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

    @told
    def refresh(reward_now: str | None, source_now: str | None, request: gr.Request) -> tuple[Any, Any]:
        space = workspace(context, request)
        rewards, policies = bench.checkpoints.all(space, "reward"), bench.checkpoints.all(space, "policy")
        return kept(rewards, reward_now), kept(policies, source_now)

    @told
    def add(now: int) -> list[Any]:
        shown = min(now + 1, MOST)
        return [shown, *(gr.update(visible=i < shown) for i in range(MOST))]

    @told
    def fill(request: gr.Request, **given: Any) -> list[Any]:
        texts = [given[name] or "" for name in named]
        return _filled(context, workspace(context, request), given["prompt"], given["source"], given["count"], texts)

    @told
    def scored(request: gr.Request, **given: Any) -> Json:
        texts = [given[name].strip() for name in named if (given[name] or "").strip()]
        return score_rows(context, workspace(context, request), given["prompt"], given["reward"], texts)

    named = {f"completion_{i + 1}": box for i, box in enumerate(boxes)}
    filling = {"prompt": prompt, "source": source, "count": count, **named}
    refreshed = {"inputs": [reward, source], "outputs": [reward, source], "show_progress": "hidden"}
    item.select(refresh, **refreshed, api_visibility="private")
    view.ended(refresh, **refreshed, api_visibility="private")
    more.click(add, count, [count, *boxes], queue=False, api_visibility="private", show_progress="hidden")
    sampled.click(fill, None, [count, *boxes], inputs_kwargs=filling, api_name="bench_fill")
    scoring = {"prompt": prompt, "reward": reward, **named}
    score.click(scored, None, table, inputs_kwargs=scoring, api_name="bench_score")


def score_rows(context: Context, space: str, text: str, reward_id: str | None, texts: list[str]) -> Json:
    """The bench's table: rank, raw score and sigmoid of each completion, best first."""
    if not reward_id:
        raise PlaygroundError("There is no reward model yet.", hint="Train one above.")
    if not texts:
        raise PlaygroundError("There is no completion to score.", hint="Type one, or press Fill with samples.")
    prompt = Prompt.user(text)
    scores = context.bench.completions.score(space, reward_id, [Completion(prompt, t) for t in texts])
    ordered = sorted(zip(texts, scores, strict=True), key=lambda row: row[1], reverse=True)
    return {
        "rows": [
            {"text": t, "score": s, "sigmoid": 1 / (1 + math.exp(-max(min(s, 50.0), -50.0))), "rank": i + 1}
            for i, (t, s) in enumerate(ordered)
        ]
    }


def _filled(context: Context, space: str, text: str, checkpoint: str, now: int, completions: list[str]) -> list[Any]:
    """Empty boxes get fresh samples; where none is empty, two more boxes open."""
    empty = [i for i in range(now) if not (completions[i] or "").strip()] or list(range(now, min(now + 2, MOST)))
    if not empty:
        raise PlaygroundError("All six boxes hold a completion.", hint="Clear one first.")
    sampling = Sampling(seed=random.randrange(2**31))
    drawn = context.bench.completions.sample(space, checkpoint, [Prompt.user(text)], sampling, n=len(empty))[0]
    fresh = dict(zip(empty, drawn, strict=True))
    shown = max(now, empty[-1] + 1)
    return [
        shown,
        *(
            gr.update(value=fresh[i].text, visible=True) if i in fresh else gr.update(visible=i < shown)
            for i in range(MOST)
        ),
    ]
