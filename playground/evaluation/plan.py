"""What an evaluation is about: the checkpoint, what it is compared with, who judges, and what is asked."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.evaluation.choices import OwnChoices
from playground.preferences.record import Contested
from playground.types import Checkpoint, Prompt, Sampling, content_hash

POCKET = "pocket"  # the card whose truths and rewards are exact
MANNER = Sampling(temperature=1.0)  # how a checkpoint speaks of itself
CERTAIN = Sampling(temperature=0.0)  # what it holds likeliest: for knowledge and refusals
SIZES = {POCKET: 200}
LARGER = 40  # prompts for a model that takes minutes where the pocket model takes seconds


@dataclass(frozen=True, slots=True)
class ReadText:
    """One text of a training set."""

    text: str
    source: str  # the set's name, for a reader


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides an evaluation's result."""

    checkpoint: Checkpoint
    reference: Checkpoint | None = None
    reward: Checkpoint | None = None
    taught: tuple[str, ...] = ()  # prompts to be judged that the reward model was trained on: then it may not judge
    learned: frozenset[str] = frozenset()  # keys of all prompts that it was trained on
    persona: str = "polite"  # whose gold reward judges; empty where nobody's does: then people judged
    people: tuple[Contested, ...] = ()  # what people chose between the two
    sources: tuple[str, ...] = ()  # names of the sets that training read, as far as they are known: for leakage
    read: tuple[ReadText, ...] = ()  # their texts; looked up only when it is asked
    own: OwnChoices | None = None  # multiple-choice questions that the visitor brought
    seed: int = 0

    @property
    def in_pocket(self) -> bool:
        """Whether the checkpoint lives in the pocket world, where truth is exact."""
        return self.checkpoint.card == POCKET

    @property
    def exact(self) -> bool:
        """Whether what the annotator really wants is known."""
        return self.in_pocket and bool(self.persona)

    @property
    def size(self) -> int:
        """How many prompts a set has at most."""
        return SIZES.get(self.checkpoint.card, LARGER)

    @property
    def judging(self) -> Checkpoint | None:
        """The reward model, if it may judge."""
        return None if self.taught else self.reward

    @property
    def refusal(self) -> str:
        """Why the reward model may not judge, with the overlap named; empty where it may."""
        if self.reward is None or not self.taught:
            return ""
        named = "; ".join(f"“{text}”" for text in self.taught[:3]) + (", …" if len(self.taught) > 3 else "")
        return (
            f"{self.reward.name} does not judge: it was trained on {len(self.taught)} of these prompts ({named}). "
            "Train one on other prompts."
        )

    @property
    def judges(self) -> str:
        """Who judges, in words."""
        reward = self.judging
        named = [
            f"persona {self.persona}" if self.exact else "",
            f"{reward.name} ({reward.fingerprint})" if reward else "",
        ]
        return ", ".join(filter(None, named))

    @property
    def judges_key(self) -> str:
        """Names the judges, whatever the reward model is called now."""
        return f"{self.persona if self.in_pocket else ''}-{self.judging.fingerprint if self.judging else ''}"

    def of_reference(self) -> Plan:
        """The same about the checkpoint it is compared with."""
        assert self.reference is not None
        return replace(self, checkpoint=self.reference, reference=None, sources=(), read=())  # those came later


@dataclass(frozen=True, slots=True)
class Ask:
    """Prompts put to one checkpoint: what decides its completions."""

    checkpoint: Checkpoint
    prompts: tuple[Prompt, ...]
    sampling: Sampling = CERTAIN
    n: int = 1
    seed: int = 0

    @property
    def rows(self) -> int:
        """How many completions it takes."""
        return len(self.prompts) * self.n

    @property
    def in_pocket(self) -> bool:
        """Whether the pocket model answers."""
        return self.checkpoint.card == POCKET

    @property
    def key(self) -> str:
        """Names what was asked, whoever answers."""
        s = self.sampling
        how = [s.temperature, s.top_p, s.max_new_tokens, s.template, self.n, self.seed, self.checkpoint.knows_chat]
        return content_hash([[p.key for p in self.prompts], how])[:16]

    def part(self, begin: int, end: int) -> Ask:
        """Some of the prompts. Each part draws its own random numbers, and so does each checkpoint: completions of two
        checkpoints that shared them would be alike more often than by chance."""
        seed = zlib.crc32(f"{self.seed} {self.checkpoint.fingerprint} {begin}".encode())
        return replace(self, prompts=self.prompts[begin:end], sampling=replace(self.sampling, seed=seed))


@dataclass(frozen=True, slots=True)
class Question:
    """One file of playground/evaluation/questions, or of audits."""

    name: str
    title: str
    order: int
    about: str  # one or two sentences: what is asked, and how to read the answer
    answer: Callable[[Any, Plan], Any]  # (Examiner, Plan) -> Findings
    asks: Callable[[Plan], Sequence[Ask]]  # the completions it reads
    scored: Callable[[Plan], int] = lambda plan: 0  # texts whose probability or reward it asks for
    reads: Callable[[Plan], int] = lambda plan: 0  # texts that it looks through without a model
    shows: Callable[[Plan], Sequence[str]] = lambda plan: ()  # texts of the exam that `asks` does not name
    compares: bool = False  # it looks at checkpoint and reference together
    judged: bool = False  # its figures are as its judges see it
    on_request: bool = False  # takes long or serves a single purpose: not ticked from the start
    unfit: Callable[[Plan], str] = lambda plan: ""  # why it cannot be asked here; empty where it can
