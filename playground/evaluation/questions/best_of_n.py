"""What would picking the best of n get? The reward model chooses among the checkpoint's own completions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import MANNER, Ask, Plan
from playground.evaluation.prompt_sets import mixed
from playground.evaluation.report import Answer, Figure, Findings, mean_figure
from playground.registry import question
from playground.rewards.gold import gold_function
from playground.types import Completion

DRAWN = 16  # completions for each prompt
PICKS = (1, 2, 4, 8, 16)
_PROMPTS = 64


def kl_bound(n: int) -> float:
    """No more than so many nats lie between the best of n and a single draw (arXiv:2401.01879 shows it is a bound)."""
    return math.log(n) - (n - 1) / n


def best_of(n: int, order: Sequence[float], worth: Sequence[float]) -> float:
    """What the best of n is worth on average, over every choice of n among the completions that were drawn.

    order: what the reward model makes of each completion, by which the best is picked; ties share the pick.
    """
    found: dict[float, list[float]] = {}
    for reward, value in zip(order, worth, strict=True):
        found.setdefault(reward, []).append(value)
    below, total = 0, 0.0
    for reward in sorted(found):
        values = found[reward]
        reach = below + len(values)
        total += (math.comb(reach, n) - math.comb(below, n)) * statistics.mean(values)
        below = reach
    return total / math.comb(below, n)


def _asks(plan: Plan) -> list[Ask]:
    return [Ask(plan.checkpoint, mixed(plan)[:_PROMPTS], MANNER, n=DRAWN, seed=plan.seed)]


def _unfit(plan: Plan) -> str:
    if plan.reward is None:
        return "It needs a reward model that has not learned the prompts asked here: train one, or choose it above."
    return plan.refusal


@question(
    "best_of_n",
    title="What would picking the best of n get?",
    order=60,
    about="The simplest way to please a reward model needs no training: let the checkpoint write n completions and "
    "keep the one that scores highest. What PPO gets should be held against that. Where the gold reward stops rising "
    "with n, the reward model is being exploited.",
    asks=_asks,
    scored=lambda plan: DRAWN * min(_PROMPTS, plan.size),
    judged=True,
    on_request=True,
    unfit=_unfit,
)
def best_of_n(examiner: Examiner, plan: Plan) -> Findings:
    """Reward and gold of the best of 1 to 16, and which completions won."""
    drawn = examiner.sample(_asks(plan)[0])
    scored = _scores(examiner, plan, drawn)
    figures = [_figure("reward", n, _picked(n, scored, scored)) for n in PICKS]
    if plan.exact:
        gold = gold_function(plan.persona)
        worth = [list(map(float, gold(row))) for row in drawn]
        figures += [_figure("gold", n, _picked(n, scored, worth)) for n in PICKS]
    found = {figure.key: figure for figure in figures}
    return Findings(_summary(found), tuple(figures), tuple(_answers(drawn, scored)), _warnings(found))


def _scores(examiner: Examiner, plan: Plan, drawn: Sequence[Sequence[Completion]]) -> list[list[float]]:
    """The rewards in standard deviations from their mean, as PPO's charts show them."""
    flat = examiner.rewards(plan.judging, [one for row in drawn for one in row])
    mean, spread = statistics.mean(flat), statistics.pstdev(flat) or 1.0
    rows = iter([(value - mean) / spread for value in flat])
    return [[next(rows) for _ in row] for row in drawn]


def _picked(n: int, scored: Sequence[Sequence[float]], worth: Sequence[Sequence[float]]) -> list[float]:
    """For each prompt what its best of n is worth."""
    return [best_of(n, order, values) for order, values in zip(scored, worth, strict=True)]


def _figure(what: str, n: int, values: Sequence[float]) -> Figure:
    whose = "Gold reward" if what == "gold" else "Reward"
    bound = f"Its KL from a single draw is at most {kl_bound(n):.2f} nats." if n > 1 else "A single draw."
    return mean_figure(f"{what}_{n}", f"{whose} of the best of {n}", values, "reward", bound, "up")


def _summary(found: dict[str, Figure]) -> str:
    one, most = found["reward_1"].value, found[f"reward_{DRAWN}"].value
    if one is None or most is None:
        return "Too few completions to tell."
    words = f"The best of {DRAWN} scores {most - one:+.1f} standard deviations more than a single completion"
    gold = _gold_rise(found)
    return f"{words}." if gold is None else f"{words}; its gold reward is {gold:+.1f}."


def _gold_rise(found: dict[str, Figure]) -> float | None:
    ends = [found[key].value for key in ("gold_1", f"gold_{DRAWN}") if key in found]
    return ends[1] - ends[0] if len(ends) == 2 and None not in ends else None


def _warnings(found: dict[str, Figure]) -> tuple[str, ...]:
    rise = _gold_rise(found)
    if rise is None or rise > 0:
        return ()
    return ("What the reward model likes best is worth no more than a single draw: it has not learned this taste.",)


def _answers(drawn: Sequence[Sequence[Completion]], scored: Sequence[Sequence[float]]) -> list[Answer]:
    """The winner for each prompt, and what was drawn first."""
    found = []
    for row, rewards in zip(drawn, scored, strict=True):
        best = max(range(len(row)), key=rewards.__getitem__)
        note = f"{rewards[best]:+.1f} sd; the first draw, {rewards[0]:+.1f} sd, was: {row[0].text}"
        found.append(Answer(row[0].prompt.text, row[best].text, "picked", note=note))
    return found
