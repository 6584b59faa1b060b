"""Where the shipped weights lie."""

from __future__ import annotations

from pathlib import Path

from playground.pocket.world import FOLDER


def base_folder() -> Path:
    """The base model: it continues documents and has never seen the chat template.

    Give it raw text as `tokenizer.bos_token + text` (every pretraining document began with <|endoftext|>). The
    tokenizer adds nothing by itself: tokenizer(text) holds the text's own tokens only. <|endoftext|> ends a document.
    """
    return FOLDER / "base"


def sft_folder() -> Path:
    """The base model after supervised fine-tuning: it answers chat turns, `<|user|>…<|end|><|assistant|>…<|end|>`.

    tokenizer.apply_chat_template makes them; no <|endoftext|> stands before a chat.
    """
    return FOLDER / "sft"
