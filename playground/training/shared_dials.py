"""Dials that several algorithms have: one label, one range and one wording each; what differs is handed in."""

from __future__ import annotations

from typing import Any

from playground.registry import dial


def epochs(default: int, row: str, what_more_does: str) -> Any:
    return dial(default, "Epochs", f"How often each {row} is seen. {what_more_does}", minimum=1, maximum=20)


def learning_rate(default: float, what_it_does: str) -> Any:
    return dial(default, "Learning rate", f"Size of each step{what_it_does}", minimum=1e-7, maximum=1e-2)


def batch_size(rows: str, default: int = 16) -> Any:
    text = f"{rows} behind one step. Larger steps are steadier and fewer."
    return dial(default, "Batch size", text, minimum=1, maximum=256)


def rows_at_once(rows: str) -> Any:
    return dial(
        0,
        "Rows at once",
        f"{rows} on the device at one time; 0: the whole batch. Lower it when memory runs out; the result is the same.",
        minimum=0,
        maximum=256,
    )


def adapter() -> Any:
    return dial(
        "full",
        "Weights to train",
        "full changes every weight. lora adds a small adapter beside frozen weights: less memory, for larger models.",
        choices=("full", "lora"),
    )


def lora_rank() -> Any:
    text = "Width of the adapter. More rank can learn more and takes more memory."
    return dial(16, "LoRA rank", text, minimum=1, maximum=256)


def held_out_share(default: float, rows: str) -> Any:
    text = f"Share of the {rows} kept for testing. More makes the test surer and leaves less to learn from."
    return dial(default, "Held-out share", text, minimum=0.0, maximum=0.5)


def max_length() -> Any:
    text = "Tokens of prompt and answer together; longer rows are left out."
    return dial(512, "Longest row", text, minimum=16, maximum=8192)


def seed() -> Any:
    text = "Fixes every random choice: the same seed gives the same weights."
    return dial(0, "Seed", text, minimum=0, maximum=2**31 - 1, step=1)
