"""The fixed probe prompts, answered greedily while a policy learns: what the curves look like as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.events import Sampled
from playground.training.inputs import TrainInputs
from playground.types import Completion, Json, Sampling, Template


def prober(
    loaded: Any,
    inputs: TrainInputs,
    max_new_tokens: int = 48,
    template_at: Callable[[int], Template] = lambda step: "auto",
) -> Callable[[int], Sampled | None]:
    """A function step -> Sampled that answers inputs.probes with the policy as it stands; None without probes."""

    def probe(step: int) -> Sampled | None:
        if not inputs.probes:
            return None
        from playground.completions.sampler import sample

        sampling = Sampling(temperature=0.0, max_new_tokens=max_new_tokens, template=template_at(step))
        return Sampled(step, _scored([row[0] for row in sample(loaded, inputs.probes, sampling)], inputs))

    return probe


def _scored(completions: list[Completion], inputs: TrainInputs) -> list[Json]:
    rows: list[Json] = [
        {"prompt": c.prompt.text, "completion": c.text, "finish_reason": c.finish_reason} for c in completions
    ]
    for name, reward in (("proxy_reward", inputs.reward), ("gold_reward", inputs.gold)):
        if reward is not None:
            for row, score in zip(rows, reward(completions), strict=True):
                row[name] = score
    return rows
