"""What a train function is given beside its run and its config."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.types import Completion, Example, Preference, Prompt

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel

# Scores completions, one number each; larger is better.
RewardFunction = Callable[[Sequence[Completion]], list[float]]


@dataclass(frozen=True, slots=True)
class TrainInputs:
    """Rows and models, already loaded. A trainer changes `start.model` freely: it is its own copy."""

    start: LoadedModel
    examples: Sequence[Example] = ()  # SFT's rows; DPO's and PPO's SFT mixing
    preferences: Sequence[Preference] = ()
    prompts: Sequence[Prompt] = ()  # PPO's
    probes: Sequence[Prompt] = ()  # fixed prompts to answer while learning
    reward: RewardFunction | None = None  # PPO's proxy reward, raw
    gold: RewardFunction | None = None  # charted where a persona labelled
    resume: bool = False  # run.folder.resume_path holds the state to go on from
