"""Training steps through the app against a bare TRL script: the same rows, settings and order, one thread.

Prints one JSON line with the CPU-seconds inside the trainer's loop and its steps. The app's part does all that it does
for its page (events, probes, held-out figures, the check for a loss that is not finite); the bare script only trains.
Its reward model is TRL's own, which reads the whole network; the app's reads it half-way up. The app puts rows of like
length together and computes logits only where the loss needs them, which is why it can be the faster one.

    python -m tests.benchmarks.trl_steps app|bare sft|dpo|reward_model ROWS
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import transformers

from playground.models.catalogue import find_checkpoint
from playground.pocket import demonstrations
from playground.types import Example, Preference

START = {"sft": "pocket-base", "dpo": "pocket-sft", "reward_model": "pocket-sft"}
SETTINGS = {"epochs": 2, "batch_size": 16, "learning_rate": 1e-4, "held_out_share": 0.0, "seed": 0}


def rows_for(kind: str, n: int) -> list[Any]:
    """n demonstrations, or n pairs of which the rejected completion answers something else."""
    examples: list[Example] = demonstrations(n + 1, 0)
    if kind == "sft":
        return examples[:n]
    turned = itertools.pairwise(examples)
    return [Preference(one.prompt, one.completion, other.completion) for one, other in turned]


def app(kind: str, rows: list[Any]) -> None:
    """A run as the app's training process makes it."""
    from playground.phenomena.lab import Lab

    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder), seed=0)
        lab.train(kind, rows, SETTINGS, start=find_checkpoint(START[kind]))


def bare(kind: str, rows: list[Any]) -> None:
    """A script of one screen, as TRL's own documentation writes it."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
    from trl import DPOConfig, DPOTrainer, RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

    from playground.models.devices import autocast_dtype

    classes = {
        "sft": (SFTTrainer, SFTConfig),
        "dpo": (DPOTrainer, DPOConfig),
        "reward_model": (RewardTrainer, RewardConfig),
    }
    trainer, config = classes[kind]
    folder = find_checkpoint(START[kind]).path
    tokenizer = AutoTokenizer.from_pretrained(find_checkpoint("pocket-sft").path)
    if kind == "reward_model":
        model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1)
        model.config.pad_token_id = tokenizer.pad_token_id
    else:
        model = AutoModelForCausalLM.from_pretrained(folder)
    with tempfile.TemporaryDirectory() as out:
        settings = config(
            output_dir=out,
            num_train_epochs=SETTINGS["epochs"],
            per_device_train_batch_size=SETTINGS["batch_size"],
            learning_rate=SETTINGS["learning_rate"],
            lr_scheduler_type="linear",
            max_length=None,
            logging_steps=1,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
            bf16=autocast_dtype() is torch.bfloat16,  # as the app chooses on this machine
            activation_checkpointing=False,
            remove_unused_columns=False,
        )
        data = Dataset.from_list([_row(kind, tokenizer, row) for row in rows])
        trainer(model=model, args=settings, train_dataset=data, processing_class=tokenizer).train()


def _row(kind: str, tokenizer: Any, row: Any) -> dict[str, list]:
    """In the form that this trainer takes; DPOTrainer reads conversations only, and makes the tokens itself."""
    from playground.training.tokens import example_tokens, preference_tokens

    if kind == "sft":
        ids = example_tokens(tokenizer, [row])[0]
        prompt, completion = ids["prompt_ids"], ids["completion_ids"]
        return {"input_ids": prompt + completion, "labels": [-100] * len(prompt) + completion}
    if kind == "dpo":
        question = [{"role": "user", "content": row.prompt.text}]
        answers = {name: getattr(row, name) for name in ("chosen", "rejected")}
        return {"prompt": question} | {n: [{"role": "assistant", "content": text}] for n, text in answers.items()}
    ids = preference_tokens(tokenizer, [row])[0]
    return {name: ids["prompt_ids"] + ids[name] for name in ("chosen_ids", "rejected_ids")}


def main(who: str, kind: str, n: int) -> None:
    """Train with a stopwatch around every trainer's loop."""
    torch.set_num_threads(1)
    spent: list[tuple[float, int]] = []
    train = transformers.Trainer.train

    def timed(self: Any, *given: Any, **named: Any) -> Any:
        began = time.process_time()
        result = train(self, *given, **named)
        spent.append((time.process_time() - began, self.state.global_step))
        return result

    transformers.Trainer.train = timed
    {"app": app, "bare": bare}[who](kind, rows_for(kind, n))
    seconds, steps = spent[-1]
    print(json.dumps({"cpu_s": seconds, "steps": steps}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
