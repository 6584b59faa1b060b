"""The shapes both PPO implementations are measured on; needs only torch and transformers, as TRL 1.10 has them."""

from __future__ import annotations

import random

VOCABULARY, PROMPT_TOKENS, NEW_TOKENS, ROLLOUTS, EPOCHS = 4096, 16, 40, 32, 4
PAD, END = 0, 1
SIZES = {
    "6.3M": {"hidden_size": 256, "num_hidden_layers": 8, "intermediate_size": 512, "num_attention_heads": 4},
    "135M": {  # SmolLM2-135M with its own vocabulary
        "vocab_size": 49152,
        "hidden_size": 576,
        "num_hidden_layers": 30,
        "intermediate_size": 1536,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
    },
}


def config(size: str):
    """A Llama configuration of that size, tied embeddings."""
    from transformers import LlamaConfig

    return LlamaConfig(
        tie_word_embeddings=True,
        max_position_embeddings=256,
        pad_token_id=PAD,
        eos_token_id=END,
        bos_token_id=None,
        num_labels=1,
        **{"vocab_size": VOCABULARY, **SIZES[size]},
    )


def prompts(n: int) -> list[list[int]]:
    """n prompts of PROMPT_TOKENS random ids."""
    rng = random.Random(0)
    return [[rng.randrange(2, VOCABULARY) for _ in range(PROMPT_TOKENS)] for _ in range(n)]
