"""What a host may say of how the pairs of a session are made; what they leave out is well chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.types import Prompt
from playground.workbench.session_prompts import PromptSet


@dataclass(frozen=True, slots=True)
class Recipe:
    """How they are made."""

    prompts: PromptSet = "pocket"
    own: Sequence[Prompt] = ()  # the host's, where prompts says so


DEFAULT = Recipe()
