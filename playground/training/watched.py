"""What a policy writes while it learns from pairs: PPO's figures, so that the curves of both lie over each other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from playground.runs.run import Run
from playground.training.inputs import TrainInputs
from playground.types import Workload

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel

COMPLETIONS = 16
MAX_NEW_TOKENS = 48  # as PPO's default
EVERY = 5  # steps: about an eighth of the time of a run of a hundred pairs goes into it
MOST_TIMES = 16


def times_in(total_steps: int) -> int:
    """How often it is looked at after the first step."""
    return min(max(total_steps // EVERY, 1), MOST_TIMES)


def watching(total_steps: int, tokens: int) -> Workload:
    """The work of it; tokens: of a prompt. A completion is reckoned at half the longest, as PPO's."""
    completions = COMPLETIONS * (1 + times_in(total_steps))
    return Workload(
        sample_tokens=completions * MAX_NEW_TOKENS / 2,
        score_tokens=2 * completions * (tokens + MAX_NEW_TOKENS / 2),  # policy and reference
    )


def written_metrics(
    run: Run, loaded: LoadedModel, reference: Any | None, inputs: TrainInputs, seed: int
) -> Callable[[int], dict[str, float]] | None:
    """A function step -> figures of completions that the policy writes at temperature 1; None without prompts.

    reference: a frozen model; None: the policy with its adapter switched off. Prompts and random numbers are the same
    at every step and come from a generator of its own, so the training's randomness is left alone.
    """
    import torch

    from playground.models.adapters import reference_off
    from playground.models.chat import end_ids
    from playground.models.logps import completion_logps
    from playground.training.precision import precision
    from playground.training.rollouts import Writing, fitting, rollout_metrics, scorer, write_rollouts

    distinct = {row.prompt.key: row.prompt for row in inputs.preferences}
    prompts, ids = fitting(loaded, inputs.prompts or list(distinct.values()))
    if not ids:
        return None
    ends, pad_id, dtype = end_ids(loaded.tokenizer, loaded.model), loaded.tokenizer.pad_token_id, precision(run)
    how = Writing(MAX_NEW_TOKENS, 1.0, ends, pad_id, dtype)
    gold_fn = scorer(loaded, prompts, inputs.gold) if inputs.gold else None
    frozen = loaded.model if reference is None else reference
    score = partial(completion_logps, pad_id=pad_id, return_entropy=True)

    @torch.no_grad()
    def measure(step: int) -> dict[str, float]:
        rollouts = write_rollouts(loaded.model, ids, COMPLETIONS, how, torch.Generator().manual_seed(seed))
        texts = rollouts.prompt_ids, rollouts.completion_ids
        with torch.autocast(loaded.device.partition(":")[0], dtype, enabled=dtype is not None):
            now = score(loaded.model, *texts)
            with nullcontext() if reference is not None else reference_off(loaded.model):
                then = score(frozen, *texts)
        return rollout_metrics(rollouts, now.mask, now.token_logps, then.token_logps, now.entropy, gold_fn)

    return measure
