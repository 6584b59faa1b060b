"""How far it has gone from its reference, and on which prompts most."""

from __future__ import annotations

from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import MANNER, Ask, Plan
from playground.evaluation.prompt_sets import mixed
from playground.evaluation.report import Answer, Findings, mean_figure, share_figure
from playground.registry import question

_MAPPED = 12  # completions shown token by token: those that moved most
_FAR = 10.0  # nats a completion: under which the KL of a healthy run settles


def _asks(plan: Plan) -> list[Ask]:
    return [Ask(plan.checkpoint, mixed(plan), MANNER, seed=plan.seed)]


def _unfit(plan: Plan) -> str:
    if plan.reference is None:
        return "There is no checkpoint to compare it with."
    if plan.reference.card != plan.checkpoint.card:
        return "The two checkpoints have different tokens: how likely a text is cannot be compared."
    return ""


@question(
    "drift",
    title="How far has it gone?",
    order=50,
    about="It writes, and we ask how much likelier it finds its own words than the checkpoint beside it does. The mean "
    "over prompts is the KL divergence, estimated from samples. The completions that moved most are coloured token by "
    "token.",
    asks=_asks,
    scored=lambda plan: 2 * plan.size + _MAPPED,
    compares=True,
    unfit=_unfit,
)
def drift(examiner: Examiner, plan: Plan) -> Findings:
    """The KL with its error, and the prompts that moved most."""
    said = examiner.one_each(_asks(plan)[0])
    knows_chat = plan.checkpoint.knows_chat
    own = examiner.likelihoods(plan.checkpoint, said, knows_chat)
    other = examiner.likelihoods(plan.reference, said, knows_chat)
    ratios = [a.logps - b.logps for a, b in zip(own, other, strict=True)]
    per_token = [ratio / one.tokens for ratio, one in zip(ratios, own, strict=True) if one.tokens]
    kl = mean_figure("kl", "KL a completion", ratios, "nats", "0 is not at all; training aims to stay under 10.")
    figures = (
        kl,
        mean_figure("kl_token", "KL a token", per_token, "nats", "The same for each token of a completion."),
        share_figure(
            "far",
            "Completions that the other finds 1,000 times less likely",
            [ratio > 6.9 for ratio in ratios],
            "{count} of {n} completions ({percent}) would hardly have been written before.",
            "none",
        ),
    )
    moved = sorted(zip(said, ratios, own, strict=True), key=lambda row: -row[1])
    answers = [
        Answer(
            c.prompt.text,
            c.text,
            f"{ratio:+.1f} nats",
            note=f"{ratio / max(1, one.tokens):+.2f} nats a token",
            tokens=examiner.token_scores(plan.checkpoint, plan.reference, c) if place < _MAPPED and c.text else (),
        )
        for place, (c, ratio, one) in enumerate(moved)
    ]
    return Findings(_summary(plan, kl.value, kl.low, kl.high), figures, tuple(answers), _warnings(kl.value))


def _summary(plan: Plan, value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "Too few completions to tell."
    return (
        f"On average its completions are {value:.1f} nats ({low:.1f} to {high:.1f}) likelier to it than to "
        f"{plan.reference.name}."
    )


def _warnings(value: float | None) -> tuple[str, ...]:
    if value is None or value <= _FAR:
        return ()
    return (f"A KL of {value:.0f} nats is far: read the completions, what the reward cannot see may have suffered.",)
