"""What the models of a session are asked, for its pairs and later for the second vote."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

from playground.errors import PlaygroundError
from playground.evaluation.prompt_sets import everyday, shipped_requests
from playground.preferences.completion_files import LONGEST
from playground.types import Prompt
from playground.workbench.pairs import Ask, pocket_prompts

PromptSet = Literal["pocket", "everyday", "requests", "own"]
ONE_IN = 5  # prompts of a list is kept for the second vote
FEWEST = 10  # of a list of which some are kept
MOST = 1000  # prompts of one's own


@dataclass(frozen=True, slots=True)
class Asked:
    """The prompts of a session."""

    ask: Ask
    distinct: int | None  # prompts that there are; None: as many as are wanted
    later: tuple[Prompt, ...] = ()  # asked in the second vote; none: what nobody has judged of the pocket world's


def asked(name: PromptSet, own: Sequence[Prompt] = (), seed: int = 0) -> Asked:
    """The prompts of that set; own: the host's, where it is their own. Raises: PlaygroundError."""
    if name == "pocket":
        return Asked(pocket_prompts, None)
    listed = list(shipped(name) or _checked(own))
    random.Random(seed).shuffle(listed)
    kept = len(listed) // ONE_IN if len(listed) >= FEWEST else 0
    now, later = listed[kept:], listed[:kept]
    return Asked(by_turns(now), len(now), tuple(later or now))


def shipped(name: PromptSet) -> tuple[Prompt, ...]:
    """The prompts of a list that comes with the playground; none for the other sets."""
    return {"everyday": everyday, "requests": lambda: shipped_requests("harmful", "innocent")}.get(name, tuple)()


def by_turns(prompts: Sequence[Prompt]) -> Ask:
    """Asks the prompts of a list in order, and from the beginning again after the last."""
    turns = cycle(prompts)
    return lambda n, seed: list(islice(turns, n))


def _checked(own: Sequence[Prompt]) -> Sequence[Prompt]:
    if not own:
        hint = "Write one a line, or choose a file."
        raise PlaygroundError("There is no prompt of your own yet.", hint=hint)
    if len(own) > MOST:
        raise PlaygroundError(f"{len(own)} prompts are given; at most {MOST} are asked.", hint="Remove some.")
    for number, prompt in enumerate(own, start=1):
        _check(number, prompt.spoken)
    return own


def _check(number: int, text: str) -> None:
    if len(text) > LONGEST:
        said = f"Prompt {number} has {len(text)} characters; at most {LONGEST} are shown on a phone."
        raise PlaygroundError(said, hint="Shorten it, or remove it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        said = f"Prompt {number} holds half a character (a lone surrogate)."
        raise PlaygroundError(said, hint="Type it anew, or save the file as UTF-8.") from error
