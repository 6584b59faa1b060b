"""Supervised fine-tuning: from a model that continues documents to one that answers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from playground.errors import NothingToLearn
from playground.events import Phase
from playground.registry import algorithm, dial
from playground.runs.run import Run
from playground.training import shared_dials
from playground.training.inputs import TrainInputs
from playground.types import Checkpoint, Example, Json, Workload


@dataclass(frozen=True, slots=True)
class SFTConfig:
    """The dials of supervised fine-tuning."""

    examples: int = dial(
        1000,
        "Examples",
        "How many demonstrations to learn from. A few hundred leave broken sentences, a thousand teach the form of an "
        "answer, more add knowledge.",
        minimum=10,
        maximum=20000,
        step=10,
        place="main",
    )
    adapter: str = shared_dials.adapter()
    lora_rank: int = shared_dials.lora_rank()
    learning_rate: float = shared_dials.learning_rate(
        1e-3, ". Too low learns nothing, too high forgets everything. Larger models need less."
    )
    epochs: int = shared_dials.epochs(1, "example", "More epochs fit the examples closer.")
    batch_size: int = shared_dials.batch_size("Examples", 8)
    rows_at_once: int = shared_dials.rows_at_once("Rows")
    held_out_share: float = shared_dials.held_out_share(0.05, "examples")
    max_length: int = shared_dials.max_length()
    seed: int = shared_dials.seed()


def _workload(config: SFTConfig, rows: int, tokens: int) -> Workload:
    count = min(rows, config.examples)
    held_out = count * config.held_out_share
    train_tokens = (count - held_out) * tokens * config.epochs
    return Workload(train_tokens=train_tokens, score_tokens=8 * held_out * tokens, fixed_s=1.5)


@algorithm(
    "sft",
    title="Supervised fine-tuning",
    needs="examples",
    makes="policy",
    config=SFTConfig,
    formula=r"\mathcal{L}(\theta) = -\frac{1}{|y|}\sum_{t} \log \pi_\theta(y_t \mid x, y_{<t})",
    about=(
        "The model reads prompts with good answers and makes each token of the answers more likely. "
        "It learns the form of a dialogue here; most of what it says it knew from pretraining."
    ),
    charts=(("held_out_loss", "loss"), ("token_accuracy",), ("entropy",), ("grad_norm",), ("learning_rate",)),
    workload=_workload,
    presets={
        "Too few": {"examples": 200},
        "Usual": {"examples": 1000},
        "Thorough": {"examples": 4000},
        "Larger model": {"adapter": "lora", "learning_rate": 2e-4, "batch_size": 16, "rows_at_once": 4},
    },
)
def train_sft(run: Run, inputs: TrainInputs, config: SFTConfig) -> Checkpoint:
    """Raise the likelihood of the demonstrations, tokens of the answer only (arXiv:2203.02155, step 1)."""
    from trl import SFTConfig as TRLConfig
    from trl import SFTTrainer

    from playground.training.held_out import token_loss
    from playground.training.probes import prober
    from playground.training.split import split_examples
    from playground.training.tokens import example_tokens, usable
    from playground.training.trained_policy import saved, trainable
    from playground.training.trl_bridge import build_trainer, finish, fit
    from playground.training.trl_settings import trl_settings
    from playground.training.trl_teller import Watch

    run.emit(Phase("preparing the examples"))
    split = split_examples(_drawn(inputs.examples, config), config.held_out_share, config.seed)
    loaded = trainable(inputs.start, config)
    train = usable(run, example_tokens(loaded.tokenizer, split.train), loaded.model, config.max_length)
    held_out = usable(run, example_tokens(loaded.tokenizer, split.held_out), loaded.model, config.max_length)
    knows_chat = bool(loaded.tokenizer.chat_template)  # from the first step on
    watch = Watch(
        probe=prober(loaded, inputs, template_at=lambda step: "chat" if step and knows_chat else "auto"),
        held_out=(lambda step: {"held_out_loss": token_loss(loaded, held_out)}) if held_out else None,
        train_count=len(train),
        held_out_count=len(held_out),
    )
    steps = len(train) * config.epochs // config.batch_size
    own = {"max_length": None, "warmup_steps": min(20, steps // 10), "weight_decay": 0.01, "adam_beta2": 0.98}
    settings = trl_settings(TRLConfig, config, run, loaded, **own)
    rows = [_labelled(row) for row in train]
    trainer = build_trainer(SFTTrainer, run, loaded, rows, watch, model=loaded.model, args=settings)
    run.emit(Phase("training"))
    outcome = fit(trainer, run, watch, inputs.resume)
    run.emit(Phase("saving"))
    return finish(run, outcome, saved(run, loaded, "sft", config.seed, knows_chat))


def _drawn(examples: Sequence[Example], config: SFTConfig) -> list[Example]:
    """As many as the dial says, drawn by seed. Raises: NothingToLearn without examples."""
    if not examples:
        raise NothingToLearn("There are no examples to learn from.", hint="Pick a demonstration set or upload one.")
    order = random.Random(config.seed).sample(range(len(examples)), min(config.examples, len(examples)))
    return [examples[i] for i in order]


def _labelled(row: Json) -> Json:
    """TRL's form of a row: -100 where no loss is taken, which is on the prompt."""
    prompt, completion = row["prompt_ids"], row["completion_ids"]
    return {"input_ids": prompt + completion, "labels": [-100] * len(prompt) + completion}
