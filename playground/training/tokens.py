"""Rows as token lists, made once: TRL's trainers get them finished, so every method sees the same tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.errors import NothingToLearn
from playground.events import Warned
from playground.runs.run import Run
from playground.types import Example, Json, Preference


def example_tokens(tokenizer: Any, examples: Sequence[Example]) -> list[Json]:
    """One {"prompt_ids", "completion_ids"} a demonstration, in the chat template if there is one, with its end."""
    from playground.models.chat import encode_completion, encode_prompt

    return [
        {
            "prompt_ids": encode_prompt(tokenizer, row.prompt),
            "completion_ids": encode_completion(tokenizer, row.completion, True),
        }
        for row in examples
    ]


def preference_tokens(tokenizer: Any, preferences: Sequence[Preference], knows_chat: bool = True) -> list[Json]:
    """One {"prompt_ids", "chosen_ids", "rejected_ids"} a preference, with end tokens.

    knows_chat: as for sampling, so that a policy sees its prompts in the form in which it answered them.
    """
    from playground.models.chat import encode_completion, encode_prompt

    return [
        {
            "prompt_ids": encode_prompt(tokenizer, row.prompt, "auto", knows_chat),
            "chosen_ids": encode_completion(tokenizer, row.chosen, True),
            "rejected_ids": encode_completion(tokenizer, row.rejected, True),
        }
        for row in preferences
    ]


def usable(run: Run, rows: list[Json], model: Any, max_length: int) -> list[Json]:
    """The rows that fit in max_length and in what the model reads; the run says how many do not.

    Raises: NothingToLearn when there were rows and none fits.
    """
    from playground.models.loader import context_length

    limit = min(max_length, context_length(model))
    kept = [row for row in rows if row_length(row) <= limit]
    say_dropped(run, len(rows), len(kept), f"longer than {limit} tokens")
    return kept


def say_dropped(run: Run, given: int, kept: int, why: str) -> None:
    """A Warned event when rows are left out. Raises: NothingToLearn when none is left of some."""
    if kept == 0 < given:
        raise NothingToLearn(f"None of the {given} rows can be used: {why}.", hint="Use shorter texts or other rows.")
    if kept < given:
        run.emit(Warned(0, "rows_dropped", f"{given - kept} of {given} rows are not used: {why}."))


def row_length(row: Json) -> int:
    """Tokens of a row's prompt, if it stands apart, and of the longest text beside it: what a batch is padded to."""
    return len(row.get("prompt_ids", ())) + max(len(ids) for name, ids in row.items() if name != "prompt_ids")
