"""Words as data: every number a run may log, and every word of the field that the page has to explain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """One number over time."""

    name: str
    title: str
    unit: str
    good: Literal["up", "down", "steady", "none"]
    healthy: str
    sick: str


_ALL = (
    Metric("loss", "Loss", "nats", "down", "Falls fast, then slowly.", "Rises, jumps, or becomes not a number."),
    Metric(
        "held_out_loss",
        "Loss on held-out rows",
        "nats",
        "down",
        "Falls with the training loss.",
        "Rises while the training loss falls: the rows are being memorised.",
    ),
    Metric("token_accuracy", "Next-token accuracy", "share", "up", "Climbs and levels off.", "Stays flat."),
    Metric(
        "accuracy",
        "Accuracy on the training pairs of this step",
        "share",
        "up",
        "Climbs from 0.5.",
        "1.0 within a few steps: the pairs are too easy or leak the answer.",
    ),
    Metric(
        "held_out_accuracy",
        "Accuracy on held-out pairs",
        "share",
        "up",
        "Climbs, a little under the training accuracy.",
        "Stays at 0.5 while the training accuracy climbs.",
    ),
    Metric("margin", "Margin, chosen minus rejected", "reward", "up", "Widens slowly.", "Grows without end."),
    Metric("held_out_margin", "Held-out margin", "reward", "up", "Widens more slowly than in training.", "Shrinks."),
    Metric("chosen_reward", "Reward of chosen", "reward", "up", "Rises or holds.", "Falls with that of rejected."),
    Metric("rejected_reward", "Reward of rejected", "reward", "down", "Falls.", "Rises with that of chosen."),
    Metric(
        "chosen_logps",
        "Log-probability of chosen",
        "nats",
        "steady",
        "Holds or rises.",
        "Falls with that of rejected: both become unlikely, and something unseen takes their place.",
    ),
    Metric("rejected_logps", "Log-probability of rejected", "nats", "down", "Falls.", "Falls by hundreds of nats."),
    Metric(
        "proxy_reward",
        "Reward by the reward model",
        "std",
        "up",
        "Rises and levels off.",
        "Rises while the texts get worse: the reward model is being exploited.",
    ),
    Metric(
        "gold_reward",
        "Gold reward, what the persona really wants",
        "reward",
        "up",
        "Rises with the proxy.",
        "Falls while the proxy rises: over-optimisation.",
    ),
    Metric(
        "kl",
        "KL from the reference (k1)",
        "nats",
        "steady",
        "Grows, then settles under about 10.",
        "Grows without end, or turns negative: sampling and scoring disagree.",
    ),
    Metric("k3", "KL from the reference (k3)", "nats", "steady", "Tracks k1, less noisy.", "Far from k1."),
    Metric("kl_coef", "KL coefficient", "per nat", "none", "Constant, or adapts slowly.", "Runs to an extreme."),
    Metric(
        "entropy",
        "Entropy of the next token",
        "nats",
        "steady",
        "Falls slowly.",
        "Falls to almost 0: one answer for everything.",
    ),
    Metric("length", "Completion length", "tokens", "none", "Moves a little.", "Runs to the limit: length pays."),
    Metric("stop_rate", "Completions that end by themselves", "share", "up", "Near 1.", "Falls: no end of text."),
    Metric(
        "clip_fraction",
        "Updates that were clipped",
        "share",
        "none",
        "Between 0.02 and 0.3.",
        "Near 0: learning rate too low. Above 0.4: too high.",
    ),
    Metric("value_loss", "Value loss", "reward²", "down", "Falls as the value head learns.", "Grows."),
    Metric(
        "explained_variance",
        "Explained variance of the value head",
        "share",
        "up",
        "Climbs towards 1.",
        "Negative: the value head is worse than a constant.",
    ),
    Metric("update_kl", "KL of one update", "nats", "steady", "Small, under 0.05.", "Jumps: the step is too large."),
    Metric("policy_loss", "Policy loss", "", "none", "Hovers about 0.", "Large swings."),
    Metric("missing_end_penalty", "Penalty for missing ends", "reward", "none", "Near 0.", "Grows: no end of text."),
    Metric("ptx_loss", "Loss on demonstrations (ptx)", "nats", "down", "Holds.", "Rises: skills are being forgotten."),
    Metric("learning_rate", "Learning rate", "", "none", "Follows its schedule.", "-"),
    Metric("grad_norm", "Gradient norm", "", "steady", "Stays in one range.", "Spikes."),
)

METRICS: dict[str, Metric] = {m.name: m for m in _ALL}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the field, explained to somebody who meets it for the first time."""

    name: str
    means: str  # one short sentence
    forms: str = ""  # a pattern of its other forms, where adding an s is not all

    def stands_in(self, text: str) -> bool:
        """Whether the text uses it, as a word of its own."""
        return (
            re.search(rf"(?<!\w)({re.escape(self.name)}s?{'|' + self.forms if self.forms else ''})(?!\w)", text, re.I)
            is not None
        )


GLOSSARY = (
    Word("token", "A piece of text, a word or a part of one; a model reads and writes token by token."),
    Word("prompt", "The text that a model is given."),
    Word("completion", "The text that a model gives back to a prompt; ▯ stands for what cannot be shown."),
    Word("base model", "A model that was only pretrained: it continues documents and does not yet answer."),
    Word("checkpoint", "A model's weights as one training run left them."),
    Word("fingerprint", "The first digits of a hash of the weights: equal fingerprints mean equal models."),
    Word("template", "The frame of turns that a chat model was trained on and expects around a prompt."),
    Word("SFT", "Supervised fine-tuning: the model imitates prompts with good answers.", "supervised fine-tuning"),
    Word("LoRA", "Training a small addition beside frozen weights instead of all weights."),
    Word("epoch", "One pass over all the rows to learn from."),
    Word("loss", "The number that training makes smaller: how far the model is from what it should do.", "losses"),
    Word("gradient norm", "How strongly one step wants to change the weights."),
    Word("held-out", "Kept away from training, so that one can test on it."),
    Word("logit", "The number a model gives to each possible next token before it becomes a probability."),
    Word(
        "log-probability",
        "The logarithm of a probability: 0 is certain, more negative is less likely.",
        "log-prob(abilitie)?s?",
    ),
    Word("nats", "The unit of log-probabilities: one nat more means 2.7 times as likely.", "nat"),
    Word(
        "log-ratio", "The logarithm of how many times likelier one model finds a text than another; 0: equally likely."
    ),
    Word("entropy", "How undecided a model is about the next token; near 0 it always writes the same.", "entropies"),
    Word("annotator", "Whoever judges completions: a person, or a simulation that is always marked as one."),
    Word("persona", "A simulated annotator with a fixed taste, so that what it wants is known exactly."),
    Word("preference", "A stored judgement: of two completions to one prompt, which one was preferred."),
    Word("chosen", "The preferred completion of a pair; the other one is called rejected.", "rejected"),
    Word("reward model", "A network that predicts how much an annotator would like a completion, as one number."),
    Word("proxy reward", "The reward model's score: it stands in for what people want, and can be fooled.", "proxy"),
    Word("gold reward", "What the persona really wants, computed exactly; training never sees it.", "gold"),
    Word("std", "Standard deviation: 1 std is how far scores of the untrained policy usually lie from their mean."),
    Word("margin", "How much higher the chosen completion scores than the rejected one."),
    Word("sigmoid", "A curve from any number to a probability: 0 becomes 50 %, 3 becomes 95 %."),
    Word("calibration", "Whether a model that says 80 % is right in 80 % of the cases."),
    Word(
        "DPO",
        "Direct preference optimisation: pairs change the policy directly, without a reward model.",
        "direct preference optimisation",
    ),
    Word(
        "PPO",
        "Proximal policy optimisation: the policy writes, is scored, and takes small steps to better scores.",
        "proximal policy optimisation",
    ),
    Word("policy", "The language model that is being trained: what it does is write completions.", "policies"),
    Word("reference", "The frozen model that a policy started from and is compared with."),
    Word(
        "implicit reward", "Beta times a completion's log-ratio: the reward that DPO gives it without a reward model."
    ),
    Word("beta", "How tightly DPO holds the policy to its reference."),
    Word("KL", "Kullback-Leibler divergence: how far the policy's texts are from the reference's; 0 is not at all."),
    Word("k1", "The simplest estimate of the KL: the mean log-ratio; by chance it can dip below 0."),
    Word("k3", "A second estimate of the KL, which can never be below 0."),
    Word("rollout", "A completion that the policy writes during training in order to learn from its score."),
    Word(
        "value head", "A small extra output that guesses the reward still to come; PPO needs it to judge single tokens."
    ),
    Word("clip", "To cut a step off where it would change the policy too much at once.", "clipped|clipping|clips"),
    Word("ptx", "Mixing plain imitation of good answers into PPO, so that skills are not forgotten."),
    Word(
        "win rate", "How often one model's completion is preferred to another's on the same prompts; ties count half."
    ),
    Word("interval", "The range that holds the true figure in 95 of 100 such measurements; more prompts narrow it."),
    Word("closed book", "Asked without anything to look it up in: what the model knows by itself."),
    Word(
        "MC1",
        "Multiple choice, one point where the likeliest option is true; MC2 is the true options' share of probability.",
        "MC2",
    ),
    Word("distinct-n", "The share of different ones among all runs of n words: low where a model repeats itself."),
    Word("perplexity", "Of how many tokens a model wavers at each step of a text; lower is more at home in it."),
    Word("mode collapse", "A model gives one answer to everything, because that answer was rewarded.", "collapsed"),
    Word("alignment tax", "What a model forgets while it learns to please."),
    Word(
        "over-optimisation",
        "Training so hard against a reward model that it goes on rising while what people want falls.",
        "over-optimised",
    ),
    Word("frontier", "For each distance from the reference, the most reward that any run has bought with it."),
)


def words_in(text: str) -> list[Word]:
    """The glossary's words that a text uses, in the glossary's order."""
    return [word for word in GLOSSARY if word.stands_in(text)]


LEFT_OUT = {  # why a judgment is no training row, as a page says it after a number
    "gold": "with a known answer",
    "revote": "of the vote after training",
    "ejected": "of people you took out",
    "repeat": "shown a second time",
    "tie": "equally good",
    "both_bad": "both bad",
    "skip": "skipped",
    "undone": "taken back",
    "withdrawn": "of people who withdrew",
    "prompt withdrawn": "on prompts of people who have gone",
}
