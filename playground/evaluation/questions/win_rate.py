"""Is it better than another checkpoint? Judged by gold, by a reward model and by people, who do not always agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playground.evaluation.examiner import Examiner
from playground.evaluation.intervals import Estimate, length_controlled
from playground.evaluation.plan import MANNER, Ask, Plan
from playground.evaluation.prompt_sets import mixed
from playground.evaluation.questions.language import words
from playground.evaluation.report import Answer, Figure, Findings, estimate_figure, mean_figure, share_figure
from playground.pocket import PERSONAS
from playground.preferences.record import Contested
from playground.preferences.statistics import WinRate, win_rate
from playground.registry import question
from playground.rewards.gold import gold_function
from playground.types import Completion

GOLD, REWARD, PEOPLE = "gold", "reward", "people"
_FAR = 2000  # nobody asks so many prompts more
_VERDICTS = {1.0: "won", 0.5: "tied", 0.0: "lost"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two completions of one prompt."""

    policy: Completion
    reference: Completion

    @property
    def longer(self) -> int:
        """By how many words the policy's is longer."""
        return len(words(self.policy.text)) - len(words(self.reference.text))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one judge said of the pairs: what each completion is worth to it."""

    judge: str
    name: str  # in words
    worth: list[tuple[float, float]]  # policy, reference

    @property
    def scores(self) -> list[float]:
        """1 where the policy's completion is preferred, 0 where the other, 0.5 where neither."""
        return [1.0 if a > b else 0.0 if a < b else 0.5 for a, b in self.worth]


def _asks(plan: Plan) -> list[Ask]:
    both = [plan.checkpoint, plan.reference]
    return [Ask(one, mixed(plan), MANNER, seed=plan.seed) for one in both if one is not None]


def _unfit(plan: Plan) -> str:
    if plan.reference is None:
        return "There is no checkpoint to compare it with."
    if plan.reference.fingerprint == plan.checkpoint.fingerprint:
        return "Both have the same weights."
    if not plan.exact and plan.judging is None and not plan.people:
        if plan.refusal:
            return f"Nobody here can judge. {plan.refusal}"
        gold = "choose whose gold reward judges, " if plan.in_pocket else ""
        return f"Nobody here can judge: {gold}train a reward model, or compare the two in Rank."
    return ""


@question(
    "win_rate",
    title="Is it better?",
    order=10,
    about="Both checkpoints answer the same prompts, which stand in no training. A win rate of 50 % is level, ties "
    "count half. The judges need not agree: where the reward model prefers what the gold reward does not, it was "
    "learned to be fooled.",
    asks=_asks,
    scored=lambda plan: 2 * plan.size if plan.judging else 0,
    compares=True,
    judged=True,
    unfit=_unfit,
)
def win_rates(examiner: Examiner, plan: Plan) -> Findings:
    """The win rate by each judge, with length taken out, and how far the judges agree."""
    ours, theirs = (examiner.one_each(ask) for ask in _asks(plan))
    pairs = [Pair(a, b) for a, b in zip(ours, theirs, strict=True)]
    judges = _judged(examiner, plan, pairs)
    rates = {v.judge: win_rate(zip([p.policy.prompt.key for p in pairs], v.scores, strict=True)) for v in judges}
    figures = [figure for v in judges for figure in _figures(v, pairs, rates[v.judge])]
    if plan.people:
        rates[PEOPLE] = win_rate((one.prompt.key, one.score) for one in plan.people)
        figures.append(_rate_figure(PEOPLE, "people here, by their choices in Rank", rates[PEOPLE]))
    agreements = [*_agreements(judges), *_with_people(examiner, plan)]
    longer = [pair.longer for pair in pairs]
    figures += [*agreements, mean_figure("longer", "Longer by", longer, "words", "A judge may simply like length.")]
    summary, warnings = (
        _summary(plan, judges, rates),
        (*_refused(plan), *_foreign(plan), *_warnings(rates)),
    )
    return Findings(summary, tuple(figures), _answers(pairs, judges), warnings)


def _judged(examiner: Examiner, plan: Plan, pairs: Sequence[Pair]) -> list[Verdicts]:
    found = []
    both = [c for pair in pairs for c in (pair.policy, pair.reference)]
    if plan.exact:
        worth = gold_function(plan.persona)(both)
        found.append(Verdicts(GOLD, f"the gold reward of the persona {PERSONAS[plan.persona].title}", _by_two(worth)))
    reward = plan.judging
    if reward is not None:
        worth = examiner.rewards(reward, both)
        found.append(Verdicts(REWARD, f"the reward model {reward.name}", _by_two(worth)))
    return found


def _refused(plan: Plan) -> tuple[str, ...]:
    return (plan.refusal,) if plan.refusal else ()


def _foreign(plan: Plan) -> tuple[str, ...]:
    if plan.reference.card == plan.checkpoint.card:
        return ()
    return (
        f"{plan.reference.name} is another model with other tokens: the two are compared by what they write and by "
        "nothing else.",
    )


def _figures(verdicts: Verdicts, pairs: Sequence[Pair], rate: WinRate) -> list[Figure]:
    level = length_controlled(verdicts.scores, [pair.longer for pair in pairs])
    gained = [a - b for a, b in verdicts.worth]
    what = "Gold reward" if verdicts.judge == GOLD else "Score"
    return [
        _rate_figure(verdicts.judge, verdicts.name, rate),
        estimate_figure(
            f"{verdicts.judge}_level",
            "The same with length taken out",
            level,
            len(pairs),
            "share",
            _level_words(level),
            "up",
        ),
        mean_figure(
            f"{verdicts.judge}_gain", f"{what} gained", gained, "", f"Mean gain a prompt by {verdicts.name}.", "up"
        ),
    ]


def _level_words(level: Estimate) -> str:
    words = "The win rate to be expected where both completions are equally long"
    return f"{words}; too few go the other way to say how sure it is." if level.low is None else f"{words}."


def _rate_figure(judge: str, name: str, rate: WinRate) -> Figure:
    return Figure(
        judge, f"Preferred by {name}", rate.value, rate.low, rate.high, rate.prompts, _verdict(rate), "share", "up"
    )


def _verdict(rate: WinRate) -> str:
    if rate.told:
        return "It is preferred." if rate.low > 0.5 else "The other one is preferred."
    if rate.more is None:
        return "Too few to tell, and the two are level so far."
    if rate.more > _FAR:
        return f"Too few to tell: if it stays this even, more than {_FAR:,} further prompts would be needed."
    return f"Too few to tell: about {rate.more} more prompts would, if it went on like this."


def _agreements(judges: Sequence[Verdicts]) -> list[Figure]:
    if len(judges) < 2:
        return []
    return [_agreement("gold_reward", "Gold and reward model agree", *(v.scores for v in judges[:2]))]


def _with_people(examiner: Examiner, plan: Plan) -> list[Figure]:
    """How far the other judges agree with people, on the pairs that people saw; the reward model on new prompts."""
    if not plan.people:
        return []
    pairs = [_seen(one) for one in plan.people]
    return [_beside_people(verdicts, plan) for verdicts in _judged(examiner, plan, pairs)]


def _beside_people(verdicts: Verdicts, plan: Plan) -> Figure:
    known = plan.learned if verdicts.judge == REWARD else ()
    both = zip(verdicts.scores, plan.people, strict=True)
    kept = [(score, one.score) for score, one in both if one.prompt.key not in known]
    names = {GOLD: "Gold and people agree", REWARD: "Reward model and people agree"}
    figure = _agreement(f"{verdicts.judge}_people", names[verdicts.judge], [a for a, _ in kept], [b for _, b in kept])
    left_out = len(plan.people) - len(kept)
    if not left_out:
        return figure
    return replace(figure, means=f"{figure.means} Left out: {left_out}, whose prompts the reward model was trained on.")


def _seen(judged: Contested) -> Pair:
    return Pair(Completion(judged.prompt, judged.policy), Completion(judged.prompt, judged.reference))


def _agreement(key: str, title: str, first: Sequence[float], second: Sequence[float]) -> Figure:
    same = [a == b for a, b in zip(first, second, strict=True) if 0.5 not in (a, b)]
    means = "Of {n} pairs on which both prefer one, they prefer the same in {count} ({percent}); 50 % is chance."
    return share_figure(key, title, same, means, "up")


def _summary(plan: Plan, judges: Sequence[Verdicts], rates: dict[str, WinRate]) -> str:
    parts = [f"{_share(rates[v.judge])} by {v.name}" for v in judges]
    if PEOPLE in rates:
        parts.append(f"{_share(rates[PEOPLE])} by people here")
    return f"Against {plan.reference.name} it is preferred in {', '.join(parts)}."


def _share(rate: WinRate) -> str:
    if rate.value is None:
        return "no case"
    return f"{100 * rate.value:.0f} % ({100 * rate.low:.0f} to {100 * rate.high:.0f})"


def _warnings(rates: dict[str, WinRate]) -> tuple[str, ...]:
    gold, reward = rates.get(GOLD), rates.get(REWARD)
    if gold and reward and reward.told and gold.told and (reward.low > 0.5) != (gold.low > 0.5):
        return ("The reward model and the gold reward prefer opposite checkpoints: one of them is being fooled.",)
    return ()


def _answers(pairs: Sequence[Pair], judges: Sequence[Verdicts]) -> tuple[Answer, ...]:
    found = []
    for i, pair in enumerate(pairs):
        verdict = _VERDICTS[judges[0].scores[i]] if judges else "not judged"
        notes = [f"{v.judge} {v.worth[i][0]:+.2f} against {v.worth[i][1]:+.2f}" for v in judges]
        found.append(
            Answer(
                pair.policy.prompt.text, pair.policy.text, verdict, beside=pair.reference.text, note="; ".join(notes)
            )
        )
    return tuple(found)


def _by_two(values: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(values[::2], values[1::2], strict=True))
