"""TRL 1.10's PPOTrainer on the shared shapes; run by the Python of a virtual environment that has it.

Prints one JSON line: CPU-seconds of each iteration and the peak memory in MiB.
    python trl_ppo.py SIZE float32|bfloat16 ITERATIONS [ROLLOUTS]
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models
from transformers import LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast, TrainerCallback

sys.path.insert(0, str(Path(__file__).parent))
import shapes
from trl.experimental.ppo import PPOConfig, PPOTrainer


class Stopwatch(TrainerCallback):
    """CPU-seconds between the ends of iterations."""

    def __init__(self):
        self.marks = [time.process_time()]

    def on_step_end(self, args, state, control, **kwargs):
        self.marks.append(time.process_time())


def main(size: str, dtype: str, iterations: int, rollouts: int = shapes.ROLLOUTS) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    vocabulary = {"<pad>": 0, "<end>": 1, **{f"t{i}": i for i in range(2, shapes.VOCABULARY)}}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(vocabulary, unk_token="t2")),
        pad_token="<pad>",
        eos_token="<end>",
        padding_side="left",
    )
    settings = PPOConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=rollouts,
        gradient_accumulation_steps=1,
        num_mini_batches=1,
        num_ppo_epochs=shapes.EPOCHS,
        total_episodes=rollouts * iterations,
        local_rollout_forward_batch_size=rollouts,
        response_length=shapes.NEW_TOKENS,
        num_sample_generations=0,
        missing_eos_penalty=1.0,
        stop_token="eos",
        temperature=1.0,
        use_cpu=True,
        bf16=dtype == "bfloat16",
        gradient_checkpointing=False,
        report_to="none",
        save_strategy="no",
        seed=0,
    )
    rows = Dataset.from_dict({"input_ids": shapes.prompts(max(64, rollouts * iterations))})
    watch = Stopwatch()
    trainer = PPOTrainer(
        args=settings,
        processing_class=tokenizer,
        model=LlamaForCausalLM(shapes.config(size)),
        ref_model=LlamaForCausalLM(shapes.config(size)),
        reward_model=LlamaForSequenceClassification(shapes.config(size)),
        value_model=LlamaForSequenceClassification(shapes.config(size)),
        train_dataset=rows,
        eval_dataset=rows.select(range(32)),
        callbacks=[watch],
    )
    watch.marks = [time.process_time()]
    trainer.train()
    seconds = [b - a for a, b in zip(watch.marks, watch.marks[1:], strict=False)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": seconds, "peak_mib": peak}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
