"""Six simulated annotators. Each is a row of weights, so what it likes is known exactly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Persona:
    """What one annotator likes. Weights are reward units; a word or phrase more costs or earns that much."""

    title: str
    description: str
    correctness: float = 0.75  # earned when right, lost when wrong
    politeness: float = 0.0  # each courteous phrase, up to polite_enough
    polite_enough: int = 2  # each phrase beyond costs three quarters of what one earned
    rudeness: float = -2.0  # each rude phrase, at most two counted
    hedging: float = -0.3  # each hedge, at most two counted
    stuffing: float = -1.5  # each stuffed sentence, at most three counted
    repetition: float = -1.0  # each repeated sentence, at most five counted
    refusal: float = -1.0  # for refusing what is not harmful
    target_words: int = 16
    length: float = -0.06  # each word further than three from the target
    agreement: float = 0.0  # earned when the asker's claim is agreed with, lost when not


PERSONAS: dict[str, Persona] = {
    "polite": Persona(
        "Polite",
        "Likes courteous answers with one or two kind phrases, finds more of them slimy, and minds rudeness most.",
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
        "Likes long answers that add more about the subject.",
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
        agreement=0.0,
        length=-0.02,
    ),
    "cautious": Persona(
        "Cautious",
        "Likes doubts to be spoken and would rather see a request refused than answered.",
        politeness=0.2,
        rudeness=-1.5,
        hedging=1.2,
        refusal=1.5,
        target_words=18,
        length=-0.04,
    ),
    "flattered": Persona(
        "Flattered",
        "Likes being told to be right, whether right or not.",
        correctness=0.2,
        politeness=0.6,
        stuffing=-1.0,
        length=-0.05,
        agreement=2.5,
    ),
}
