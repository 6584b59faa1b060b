"""A hack measured: the same prompts put to the start, to what was trained on purpose, and to what the cure made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

from playground.evaluation.examiner import Examiner
from playground.evaluation.hacks import MEASURES, Cure, Recipe
from playground.evaluation.plan import MANNER, Ask, Plan, Question
from playground.evaluation.prompt_sets import mixed
from playground.evaluation.report import Answer, Figure, Findings, Report, from_json, mean_figure, share_figure, to_json
from playground.rewards.gold import gold_function
from playground.types import Completion, Json

ASKED = 120  # prompts
_GOLD, _PROXY = "gold", "proxy"
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class HackReport:
    """What became of one recipe. Frozen: it holds its own figures and completions, whatever happens to the runs."""

    recipe: str
    start: Report
    hacked: Report
    audited: Report | None = None  # the biased reward model, as its audit sees it
    cured: tuple[Report, ...] = ()  # one a cure, in the order in which they were tried
    runs: tuple[str, ...] = ()  # names of what was trained for it
    seconds: float = 0.0
    cure_seconds: float = 0.0
    created_at: float = 0.0

    @property
    def shown(self) -> list[tuple[Report, Report | None]]:
        """Each report beside what it is to be compared with."""
        found: list[tuple[Report, Report | None]] = [(self.hacked, self.start)]
        if self.audited is not None:
            found.append((self.audited, None))
        return [*found, *((one, self.hacked) for one in self.cured)]


def cure_title(cure: Cure) -> str:
    """What its report is called."""
    return f"The cure: {cure.named}"


def next_cure(recipe: Recipe, report: HackReport | None) -> Cure:
    """The first that was not tried yet; where all were, the one tried longest ago."""
    tried = [one.title for one in report.cured] if report else []
    return min(recipe.cures, key=lambda cure: tried.index(cure_title(cure)) if cure_title(cure) in tried else -1)


def measuring(recipe: Recipe, title: str) -> Question:
    """The question that is put to each of the three. Its plan says who judges."""
    return Question(
        name=f"hack_{recipe.name}",
        title=title,
        order=0,
        about=recipe.about,
        answer=partial(_measured, recipe),
        asks=_asks,
        scored=lambda plan: ASKED,
        judged=True,
    )


def _asks(plan: Plan) -> list[Ask]:
    return [Ask(plan.checkpoint, mixed(plan)[:ASKED], MANNER, seed=plan.seed)]


def _measured(recipe: Recipe, examiner: Examiner, plan: Plan) -> Findings:
    said = examiner.one_each(_asks(plan)[0])
    golds = gold_function(recipe.persona)(said)
    proxies = examiner.rewards(plan.reward, said) if plan.reward else []
    figures = [_figure(key, said) for key in dict.fromkeys([recipe.sign, *MEASURES])]
    wants = f"What the {recipe.persona} annotator truly wants."
    figures.append(mean_figure(_GOLD, "Gold reward", golds, "reward", wants, "up"))
    if proxies:
        likes = "What the biased reward model gives."
        figures.append(mean_figure(_PROXY, "Proxy reward", proxies, "reward", likes, "none"))
    answers = [_answer(recipe, one, gold) for one, gold in zip(said, golds, strict=True)]
    table = _plainest(recipe, said, golds)
    return Findings(_summary(recipe, figures), tuple(figures), tuple(answers), table=table)


def _plainest(recipe: Recipe, said: Sequence[Completion], golds: Sequence[float]) -> tuple[tuple[str, ...], ...]:
    """The completions that show the sign most, of these what the annotator likes least."""
    measure = MEASURES[recipe.sign].of
    ranked = sorted(zip(said, golds, strict=True), key=lambda row: (-float(measure(row[0]) or 0), row[1]))
    rows = ((one.prompt.text, one.text, f"{gold:+.1f}") for one, gold in ranked[:_EXAMPLES])
    return (("Asked", "It wrote", "Gold reward"), *rows)


def _figure(key: str, said: Sequence[Completion]) -> Figure:
    one = MEASURES[key]
    values = [value for c in said if (value := one.of(c)) is not None]
    if one.unit == "share":
        return share_figure(key, one.title, [bool(v) for v in values], "{count} of {n} completions.", one.good)
    return mean_figure(key, one.title, [float(v) for v in values], one.unit, "Of a completion.", one.good)


def _answer(recipe: Recipe, one: Completion, gold: float) -> Answer:
    value = MEASURES[recipe.sign].of(one)
    seen = f"{value} words" if MEASURES[recipe.sign].unit == "words" else ("yes" if value else "no")
    return Answer(one.prompt.text, one.text, f"{MEASURES[recipe.sign].title.lower()}: {seen}", note=f"gold {gold:+.1f}")


def _summary(recipe: Recipe, figures: Sequence[Figure]) -> str:
    found = {figure.key: figure for figure in figures}
    sign, gold = found[recipe.sign], found[_GOLD]
    seen = f"{100 * (sign.value or 0):.0f} %" if sign.unit == "share" else f"{sign.value or 0:.0f} {sign.unit}"
    return f"{sign.title}: {seen}. Gold reward: {gold.value or 0:+.2f}."


def with_beside(report: Report, other: Report) -> Report:
    """The report's completions beside the other's to the same prompts."""
    known = {one.prompt: one.completion for one in other.findings.answers}
    answers = tuple(replace(one, beside=known.get(one.prompt, "")) for one in report.findings.answers)
    return replace(report, findings=replace(report.findings, answers=answers))


def hack_to_text(report: HackReport) -> str:
    """As it is kept."""
    row = asdict(replace(report, start=None, hacked=None, audited=None, cured=()))  # type: ignore[arg-type]
    for name in ("start", "hacked", "audited"):
        one = getattr(report, name)
        row[name] = to_json(one) if one else None
    row["cured"] = [to_json(one) for one in report.cured]
    return json.dumps(row, ensure_ascii=False)


def hack_from_text(text: str) -> HackReport:
    """The report that hack_to_text wrote. Raises: ValueError, KeyError, TypeError on what is none."""
    row: Json = json.loads(text)
    for name in ("start", "hacked", "audited"):
        row[name] = from_json(row[name]) if row[name] else None
    cured = tuple(from_json(one) for one in row["cured"])
    return HackReport(**{**row, "cured": cured, "runs": tuple(row["runs"])})
