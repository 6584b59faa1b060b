"""What a host may say of how the pairs of a session are made; what they leave out is well chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.errors import PlaygroundError
from playground.preferences.completion_files import CompletionSet
from playground.types import Prompt
from playground.workbench.session_prompts import PromptSet

COMPLETIONS = (2, 3, 4)  # of each prompt
MOST_KNOWN = 200


@dataclass(frozen=True, slots=True)
class Recipe:
    """How they are made."""

    prompts: PromptSet = "pocket"
    own: Sequence[Prompt] = ()  # the host's, where prompts says so
    sets: Sequence[CompletionSet] | None = None  # completions that the host brings: then nothing is sampled
    k: int = 2  # completions sampled for each prompt, every one against every other
    known: int = 20  # pairs with a known answer; one in twelve that a person gets is one of them


DEFAULT = Recipe()


def check_recipe(recipe: Recipe) -> None:
    """Raises: PlaygroundError."""
    if recipe.k not in COMPLETIONS:
        hint = f"Choose {', '.join(map(str, COMPLETIONS))}."
        raise PlaygroundError(f"{recipe.k} completions are asked for of each prompt.", hint=hint)
    if not 0 <= recipe.known <= MOST_KNOWN:
        hint = f"Ask for 0 to {MOST_KNOWN}."
        raise PlaygroundError(f"{recipe.known} pairs with a known answer are asked for.", hint=hint)
