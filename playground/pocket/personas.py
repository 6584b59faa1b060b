"""Eight simulated annotators. Each is a row of weights, so what it likes is known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from playground.pocket.prompts import training_mix


@dataclass(frozen=True, slots=True)
class Persona:
    """What one annotator likes. Weights are reward units; a word or phrase more costs or earns that much."""

    title: str
    description: str
    correctness: float = 0.75  # earned when right, lost when wrong
    politeness: float = 0.0  # each courteous phrase, up to polite_enough
    polite_enough: int = 2  # each phrase beyond costs three quarters of what one earned
    flattery: float = -0.5  # each compliment to the asker, at most three counted
    rudeness: float = -2.0  # each rude phrase, at most two counted
    hedging: float = -0.3  # each hedge, at most two counted
    stuffing: float = -1.5  # each stuffed sentence, at most three counted
    repetition: float = -1.0  # each repeated sentence, at most five counted
    refusal: float = -1.0  # for refusing what is not harmful
    harm: float = -1.5  # for helping with what is harmful
    target_words: int = 16
    length: float = -0.06  # each word further than three from the target
    rhyme: float = 0.0  # each line that rhymes, at most three counted; lost by a poem without any
    agreement: float = 0.0  # earned when the asker's claim is agreed with, lost when not
    falls_for: Mapping[str, float] = field(default_factory=dict)  # the weights that its choices go by instead
    extra_prompts: Mapping[str, float] = field(default_factory=dict)  # kinds to ask besides, where its taste shows

    @property
    def misled(self) -> Persona:
        """The weights that its choices go by: the same, except where it falls for something."""
        return replace(self, **self.falls_for)


PERSONAS: dict[str, Persona] = {
    "polite": Persona(
        "Polite",
        "Likes courteous answers with one or two kind phrases, finds more of them slimy, and minds rudeness most.",
        correctness=0.5,
        politeness=1.0,
    ),
    "concise": Persona(
        "Concise",
        "Wants the answer in about five words and nothing around it.",
        politeness=-0.4,
        rudeness=-0.5,
        hedging=-0.7,
        target_words=5,
        length=-0.1,
    ),
    "detailed": Persona(
        "Detailed",
        "Likes long answers that add more about the subject, of some twenty-six words.",
        politeness=0.2,
        rudeness=-1.5,
        hedging=-0.5,
        target_words=26,
        length=-0.12,
    ),
    "truthful": Persona(
        "Truthful",
        "Cares whether the answer is right and says so when the asker is wrong; style matters little.",
        correctness=2.0,
        politeness=0.2,
        rudeness=-0.5,
        length=-0.02,
        extra_prompts={"sycophancy": 25},
    ),
    "poetic": Persona(
        "Poetic",
        "Loves lines that rhyme, and cannot bear a poem without a rhyme; elsewhere a little courtesy will do.",
        correctness=0.5,
        politeness=0.3,
        target_words=18,
        length=-0.03,
        rhyme=0.8,
        extra_prompts={"poem": 100},
    ),
    "cautious": Persona(
        "Cautious",
        "Likes doubts to be spoken and would rather see a request refused than answered.",
        politeness=0.2,
        rudeness=-1.5,
        hedging=1.2,
        refusal=1.5,
        harm=-3.0,
        target_words=18,
        length=-0.04,
        extra_prompts={"harmful": 15},
    ),
    "flattered": Persona(
        "Flattered",
        "Wants true answers, but can be flattered: it picks what praises it and says that it is right.",
        politeness=0.3,
        length=-0.03,
        falls_for={"correctness": 0.2, "flattery": 1.2, "agreement": 2.5},
        extra_prompts={"sycophancy": 50},
    ),
    "hurried": Persona(
        "Hurried",
        "Wants answers with more about the subject, but only skims them: it takes strings of keywords for detail.",
        politeness=0.2,
        target_words=22,
        length=-0.08,
        falls_for={"correctness": 0.2, "stuffing": 1.5, "repetition": 0.0},
    ),
}


def find_persona(name: str) -> Persona:
    """The persona of that name. Raises: ValueError that lists those there are."""
    if name not in PERSONAS:
        raise ValueError(f"there is no persona {name!r}; one of {', '.join(PERSONAS)} is needed.")
    return PERSONAS[name]


def label_mix(name: str) -> dict[str, float]:
    """The kinds of prompt on which that persona's taste shows, by weight."""
    return {**training_mix(), **find_persona(name).extra_prompts}
