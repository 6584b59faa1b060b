"""The phenomena in the order of the card."""

from __future__ import annotations

from playground.phenomena.agreeing import AGREEING
from playground.phenomena.demonstrating import DEMONSTRATING
from playground.phenomena.hacks import HACKS
from playground.phenomena.phenomenon import Phenomenon
from playground.phenomena.preferences_alone import DPO
from playground.phenomena.refusing import REFUSING
from playground.phenomena.reward_hunting import PPO_HELD, PPO_LOOSE
from playground.phenomena.reward_models import REWARD_MODELS
from playground.phenomena.tax import TAX

PHENOMENA: tuple[Phenomenon, ...] = (
    DEMONSTRATING,
    REWARD_MODELS,
    DPO,
    PPO_HELD,
    PPO_LOOSE,
    HACKS,
    REFUSING,
    AGREEING,
    TAX,
)
