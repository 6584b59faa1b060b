"""PPO between a run's folder and the loop: prompts and texts to ids and back, iterations to events, weights to disk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch

from playground.errors import ModelNotUsable, NonFiniteLoss, NothingToLearn
from playground.events import Phase, RunStarted, Saved, StepDone
from playground.models.adapters import reference_off
from playground.models.chat import end_ids
from playground.models.lanes import lanes_for
from playground.models.loader import LoadedModel
from playground.runs.run import Run
from playground.training.algorithms.ppo import PPOConfig
from playground.training.inputs import TrainInputs
from playground.training.ppo_loop import Demonstration, IterationDone, new_value_head, ppo
from playground.training.ppo_resume import has_state
from playground.training.precision import precision, suit_attention
from playground.training.probes import prober
from playground.training.rollouts import fitting, scorer
from playground.training.tokens import example_tokens, say_dropped, usable
from playground.training.trained_policy import frozen_copy, saved, trainable
from playground.types import Checkpoint, Prompt


class Teller:
    """Says what the loop does: events into the run's folder, and now and then a checkpoint."""

    def __init__(self, run: Run, inputs: TrainInputs, config: PPOConfig, loaded: LoadedModel) -> None:
        self.run, self.config, self.loaded = run, config, loaded
        self.done = 0  # iterations told of
        self._probe = prober(loaded, inputs, config.max_new_tokens)

    def iteration(self, done: IterationDone) -> None:
        """Emit the iteration's metrics; answer the probes and save where it is time to."""
        self.done = done.iteration
        self.run.emit(StepDone(done.iteration, done.metrics))
        last = done.iteration == self.config.iterations
        if last or done.iteration % self.config.probe_every == 0:
            self.probe(done.iteration)
        if not last and done.iteration % self.config.save_every == 0:
            self.save(done.iteration)

    def probe(self, step: int) -> None:
        """Answer the probe prompts greedily with the policy as it stands."""
        sampled = self._probe(step)
        if sampled is not None:
            self.run.emit(sampled)

    def save(self, step: int, updates: int = 0) -> Checkpoint:
        """Write the policy as it stands into the run's folder."""
        checkpoint = saved(self.run, self.loaded, "ppo", self.config.seed, self.loaded.checkpoint.knows_chat)
        self.run.emit(Saved(step, checkpoint, updates))
        return checkpoint


def run_ppo(run: Run, inputs: TrainInputs, config: PPOConfig) -> Checkpoint:
    """Train inputs.start, tell the run's folder, and return what was saved at the end or the stop.

    Raises: ModelNotUsable without a reward; NothingToLearn without prompts, or without the demonstrations that
    ptx_coef asks for; NonFiniteLoss after the last good weights were saved.
    """
    if inputs.reward is None:
        raise ModelNotUsable("PPO was given no reward model.", hint="Train a reward model first, then choose it here.")
    run.emit(Phase("preparing the prompts"))
    copy = frozen_copy(inputs.start.model) if config.adapter == "full" else None
    loaded = trainable(inputs.start, config)
    prompts, prompt_ids = encoded_prompts(run, loaded, inputs.prompts)
    demonstrations = _demonstrations(run, loaded, inputs, config)
    dtype = precision(run)
    longest = max(map(len, prompt_ids)) + config.max_new_tokens
    for model in (loaded.model, copy):
        if model is not None:
            suit_attention(model, dtype, longest)
    resume = inputs.resume and has_state(run.folder.resume_path)
    teller = Teller(run, inputs, config, loaded)
    run.emit(_started(loaded, config, len(prompts), dtype))
    if not resume:
        teller.probe(0)
    run.emit(Phase("training"))
    hidden_size = loaded.model.get_output_embeddings().weight.shape[1]
    try:
        with lanes_for(loaded.model) as lanes:
            progress = ppo(
                loaded.model,
                new_value_head(hidden_size, loaded.device),
                copy if copy is not None else partial(reference_off, loaded.model),
                prompt_ids,
                scorer(loaded, prompts, inputs.reward, dtype),
                config,
                torch.Generator().manual_seed(config.seed),
                teller.iteration,
                lambda: run.stop_requested,
                stop_at=run.stop_at,
                pad_id=loaded.tokenizer.pad_token_id,
                end_ids=end_ids(loaded.tokenizer, loaded.model),
                gold_fn=scorer(loaded, prompts, inputs.gold) if inputs.gold else None,
                demonstrations=demonstrations,
                autocast_dtype=dtype,
                resume_folder=run.folder.resume_path,
                resume=resume,
                lanes=lanes,
            )
    except NonFiniteLoss:
        teller.save(teller.done)
        raise
    if run.stop_at is not None:
        run.stop.set()
    return teller.save(progress.iteration, progress.batch.done if progress.batch else 0)


def encoded_prompts(run: Run, loaded: LoadedModel, prompts: Sequence[Prompt]) -> tuple[list[Prompt], list[list[int]]]:
    """The prompts that leave room for a completion, and their ids; the run says how many do not.

    Raises: NothingToLearn when none is left.
    """
    kept, ids = fitting(loaded, prompts)
    say_dropped(run, len(prompts), len(kept), f"prompts longer than the {loaded.context} tokens the model reads")
    if not kept:
        raise NothingToLearn("PPO was given no prompts.", hint="Choose a set of prompts, or type some.")
    return kept, ids


def _demonstrations(run: Run, loaded: LoadedModel, inputs: TrainInputs, config: PPOConfig) -> list[Demonstration]:
    if config.ptx_coef == 0:
        return []
    if not inputs.examples:
        raise NothingToLearn("The ptx term was given no demonstrations.", hint="Set its weight to 0, or add some.")
    rows = usable(run, example_tokens(loaded.tokenizer, inputs.examples), loaded.model, loaded.context)
    return [(row["prompt_ids"], row["completion_ids"]) for row in rows]


def _started(loaded: LoadedModel, config: PPOConfig, prompts: int, dtype: torch.dtype | None) -> RunStarted:
    return RunStarted(
        total_steps=config.iterations,
        train_count=prompts,
        device=str(loaded.device),
        dtype="float32" if dtype is None else str(dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
    )
